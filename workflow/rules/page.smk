# The pages of the HTML report: verdicts, interactive curves, tables, and every run's metrics and log.
from practica.plan.digests import page_digest
from practica.page.menu import page_captions, page_labels, page_section
from practica.plan.wiring import page_inputs

GALLERY = [figure for figure in study.front.get("gallery", []) if figure in FIGURES]
# The README is in English.
SHELF = study.shelf("figures", "en" if "en" in study.languages else study.languages[0])


rule page:
    """Write the pages of the HTML report."""
    input:
        study=f"{RESULTS}/study.json",
        made_from=page_inputs(study),
        figures=in_every_language(
            study, "figures", expand("{figure}.png", figure=FIGURES)
        ),
    output:
        pages=report(
            directory(f"{RESULTS}/page"),
            # One pattern: each matching file becomes a result, and all share a folder, so pages can link to each other.
            patterns=["{page,[a-z0-9_]+}.{kind,html|js}"],
            caption="../../report/page.rst",
            category=lambda wildcards: page_section(study, wildcards.page)[0],
            subcategory=lambda wildcards: page_section(study, wildcards.page)[1],
            labels=lambda wildcards: page_labels(study, wildcards.page),
        ),
    log:
        f"{LOGS}/page.log",
    # It takes longer than a PDF.
    priority: 1
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        results=subpath(input.study, parent=True),
        code=page_digest(study),
        captions=page_captions(study),
    message:
        "Writing the pages of the HTML report"
    shell:
        "python -m practica page --study {input.study:q} --results {params.results:q} > {log:q} 2>&1"


rule gallery:
    """Renew the pictures of the README."""
    input:
        figures=expand(
            "{results}/{shelf}/{figure}.png",
            results=RESULTS,
            shelf=SHELF,
            figure=GALLERY,
        ),
    output:
        expand("docs/gallery/{figure}.png", figure=GALLERY),
    log:
        f"{LOGS}/gallery.log",
    localrule: True
    conda:
        "../../envs/practica.yaml"
    params:
        code=code_digest("practica.figures.gallery"),
    message:
        "Renewing the pictures of the README"
    shell:
        "python -m practica gallery {input.figures:q} --out docs/gallery > {log:q} 2>&1"
