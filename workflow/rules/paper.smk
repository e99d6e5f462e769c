# The paper: tables, and the PDF that puts prose, figures and tables together.
from practica.paper.catalogue import tables_for
from practica.wiring import prose_inputs, table_inputs, table_labels

TABLES = {table.name: table for table in tables_for(study)}
table_files = expand(
    "{results}/tables/{table}.{kind}",
    results=RESULTS,
    table=TABLES,
    kind=["tex", "csv", "html"],
)


rule table:
    """Make one table."""
    input:
        study=f"{RESULTS}/study.json",
        made_from=lambda wildcards: table_inputs(study, TABLES[wildcards.table]),
    output:
        tex=f"{RESULTS}/tables/{{table}}.tex",
        csv=f"{RESULTS}/tables/{{table}}.csv",
        html=report(
            f"{RESULTS}/tables/{{table}}.html",
            caption="../../report/table.rst",
            category=lambda wildcards: section(
                study, TABLES[wildcards.table].exercise
            ),
            subcategory="2. Tablas",
            labels=lambda wildcards: table_labels(study, TABLES[wildcards.table]),
        ),
    log:
        f"{LOGS}/tables/{{table}}.log",
    wildcard_constraints:
        table="[a-z0-9_]+",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=code_digest("practica.paper.tables"),
        caption=lambda wildcards: TABLES[wildcards.table].caption[LANGUAGE],
    message:
        "Making {wildcards.table}"
    shell:
        "python -m practica table {wildcards.table} --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"


rule paper:
    """Put prose, figures and tables together and compile the PDF."""
    input:
        study=f"{RESULTS}/study.json",
        collected=rules.collect.output,
        claims=f"{RESULTS}/claims.json",
        models=f"{RESULTS}/models.json",
        figures=figure_files,
        tables=table_files,
        prose=prose_inputs(study, LANGUAGE),
    output:
        pdf=report(
            f"{RESULTS}/informe.pdf",
            caption="../../report/paper.rst",
            category=section(study, None),
            labels={"contenido": "Informe completo (PDF)"},
        ),
    log:
        f"{LOGS}/paper.log",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=code_digest("practica.paper.document"),
    message:
        "Building the report {output.pdf}"
    shell:
        "python -m practica paper --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"
