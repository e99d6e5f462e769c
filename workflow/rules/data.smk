# Data sets: fetched, verified and prepared once each, and shared by all runs.
rule prepare_data:
    """Download, verify and prepare one data set."""
    output:
        # Update in place, so that data that cannot be fetched again at the moment are not lost.
        dataset=update(f"{DATA}/prepared/{{dataset}}/dataset.json"),
        origin=update(f"{DATA}/prepared/{{dataset}}/origin.json"),
    log:
        f"{LOGS}/data/{{dataset}}.log",
    # Compute nodes often have no internet.
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        folder=subpath(output.dataset, ancestor=3),
        # Another source does not change the data: Snakemake does not compare what a function makes of the output.
        sources=lambda wildcards, output: [
            f"--{key.replace('_', '-')}={'' if value is None else value}"
            for key, value in study.data.items()
            if key != "folder"
        ],
        # Nor does another folder of results.
        refusal=lambda wildcards, output: str(refusal_file(RESULTS, wildcards.dataset)),
        road=lambda wildcards: expected(wildcards.dataset).road,
        code=lambda wildcards: code_digest(f"study.data.{wildcards.dataset}"),
    message:
        "Preparing the data set {wildcards.dataset}"
    shell:
        "python -m practica prepare {wildcards.dataset} --folder {params.folder:q} {params.sources:q}"
        " --road {params.road:q} --refusal {params.refusal:q} > {log:q} 2>&1"
