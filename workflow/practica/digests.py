"""Digest what each result of the workflow depends on: its own entry, the words that it shows, the code of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from practica import exercises
from practica.address import Quantity
from practica.code import Reach, choices, code_digest, reach
from practica.config import Study
from practica.evidence.claims import declared
from practica.evidence.source import PRINTED
from practica.figures import catalogue as figures
from practica.figures.listing import GLANCES, SPECS
from practica.figures.specs import Spec
from practica.files import canonical_json, sha256
from practica.paper import names
from practica.paper.catalogue import TableSpec, tables_for
from practica.words import decimal_mark, in_language, section, sections

DRAW, MAKE = "practica.figures.draw", "practica.paper.tables"
VARIANT_NAME, METRIC_NAME = (("practica.paper.names", f"{kind}_name") for kind in ("variant", "metric"))
PRINTED_CELL = ("practica.paper.cells", "source")
# What writes the tables that figures and tables are made from, and names the parts of the data.
WRITERS = (
    "practica.evidence.collect:gather",
    "practica.evidence.measured:timed_rows",
    "practica.evidence.verdicts:write_claims",
    "practica.exercises.problem",
)
# Sections whose words no PDF of the report shows: of figures, their own digests speak.
OF_OTHERS = ("figures", "figures_of_exercises", "trials", "page")
LISTED_WORDS = frozenset(["practica.words:section", "practica.words:sections"])
# What is listed by name: an entry of it concerns only who shows it, and stands in that digest by itself.
LISTED = frozenset(
    [
        "practica.evidence.source:PRINTED",
        "practica.figures.catalogue",
        "practica.figures.listing",
        "practica.paper.catalogue",
        "practica.paper.names:TITLES",
        "practica.paper.names:VARIANTS",
        *LISTED_WORDS,
        f"{DRAW}:KINDS",
        f"{MAKE}:MAKERS",
    ]
)


@cache
def run_code(exercise: str) -> str:
    """Return the digest of the code that decides a run of the exercise."""
    return code_digest("practica.training.block", exercises.module_name(exercise))


def figure_digest(study: Study, name: str) -> str:
    """Return the digest of all that a figure is drawn with but its data."""
    shown = figures.spec(name)
    code = reach(f"{DRAW}:draw_from", choices(f"{DRAW}:KINDS")[shown.kind], apart=LISTED)
    entry = _entry(shown, study.languages)
    # Figures of one scale share the limits of their axes.
    alike = [_entry(each, []) for each in SPECS if shown.scale and each.scale == shown.scale]
    # Where what is recorded decides which axes there are, any word may stand at them.
    any_axes = shown.kind == "curves" and not shown.panels
    words = _words("figures", study, code, None if any_axes else [entry, _data()])
    glances = {}
    if shown.kind == "overview":
        glances = {each: [asdict(GLANCES[each]), _printed(each)] for each in study.exercises if each in GLANCES}
    return _digest(code.digest, entry, alike, words, glances)


def table_digest(study: Study, spec: TableSpec) -> str:
    """Return the digest of all that a table is made with but its data."""
    code = reach(
        f"{MAKE}:make_table", choices(f"{MAKE}:MAKERS")[spec.kind], "practica.paper.render:write", apart=LISTED
    )
    entry = {**asdict(spec), "caption": _of(spec.caption, study.languages)}
    words = _words("report", study, code, [entry, _data()])
    owners = [spec.exercise] if spec.exercise else study.exercises
    variants = [(each, variant) for each in owners for variant in study.variants(each)]
    called = {
        language: [
            [names.variant_name(*each, language) for each in variants if VARIANT_NAME in code.places],
            {
                key: name
                for key, name in section("metrics", language).items()
                if METRIC_NAME in code.places and _shows(spec, key)
            },
            section("numbers", language),
        ]
        for language in study.languages
    }
    there = figures.figures_for(study) if spec.kind == "claims" else []
    printed = _printed(str(spec.exercise)) if PRINTED_CELL in code.places else {}
    return _digest(code.digest, entry, spec.variants(study), words, called, there, printed)


def paper_digest(study: Study, language: str) -> str:
    """Return the digest of all that the PDF in a language is made with but its data, its prose and its parts."""
    code = code_digest("practica.paper.document:build", apart=LISTED)
    words = {name: each for name, each in sections(language).items() if name not in OF_OTHERS}
    lists = [words, in_language(names.TITLES, language), in_language(names.VARIANTS, language)]
    specs = [figures.spec(name) for name in figures.report_figures(study)]
    captions = [[each.name, in_language(each.title, language), in_language(each.caption, language)] for each in specs]
    made = [
        [canonical_json({**asdict(each), "caption": in_language(each.caption, language)}), table_digest(study, each)]
        for each in tables_for(study)
    ]
    return _digest(code, lists, captions, made, PRINTED)


def trials_digest(study: Study) -> str:
    """Return the digest of all that the trials of a variant are judged and drawn with but their data."""
    code = reach("practica.evidence.tuning:write_trials", "practica.figures.trials:draw_trials", apart=LISTED)
    own = section("trials", study.languages[0])
    return _digest(code.digest, _words("figures", study, code, [_data()]), own)


def claims_digest() -> str:
    """Return the digest of all that the claims are judged with but their data."""
    spoken = sorted({language for words in declared().definitions.values() for language in words})
    code = code_digest("practica.evidence.verdicts:write_claims", apart=LISTED_WORDS)
    return _digest(code, {language: decimal_mark(language) for language in spoken})


def page_digest(study: Study) -> str:
    """Return the digest of all that the pages are made with but their data."""
    code = code_digest("practica.page.build:write_pages", apart=LISTED_WORDS)
    return _digest(code, {language: sections(language) for language in study.languages})


def _entry(spec: Spec, languages: Sequence[str]) -> dict[str, Any]:
    """Return what a figure's entry says of it in these languages; its caption does not stand in it."""
    return {**asdict(spec), "title": _of(spec.title, languages), "caption": ""}


def _shows(spec: TableSpec, metric: str) -> bool:
    """Return whether a table may name a metric: one of its columns, or, where it has none, whatever is recorded."""
    return not spec.columns or metric in {name for _, name in spec.columns}


def _printed(exercise: str) -> dict[str, str]:
    return {name: text for name, text in PRINTED.items() if Quantity.parse(name).exercise == exercise}


def _of(text: Mapping[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    return {language: in_language(text, language) for language in languages}


def _words(name: str, study: Study, code: Reach, data: Iterable[Any] | None) -> dict[str, dict[str, str]]:
    """Return the words of a section, by language, that code can come to by the texts in it and in its data.

    Without data, which is None, all of them.
    """
    texts = None if data is None else {text for each in data for text in _texts(each)}
    return {
        language: {
            key: word
            for key, word in section(name, language).items()
            if texts is None or key in texts or code.says(key)
        }
        for language in study.languages
    }


@cache
def _data() -> frozenset[str]:
    """Return every text that the collected tables and the verdicts may hold of themselves."""
    return reach(*WRITERS, apart=LISTED).texts


def _texts(data: Any) -> Iterable[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, Iterable):
        for value in data:
            yield from _texts(value)


def _digest(*parts: Any) -> str:
    return sha256(canonical_json(parts))[:16]
