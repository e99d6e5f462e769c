# Evidence: the resolved study, the results of all runs as tidy tables, and the verdicts on the claims.
from practica.plan.digests import claims_digest, statistics_digest
from practica.plan.wiring import measured_inputs


rule resolve_study:
    """Write the study as resolved from the configuration, with every default filled in."""
    output:
        f"{RESULTS}/study.json",
    log:
        f"{LOGS}/study.log",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        # Not sorted: variants keep the order of the configuration. A function, because Snakemake takes braces in plain
        # text for wildcards.
        study=lambda wildcards: json.dumps(
            # The source of the data, who is notified and the order of top-level keys do not change the study.
            dict(
                sorted(
                    {**study.config, "data": {"folder": DATA}, "notify": {}}.items()
                )
            ),
            ensure_ascii=False,
        ),
    message:
        "Resolving the configuration"
    shell:
        "python -m practica study --json {params.study:q} --out {output:q} > {log:q} 2>&1"


rule collect:
    """Collect the metrics and histories of all runs."""
    input:
        study=f"{RESULTS}/study.json",
        metrics=run_files("metrics.json"),
        measured=measured_inputs(study),
    output:
        metrics=f"{RESULTS}/metrics.csv",
        history=f"{RESULTS}/history.csv.gz",
        runs=f"{RESULTS}/runs.csv",
        costs=f"{RESULTS}/costs.csv",
    log:
        f"{LOGS}/collect.log",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=code_digest("practica.evidence.collect:gather"),
        # The trials of a search are part of the study's cost.
        tried=sorted(b.id for b in TRIALS if finished(b, TUNING)),
    message:
        "Collecting the results of all runs"
    shell:
        "python -m practica collect --no-statistics --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"


rule statistics:
    """Summarise the metrics over the seeds, and compare the variants."""
    input:
        study=f"{RESULTS}/study.json",
        metrics=rules.collect.output.metrics,
        runs=rules.collect.output.runs,
    output:
        summary=f"{RESULTS}/summary.csv",
        differences=f"{RESULTS}/differences.csv",
    log:
        f"{LOGS}/statistics.log",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=statistics_digest(),
    message:
        "Summarising the metrics over the seeds"
    shell:
        "python -m practica statistics --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"


rule claims:
    """Judge the claims by the collected results."""
    input:
        study=f"{RESULTS}/study.json",
        collected=rules.collect.output,
    output:
        f"{RESULTS}/claims.json",
    log:
        f"{LOGS}/claims.log",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=claims_digest(study),
    message:
        "Judging the claims"
    shell:
        "python -m practica claims --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"
