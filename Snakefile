"""A deep-learning study, from config.yaml and a folder of experiments to a PDF and an HTML report."""

from practica.plan.wiring import merge_configuration

note_configuration = merge_configuration(workflow)


configfile: "config.yaml"


report: "report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/content.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/order.smk"
include: "workflow/rules/rehearsal.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/evidence.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/page.smk"
include: "workflow/rules/tuning.smk"


for rules_of_study in study_rules(study):

    include: rules_of_study


onstart:
    note_configuration()
    forget_refusals(RESULTS)


onerror:
    refuse(RESULTS)


rule all:
    """Make the whole study: every run, verdict, figure and table, and the report."""
    default_target: True
    input:
        pdfs=expand("{results}/{report}.pdf", results=RESULTS, report=REPORTS),
        claims=f"{RESULTS}/claims.json",
        figures=figure_files,
        tables=table_files,
        pages=rules.page.output,
    localrule: True


rule tuning:
    """Train and judge the trials of every variant that has a grid or a search in the configuration."""
    input:
        tuning_tables,
    localrule: True
