# Figures: drawn from the collected results, each as PDF for the paper and PNG for the page, with its numbers as CSV.
from practica.plan.digests import figure_digest
from practica.figures.catalogue import report_figures
from practica.figures.catalogue import spec as figure_spec
from practica.page.menu import captions, category, figure_labels, subcategories
from practica.plan.wiring import figure_inputs, in_every_language

FIGURES = report_figures(study)
figure_files = in_every_language(
    study,
    "figures",
    expand("{figure}.{kind}", figure=FIGURES, kind=["pdf", "png", "csv"]),
)
# Those in the report's own language are separate outputs, because the HTML report shows them.
OTHER_FIGURES = [
    f"{RESULTS}/{study.shelf('figures', language)}/{{figure}}.{kind}"
    for language in study.languages[1:]
    for kind in ("pdf", "png", "csv")
]


rule figure:
    """Draw one figure in every language of the report."""
    input:
        study=f"{RESULTS}/study.json",
        made_from=lambda wildcards: figure_inputs(study, wildcards.figure),
    output:
        pdf=f"{RESULTS}/figures/{{figure}}.pdf",
        png=report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="../../report/figure.rst",
            category=lambda wildcards: category(
                study, figure_spec(study, wildcards.figure).exercise
            ),
            subcategory=subcategories(study)["figures"],
            labels=lambda wildcards: figure_labels(study, wildcards.figure),
        ),
        csv=f"{RESULTS}/figures/{{figure}}.csv",
        others=OTHER_FIGURES,
    log:
        f"{LOGS}/figures/{{figure}}.log",
    wildcard_constraints:
        figure="fig[a-z0-9_]*",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=lambda wildcards: figure_digest(study, wildcards.figure),
        captions=lambda wildcards: captions(
            study,
            figure_spec(study, wildcards.figure).caption,
            figure_spec(study, wildcards.figure).exercise,
            figure_spec(study, wildcards.figure).variants,
        ),
    message:
        "Drawing {wildcards.figure}"
    shell:
        "python -m practica figure {wildcards.figure} --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"
