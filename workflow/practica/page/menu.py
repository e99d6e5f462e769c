"""The menu and the captions of the HTML report, in the report's own language. Quick to import, as ``wiring`` is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from practica.config import names
from practica.config.front import introduction, one_or_many
from practica.config.study import Study
from practica.figures import catalogue as figures
from practica.page.address import address, parse
from practica.paper import settings
from practica.paper.catalogue import TableSpec
from practica.words import section

# Snakemake reads braces in a section's name as wildcards, and writes the name unchanged into a script of its page.
HARMLESS = str.maketrans("<>{}", "‹›｛｝")


def category(study: Study, exercise: str | None, language: str = "") -> str:
    """Return the section of the HTML report for an exercise or, without one, for the whole study.

    Each exercise has one section, in the report's own language. The whole study has one in every language, so that the
    overview and the PDF in a language are listed under that language's words. Snakemake sorts sections by name: where
    that is not the order of the configuration, a number comes first.
    """
    if not exercise:
        return section("page", language or study.languages[0])["shell_report"]
    title = names.title(study, exercise, study.languages[0]).translate(HARMLESS)
    if list(study.exercises) == sorted(study.exercises, key=_as_sorted):
        return f"{exercise}. {title}"
    place = str(study.exercises.index(exercise) + 1).zfill(len(str(len(study.exercises))))
    return f"{place}. {exercise}: {title}"


def _as_sorted(exercise: str) -> str:
    """Return a name with its characters in the order of a browser: there, ``_`` comes before digits."""
    return exercise.replace("_", " ")


def figure_labels(study: Study, name: str) -> dict[str, str]:
    """Return the label of a figure in the HTML report, which sorts them: those of the whole study have a number.

    Only one label: with two, the report turns one that has two values into a switch, and fails on combinations that
    do not exist.
    """
    place = {figures.OVERVIEW: "1. ", figures.FOREST: "2. "}.get(name, "")
    return _labelled(study, f"{place}{name}: {figures.spec(study, name).title[study.languages[0]]}")


def captions(
    study: Study, caption: Mapping[str, str], exercise: str | None, variants: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return, in every language, a caption and the settings and seeds with which the variants are trained."""
    by_language = {}
    for language in study.languages:
        ran = settings.ran(study, exercise, variants, language) if exercise and variants else ""
        about = f"{section('page', language)['ran']}: {ran}" if ran else ""
        by_language[language] = {"text": caption[language], "ran": about}
    return by_language


def page_section(study: Study, name: str) -> tuple[str, str]:
    """Return the section and subsection of the HTML report that list a page."""
    page, language = parse(study, name)
    exercise = page.removesuffix("_runs")
    if exercise not in study.exercises:
        part = "files" if page == "vega" else "read"
        return category(study, None, language), section("page", language)[part]
    return category(study, exercise), _menu(study)["read" if language == study.languages[0] else "translated"]


def page_labels(study: Study, name: str) -> dict[str, str]:
    """Return the label of a page in the HTML report, in its language; only one, as for figures."""
    page, language = parse(study, name)
    whole = {"index": "shell_page", "vega": "shell_script"}
    kind = whole.get(page, "shell_runs" if page.endswith("_runs") else "shell_exercise")
    return _labelled(study, section("page", language)[kind], language if page in whole else "")


def paper_labels(study: Study, language: str) -> dict[str, str]:
    """Return the label of a PDF in the HTML report, in its language."""
    return _labelled(study, f"2. {section('page', language)['shell_paper']}", language)


def paper_section(study: Study, language: str) -> tuple[str, str]:
    """Return the section and subsection of the HTML report that list the PDF in a language."""
    return category(study, None, language), section("page", language)["read"]


def page_captions(study: Study) -> dict[str, str]:
    """Return a sentence about each page, in its language."""
    captions = {
        "vega": f"{_menu(study)['shell_script']}.",
        "start": start_text(study),
        "title": study.heading(study.languages[0]),
    }
    for language in study.languages:
        words = section("page", language)
        about = {"index": introduction(study, language) or study.heading(language)}
        for exercise in study.exercises:
            about[exercise] = f"{exercise}: {words['curves_hint']}"
            about[f"{exercise}_runs"] = f"{words['runs_of'].format(exercise)}."
        captions |= {address(study, page, language).removesuffix(".html"): text for page, text in about.items()}
    return captions


def table_labels(study: Study, table: TableSpec) -> dict[str, str]:
    """Return the label of a table in the HTML report; only one, as for figures."""
    caption = table.caption[study.languages[0]]
    return _labelled(study, f"{table.name}: {re.split('[.:]', caption)[0]}")


def paper_caption(study: Study) -> str:
    """Return the HTML report's text about the PDFs, in every language."""
    return "\n\n".join(section("page", language)["about_paper"] for language in study.languages)


def start_text(study: Study) -> str:
    """Return the text with which the HTML report begins, in its own language; for others, only that they exist."""
    words = _menu(study)
    claims = words["start_claims"] if figures.any_claims(study) else ""
    values = words[one_or_many(study, "start_values", study.exercises)]
    holes = {"title": study.heading(study.languages[0]), "tables": f"{study.results}/tables"}
    texts = [words["start"].format(claims=claims, values=values, **holes)]
    others = study.languages if len(study.languages) > 1 else ()
    return "\n\n".join([*texts, *(section("page", language)["switch"] for language in others)])


def subcategories(study: Study) -> dict[str, str]:
    """Return the subsections of the HTML report for the figures and the tables."""
    menu = _menu(study)
    return {"figures": menu["shell_figures"], "tables": menu["shell_tables"]}


def _menu(study: Study) -> Mapping[str, Any]:
    """Return the words of the HTML report's menu, which is in the report's own language."""
    return section("page", study.languages[0])


def _labelled(study: Study, text: str, language: str = "") -> dict[str, str]:
    return {section("page", language or study.languages[0])["shell_content"]: text}
