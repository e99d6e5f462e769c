# Data sets: fetched, verified and prepared once each, and shared by all runs.
rule prepare_data:
    """Fetch, verify and prepare one data set."""
    output:
        dataset=f"{DATA}/prepared/{{dataset}}/dataset.json",
        origin=f"{DATA}/prepared/{{dataset}}/origin.json",
    log:
        f"{LOGS}/data/{{dataset}}.log",
    # Compute nodes often have no internet.
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        folder=subpath(output.dataset, ancestor=3),
        mirror=lambda wildcards: study.data["mirror"] or "",  # braces in plain text are wildcards
        on_missing=study.data["on_missing"],
        code=lambda wildcards: code_digest(f"practica.data.{wildcards.dataset}"),
    message:
        "Preparing the data set {wildcards.dataset}"
    shell:
        "python -m practica prepare {wildcards.dataset} --folder {params.folder:q}"
        " --mirror={params.mirror:q} --on-missing {params.on_missing} > {log:q} 2>&1"
