# The paper: tables, and the PDF that puts prose, figures and tables together.
from functools import cache

from practica.plan.digests import paper_digest, table_digest
from practica.paper.catalogue import tables_for
from practica.page.menu import (
    captions,
    category,
    paper_caption,
    paper_labels,
    paper_section,
    subcategories,
    table_labels,
)
from practica.plan.wiring import prose_inputs, reports, table_inputs

TABLES = Entries("table", {table.name: table for table in tables_for(study)})
KINDS = ["tex", "csv", "html"]
table_files = in_every_language(
    study, "tables", expand("{table}.{kind}", table=TABLES, kind=KINDS)
)
OTHER_TABLES = [
    f"{RESULTS}/{study.shelf('tables', language)}/{{table}}.{kind}"
    for language in study.languages[1:]
    for kind in KINDS
]
REPORTS = reports(study)
# Its own job and every PDF need the digest of a table.
table_code = cache(lambda name: table_digest(study, TABLES[name]))


rule table:
    """Make one table in every language of the report."""
    input:
        study=f"{RESULTS}/study.json",
        made_from=lambda wildcards: table_inputs(study, TABLES[wildcards.table]),
    output:
        tex=f"{RESULTS}/tables/{{table}}.tex",
        csv=f"{RESULTS}/tables/{{table}}.csv",
        html=report(
            f"{RESULTS}/tables/{{table}}.html",
            caption="../../report/table.rst",
            category=lambda wildcards: category(
                study, TABLES[wildcards.table].exercise
            ),
            subcategory=subcategories(study)["tables"],
            labels=lambda wildcards: table_labels(study, TABLES[wildcards.table]),
        ),
        others=OTHER_TABLES,
    log:
        f"{LOGS}/tables/{{table}}.log",
    wildcard_constraints:
        table="[a-z0-9_]+",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=lambda wildcards: table_code(wildcards.table),
        captions=lambda wildcards: captions(
            study,
            TABLES[wildcards.table].caption,
            TABLES[wildcards.table].exercise,
            TABLES[wildcards.table].rows(study),
        ),
    message:
        "Making {wildcards.table}"
    shell:
        "python -m practica table {wildcards.table} --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"


rule paper:
    """Put prose, figures and tables together and compile the PDF in one language."""
    input:
        study=f"{RESULTS}/study.json",
        collected=[rules.collect.output, rules.statistics.output],
        claims=f"{RESULTS}/claims.json",
        models=f"{RESULTS}/models.json",
        figures=figure_files,
        tables=table_files,
        prose=lambda wildcards: prose_inputs(study, REPORTS[wildcards.report]),
    output:
        pdf=report(
            f"{RESULTS}/{{report}}.pdf",
            caption="../../report/paper.rst",
            category=lambda wildcards: paper_section(study, REPORTS[wildcards.report])[
                0
            ],
            subcategory=lambda wildcards: paper_section(
                study, REPORTS[wildcards.report]
            )[1],
            labels=lambda wildcards: paper_labels(study, REPORTS[wildcards.report]),
        ),
    log:
        f"{LOGS}/{{report}}.log",
    wildcard_constraints:
        report="|".join(REPORTS),
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=lambda wildcards: paper_digest(
            study,
            REPORTS[wildcards.report],
            lambda table: table_code(table.name),
        ),
        language=lambda wildcards: REPORTS[wildcards.report],
        caption=paper_caption(study),
    message:
        "Building the report {output.pdf}"
    shell:
        "python -m practica paper --language {params.language} --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"
