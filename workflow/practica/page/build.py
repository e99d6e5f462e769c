"""Write the pages: the overview, one page per exercise, one with its runs, and the script that draws the curves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from practica.config.front import introduction, text_of
from practica.config.study import Study
from practica.evidence.rules import OVERALL, VERDICTS
from practica.figures.captions import of_forest
from practica.figures.catalogue import any_claims
from practica.figures.tones import SIGNS
from practica.files import write_text
from practica.launch.snakemake_internals import asset
from practica.page.address import address
from practica.page.embed import json_text
from practica.page.exercise import exercise_page, overview, spark, title
from practica.page.forest import forest
from practica.page.prose import prose
from practica.page.runs import runs_page
from practica.paper import checklist, protocols
from practica.paper.appendix import provenance
from practica.paper.catalogue import appendix_tables, front_tables
from practica.paper.facts import Facts
from practica.paper.findings import absent_runs, decisions
from practica.paper.html import SORTING, STYLES, fragment
from practica.paper.table import Cell
from practica.paper.tables import make_table
from practica.words import in_language, report_name, section, word

TEMPLATES = Path(__file__).parents[3] / "report/page"
APART = {"protocols": "protocols", "differences": "across", "runs": "all_runs"}
"""The headings of the tables on the first page, by their kind."""
DRAWING = ("vega", "vega-lite", "vega-embed")


def write_pages(study: Study, results: Path, templates: Path = TEMPLATES) -> None:
    """Write the pages of the study in ``results``, in every language, into ``<results>/page``, and remove old ones."""
    folder, pages = results / "page", {"vega.js": vega()}
    for language in study.languages:
        pages |= _pages(Facts(study, results, language), templates)
    for name, text in pages.items():
        write_text(folder / name, text)
    for path in folder.glob("*.html"):
        if path.name not in pages:
            path.unlink()


def _pages(facts: Facts, templates: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    study = facts.study
    environment.globals |= {
        "address": lambda page: address(study, page, facts.language),
        "languages": [(each, section("language", each)["name"]) for each in study.languages],
        "translated": lambda page, language: address(study, page, language),
        "words": _words(facts),
        "numbers": section("numbers", facts.language),
        "language": facts.language,
        "demonstration": word("page_demonstration", facts.language) if facts.study.demonstration else "",
        "style": _style(templates),
        "chart_words": json_text(section("page", facts.language)["charts"]),
        "script": Markup((templates / "page.js").read_text(encoding="utf-8")) + SORTING,
        "menu": [(each, title(facts, each)) for each in study.exercises],
    }
    contents = {"index": ("index.html", _overview(facts))}
    for exercise in study.exercises:
        contents[exercise] = ("exercise.html", exercise_page(facts, exercise))
        contents[f"{exercise}_runs"] = ("runs.html", runs_page(facts, exercise))
    for page, (template, content) in contents.items():
        yield address(study, page, facts.language), environment.get_template(template).render(page=page, **content)


def _words(facts: Facts) -> Mapping[str, Any]:
    """Return the words of the pages: those of the language, and the study's own texts."""
    texts, study = section("page", facts.language), facts.study
    own = {"title": study.heading(facts.language), "about": introduction(study, facts.language)}
    return {**texts, **own, "claims": text_of(study, texts, "claims")}


def _style(templates: Path) -> Markup:
    """Return the style: of the pages, of tables, and the changes for dark mode."""
    page, dark = (Markup((templates / f"{name}.css").read_text(encoding="utf-8")) for name in ("page", "dark"))
    return page + STYLES + dark


def _overview(facts: Facts) -> Mapping[str, Any]:
    """Return what the first page shows: verdicts, exercises, and the tables about the whole study."""
    entries = facts.claims["claims"] if facts.claims else []
    tally = [
        {
            "name": name,
            "label": _verdict_word(name, len(claims), facts.language),
            "sign": SIGNS[name],
            "count": len(claims),
        }
        for name in ((*OVERALL, *VERDICTS) if facts.study.protocols else VERDICTS)
        for claims in [[claim for claim in entries if claim["verdict"] == name]]
        if claims
    ]
    cards = [
        {
            "id": exercise,
            "title": title(facts, exercise),
            "spark": spark(facts, exercise),
            "verdicts": [
                {
                    "name": claim["verdict"],
                    "sign": SIGNS[claim["verdict"]],
                    "sentence": in_language(claim["sentence"], facts.language),
                }
                for claim in entries
                if claim["exercise"] == exercise
            ],
        }
        for exercise in facts.study.exercises
    ]
    to_exercise = partial(_to_exercise, facts)
    return {
        "here": "index",
        "tally": tally,
        "decisions": " ".join(filter(None, [decisions(facts), absent_runs(facts)])),
        "protocols": protocols.front(facts),
        "cards": cards,
        "overview": overview(facts),
        "forest": forest(facts),
        "forest_title": section("captions", facts.language)["forest_title"],
        "forest_caption": of_forest(facts.study, "hatched")[facts.language],
        "effect": section("figures", facts.language)["effect"],
        "files": _files(facts),
        "prose": prose(facts, None),
        "claims": [fragment(make_table(spec, facts), to_exercise) for spec in front_tables(facts.study)],
        "tables": [
            {
                "title": section("page", facts.language)[APART[spec.kind]],
                "html": fragment(make_table(spec, facts), to_exercise),
            }
            for spec in appendix_tables(facts.study)
        ],
        "warnings": facts.warnings().values(),
        "checklist": {
            "title": section("checklist", facts.language)["title"],
            "cost": list(checklist.cost(facts)),
            "tables": [fragment(table, to_exercise) for table in checklist.tables(facts)],
        },
        "provenance": provenance(facts),
    }


def _files(facts: Facts) -> list[tuple[str, str]]:
    """Return the files beside the pages, with their labels."""
    papers = [(f"{report_name(each)}.pdf", section("language", each)["name"]) for each in facts.study.languages]
    files = [(file, f"PDF ({name})") for file, name in papers]
    files += [(name, name) for name in ("metrics.csv", "history.csv.gz", "summary.csv", "differences.csv")]
    claims = [("claims.json", "claims.json")] if any_claims(facts.study) else []
    return [*files, *claims, ("study.json", "study.json")]


def _verdict_word(verdict: str, count: int, language: str) -> str:
    return word(verdict, language) if count == 1 else section("page", language)["several"][verdict]


def _to_exercise(facts: Facts, cell: Cell) -> str:
    """Return the page that explains a claim such as ``digits-a`` or a run such as ``digits/dense/s0``."""
    exercise = f"({'|'.join(facts.study.exercises)})"
    if match := re.fullmatch(rf"{exercise}(-\w+)?", cell.text):
        return address(facts.study, match[1], facts.language)
    match = re.fullmatch(rf"{exercise}/([\w@]+)/(s[\d_-]+)", cell.text)
    return f"{address(facts.study, f'{match[1]}_runs', facts.language)}#{match[2]}-{match[3]}" if match else ""


def vega() -> str:
    """Return Vega, Vega-Lite and vega-embed with their licences, from the copies that Snakemake bundles."""
    parts = (f"/* {asset(f'{name}/LICENSE')} */\n{asset(f'{name}/{name}.js')}" for name in DRAWING)
    return "\n".join(parts)
