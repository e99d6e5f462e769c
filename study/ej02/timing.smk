# The times of the Keras nets beside those of their twins by hand, as rows of the collected metrics.
TIMED = study.twins("ej02")
TIMED_DATA = sorted({study.dataset("ej02", name) for name in TIMED})


rule time_twins:
    """Time the Keras nets of ej02 against their twins by hand, in one process."""
    input:
        datasets=lambda wildcards: [prepared(name) for name in TIMED_DATA],
    output:
        f"{RESULTS}/measured/ej02.csv",
    log:
        f"{LOGS}/measured/ej02.log",
    conda:
        "../../envs/practica.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: grown(4000, attempt),
        runtime=lambda wildcards, attempt: grown(30, attempt),
    params:
        # Where data lie is not what they are: what a function makes of the output is not compared.
        data=lambda wildcards, output: DATA,
        content=lambda wildcards: [content(name) for name in TIMED_DATA],
        timed=lambda wildcards: json.dumps(
            part_of(study, "ej02", [*TIMED, *TIMED.values()]), ensure_ascii=False
        ),
        code=code_digest("study.ej02.timing", "study.ej02.experiment"),
    message:
        "Timing the nets of ej02 against their twins by hand"
    shell:
        "python -m practica measure ej02 --json {params.timed:q} --data {params.data:q}"
        " --threads {threads} --out {output:q} > {log:q} 2>&1"
