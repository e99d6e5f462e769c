"""Ten Keras exercises, from config.yaml to a PDF and an HTML report."""


configfile: "config.yaml"


report: "report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/evidence.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/page.smk"


rule all:
    """Make the whole study: every run, verdict, figure and table, and the report."""
    default_target: True
    input:
        pdf=f"{RESULTS}/informe.pdf",
        claims=f"{RESULTS}/claims.json",
        figures=figure_files,
        tables=table_files,
        pages=rules.page.output,
    localrule: True
