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
from practica.evidence.source import PRINTED
from practica.figures import catalogue as figures
from practica.figures import words as figure_words
from practica.figures.listing import GLANCES, SPECS
from practica.figures.specs import Spec
from practica.files import canonical_json, sha256
from practica.paper import names, settings
from practica.paper import words as paper_words
from practica.paper.catalogue import TableSpec, tables_for

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
# What is listed by name: an entry of it concerns only who shows it, and stands in that digest by itself.
LISTED = frozenset(
    [
        "practica.evidence.source:PRINTED",
        "practica.figures.catalogue",
        "practica.figures.listing",
        "practica.figures.words:WORDS",
        "practica.paper.catalogue",
        "practica.paper.names:METRICS",
        "practica.paper.names:TITLES",
        "practica.paper.names:VARIANTS",
        "practica.paper.settings:SAID",
        "practica.paper.words:WORDS",
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
    words = _words(figure_words.WORDS, study, code, None if any_axes else [entry, _data()])
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
    words = _words(paper_words.WORDS, study, code, [entry, _data()])
    owners = [spec.exercise] if spec.exercise else study.exercises
    variants = [(each, variant) for each in owners for variant in study.variants(each)]
    called = {
        language: [
            [names.variant_name(*each, language) for each in variants if VARIANT_NAME in code.places],
            {
                key: name
                for key, name in names.METRICS[language].items()
                if METRIC_NAME in code.places and _shows(spec, key)
            },
        ]
        for language in study.languages
    }
    there = figures.figures_for(study) if spec.kind == "claims" else []
    printed = _printed(str(spec.exercise)) if PRINTED_CELL in code.places else {}
    return _digest(code.digest, entry, spec.variants(study), words, called, there, printed)


def paper_digest(study: Study, language: str) -> str:
    """Return the digest of all that the PDF in a language is made with but its data, its prose and its parts."""
    code = code_digest("practica.paper.document:build", apart=LISTED)
    lists = [names.METRICS, names.TITLES, names.VARIANTS, settings.SAID, paper_words.WORDS]
    specs = [figures.spec(name) for name in figures.report_figures(study)]
    captions = [[each.name, each.title[language], each.caption[language]] for each in specs]
    made = [
        [canonical_json({**asdict(each), "caption": each.caption[language]}), table_digest(study, each)]
        for each in tables_for(study)
    ]
    return _digest(code, [each[language] for each in lists], captions, made, PRINTED)


def trials_digest(study: Study) -> str:
    """Return the digest of all that the trials of a variant are judged and drawn with but their data."""
    code = reach("practica.evidence.tuning:write_trials", "practica.figures.trials:draw_trials", apart=LISTED)
    return _digest(code.digest, _words(figure_words.WORDS, study, code, [_data()]))


def _entry(spec: Spec, languages: Sequence[str]) -> dict[str, Any]:
    """Return what a figure's entry says of it in these languages; its caption does not stand in it."""
    return {**asdict(spec), "title": _of(spec.title, languages), "caption": ""}


def _shows(spec: TableSpec, metric: str) -> bool:
    """Return whether a table may name a metric: one of its columns, or, where it has none, whatever is recorded."""
    return not spec.columns or metric in {name for _, name in spec.columns}


def _printed(exercise: str) -> dict[str, str]:
    return {name: text for name, text in PRINTED.items() if Quantity.parse(name).exercise == exercise}


def _of(text: Mapping[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    return {language: text[language] for language in languages}


def _words(
    every: Mapping[str, Mapping[str, str]], study: Study, code: Reach, data: Iterable[Any] | None
) -> dict[str, dict[str, str]]:
    """Return the words, by language, that code can come to by the texts in it and in its data; None: all of them."""
    texts = None if data is None else {text for each in data for text in _texts(each)}
    return {
        language: {
            key: word for key, word in every[language].items() if texts is None or key in texts or code.says(key)
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
