# Training: one job for each block of seeds of each variant.
from practica.exercises import module_name


rule train:
    """Train one block of seeds of one variant."""
    input:
        dataset=prepared_for,
        rehearsal=rehearsal_before,
    # Written last, so its presence vouches for the block's other files; listing those would slow planning by a third.
    output:
        f"{RESULTS}/runs/{{exercise}}/{{variant}}/{{block}}/metrics.json",
    log:
        f"{LOGS}/train/{{exercise}}/{{variant}}/{{block}}.log",
    conda:
        "../../envs/practica.yaml"
    threads: need("threads")
    resources:
        gpu=gpu_for,
        mem_mb=need("mem_mb", grows=True),
        runtime=need("runtime", grows=True),
    params:
        run=run_of,
        data=content_of,
    message:
        "Training {wildcards.exercise}/{wildcards.variant}/{wildcards.block}"
    shell:
        "python -m practica train --spec {params.run[0]:q} --data {input.dataset:q}"
        " --results {output:q} --threads {threads} --gpu {resources.gpu}"
        " ${{PRACTICA_CLUSTER_JOB:+--minutes {resources.runtime}}} > {log:q} 2>&1"


rule describe_models:
    """Build every model, count its parameters and list its layers."""
    input:
        study=f"{RESULTS}/study.json",
    output:
        f"{RESULTS}/models.json",
    log:
        f"{LOGS}/models.log",
    conda:
        "../../envs/practica.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: grown(2000, attempt),
        runtime=lambda wildcards, attempt: grown(15, attempt),
    params:
        code=code_digest(
            "practica.training.describe",
            *map(module_name, study.exercises),
        ),
    message:
        "Describing the models"
    shell:
        "python -m practica models --layers --study {input.study:q} --out {output:q} > {log:q} 2>&1"
