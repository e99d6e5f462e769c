# The rehearsal: before the first training, everything that will be trained is tried once on a few samples.
rule rehearse:
    """Build every net that will be trained, split its data and make one step, before the first training."""
    input:
        study=f"{RESULTS}/study.json",
        datasets=lambda wildcards: sorted(
            {prepared(block.dataset) for block in rehearsed(wildcards)}
        ),
    output:
        f"{RESULTS}/rehearsed/{{part}}/{{rehearsal}}.json",
    log:
        f"{LOGS}/rehearsed/{{part}}/{{rehearsal}}.log",
    wildcard_constraints:
        part=f"{STUDY}|{TRIED}|[a-z0-9_]+/[a-z0-9_@]+",
        rehearsal="[0-9a-f]+",
    # All trainings wait for it.
    priority: 1
    # An impossible training stays impossible, however much memory a second attempt has.
    retries: 0
    conda:
        "../../envs/practica.yaml"
    # On a cluster, its memory is that of the largest net.
    threads: 4 if runs_here(workflow) and not is_job(workflow) else 1
    resources:
        mem_mb=lambda wildcards: max(
            study.resources(block.exercise, block.variant)["mem_mb"]
            for block in (rehearsed(wildcards) or RUNS)
        ),
        runtime=60,
    params:
        data=DATA,
        variants=lambda wildcards: sorted(
            {f"{block.exercise}/{block.variant}" for block in rehearsed(wildcards)}
        ),
    message:
        "Rehearsing what is to be trained ({wildcards.part})"
    shell:
        "python -m practica rehearse {params.variants:q} --part {wildcards.part:q} --study {input.study:q}"
        " --data {params.data:q} --out {output:q} --processes {threads} > {log:q} 2>&1"
