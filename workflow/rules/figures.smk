# Figures: drawn from the collected results, each as PDF for the paper and PNG for the page.
from practica.figures.catalogue import figures_for
from practica.figures.catalogue import spec as figure_spec
from practica.wiring import figure_inputs, figure_labels, section

FIGURES = figures_for(study)
figure_files = expand(
    "{results}/figures/{figure}.{kind}",
    results=RESULTS,
    figure=FIGURES,
    kind=["pdf", "png"],
)


rule figure:
    """Draw one figure."""
    input:
        study=f"{RESULTS}/study.json",
        made_from=lambda wildcards: figure_inputs(study, wildcards.figure),
    output:
        pdf=f"{RESULTS}/figures/{{figure}}.pdf",
        png=report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="../../report/figure.rst",
            category=lambda wildcards: section(
                study, figure_spec(wildcards.figure).exercise
            ),
            subcategory="1. Figuras",
            labels=lambda wildcards: figure_labels(study, wildcards.figure),
        ),
    log:
        f"{LOGS}/figures/{{figure}}.log",
    wildcard_constraints:
        figure="fig[a-z0-9_]+",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=code_digest("practica.figures.draw"),
        caption=lambda wildcards: figure_spec(wildcards.figure).caption[LANGUAGE],
    message:
        "Drawing {wildcards.figure}"
    shell:
        "python -m practica figure {wildcards.figure} --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"
