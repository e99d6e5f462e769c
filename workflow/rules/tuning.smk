# Tuning: trials of the variants that have a grid or a search, judged on validation. Trained only on request.
from practica.plan.digests import trials_digest
from practica.config.trials import table_file, tuned

tuning_tables = [
    str(table_file(RESULTS, exercise, variant)) for exercise, variant in tuned(study)
]


use rule train as train_trial with:
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
