# Tuning: trials of the variants that have a grid or a search, judged on validation. Trained only on request.
from practica.plan.digests import trials_digest
from practica.config.trials import table_file, tuned

tuning_tables = [
    str(table_file(RESULTS, exercise, variant)) for exercise, variant in tuned(study)
]


rule train_trials:
    """Train the trials of one variant that can share a graph; the job of each writes its results."""
    input:
        study=f"{RESULTS}/study.json",
        dataset=lambda wildcards: prepared(
            study.dataset(wildcards.exercise, wildcards.variant)
        ),
        rehearsal=rehearsal_of_trials,
    output:
        f"{TUNING}/together/{{exercise}}/{{variant}}/{{trials}}.json",
    log:
        f"{TUNING}/logs/together/{{exercise}}/{{variant}}/{{trials}}.log",
    wildcard_constraints:
        trials="[0-9a-f]+",
    conda:
        "../../envs/practica.yaml"
    threads: need("threads")
    resources:
        gpu=gpu_for_trials,
        mem_mb=need("mem_mb", grows=True),
        runtime=need("runtime", grows=True),
    params:
        trials=lambda wildcards: [block.id for block in trials_of(wildcards)],
        results=subpath(output[0], ancestor=4),
    message:
        "Training trials of {wildcards.exercise}/{wildcards.variant} together"
    shell:
        "python -m practica train-trials {params.trials:q} --study {input.study:q} --data {input.dataset:q}"
        " --results {params.results:q} --threads {threads} --gpu {resources.gpu} --out {output:q}"
        " ${{PRACTICA_CLUSTER_JOB:+--minutes {resources.runtime}}} > {log:q} 2>&1"


use rule train as train_trial with:
    input:
        dataset=prepared_for,
        rehearsal=rehearsal_before,
        together=together_before,
    output:
        f"{TUNING}/runs/{{exercise}}/{{variant}}/{{trial}}/{{block}}/metrics.json",
    log:
        f"{TUNING}/logs/train/{{exercise}}/{{variant}}/{{trial}}/{{block}}.log",
    message:
        "Training {wildcards.exercise}/{wildcards.variant}/{wildcards.trial}/{wildcards.block}"


rule judge_trials:
    """Judge the trials of one variant on validation data, and draw all of them."""
    input:
        study=f"{RESULTS}/study.json",
        metrics=trial_files,
    output:
        table=f"{TUNING}/{{exercise}}/{{variant}}.csv",
        pdf=f"{TUNING}/{{exercise}}/{{variant}}.pdf",
        png=f"{TUNING}/{{exercise}}/{{variant}}.png",
    log:
        f"{TUNING}/logs/{{exercise}}/{{variant}}.log",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=trials_digest(study),
    message:
        "Judging the trials of {wildcards.exercise}/{wildcards.variant}"
    shell:
        "python -m practica trials {wildcards.exercise}/{wildcards.variant} --study {input.study:q}"
        " --results {params.results:q} > {log:q} 2>&1"
