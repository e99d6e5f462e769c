"""Digest what each result of the workflow depends on: its own entry, the words that it shows, the code of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from practica import exercises
from practica.code.digest import Reach, choices, code_digest, reach
from practica.config import declarations, front, names, protocols
from practica.config.citation import repository
from practica.config.declarations import DATA
from practica.config.study import Study
from practica.evidence.claims import OWN, declared
from practica.evidence.full_size import summary_file
from practica.evidence.source import numbers
from practica.figures import catalogue as figures
from practica.figures.specs import KINDS, Spec
from practica.files import canonical_json, sha256
from practica.paper import custom_latex
from practica.paper.catalogue import TableSpec, tables_for
from practica.plan.figure_words import shown_words
from practica.study_folder import cached
from practica.words import decimal_mark, section, sections

DRAW, MAKE = "practica.figures.draw", "practica.paper.tables"
VARIANT_NAME, METRIC_NAME = (("practica.config.names", f"{kind}_name") for kind in ("variant", "metric"))
PRINTED_CELL = ("practica.paper.cells", "source")
# The code that writes the tables that figures and tables are made from, and names the splits of the data.
WRITERS = (
    "practica.evidence.collect:gather",
    "practica.evidence.timings:timed_rows",
    "practica.evidence.verdicts:write_claims",
    "practica.exercises.problem",
)
# Sections whose words the PDFs do not show themselves: figures have digests of their own.
OF_OTHERS = ("figures", "trials", "page")
LISTED_WORDS = frozenset(["practica.words:section", "practica.words:sections"])
# Listings by name: an entry matters only to the result that shows it, and is part of that result's digest.
CATALOGUES = frozenset(
    [
        "practica.figures.captions",
        "practica.figures.catalogue",
        "practica.paper.catalogue",
        *LISTED_WORDS,
        f"{DRAW}:KINDS",
        f"{MAKE}:MAKERS",
    ]
)


@cached
def run_code(exercise: str) -> str:
    """Return the digest of the code that decides a run of the exercise."""
    return code_digest("practica.training.block", exercises.module_name(exercise))


def figure_digest(study: Study, name: str) -> str:
    """Return the digest of everything that decides a figure, except its data."""
    spec = figures.spec(study, name)
    own = spec.kind not in KINDS
    kind = f"study.{spec.exercise}.figures:{spec.kind}" if own else choices(f"{DRAW}:KINDS")[spec.kind]
    places = (f"{DRAW}:draw_from", "practica.figures.points:points", kind)
    code = reach(*places, *([f"{DRAW}:_own"] if own else []), apart=CATALOGUES)
    entry = _entry(spec, study.languages)
    # Figures of the same scale share the limits of their axes.
    alike = [_entry(each, []) for each in figures.of_scale(study, spec)]
    shows = shown_words(study, spec, kind, code)
    words = [list(filter(shows, section("figures", language).items())) for language in study.languages]
    glances: dict[str, Any] = {}
    if spec.kind == "forest":  # it writes verdicts, rules and effects as the tables do
        glances = {
            language: [section(name, language) for name in ("judged", "numbers")] for language in study.languages
        }
        glances["protocols"] = _protocols(study, [])
    if spec.kind == "overview":
        glances = {
            each: [study.number(each), study.about(each).get("glance"), study.about(each).get("printed")]
            for each in study.exercises
        }
        glances[""] = study.demonstration
    about = study.about(spec.exercise) if spec.exercise else {}
    own_words = [list(filter(shows, about.get(key, {}).items())) for key in ("metrics", "words")]
    variant_names = [
        [names.variant_name(study, spec.exercise, each, language) for each in (*spec.variants, *spec.left_out)]
        for language in study.languages
    ]
    return _digest(code.digest, entry, alike, words, own_words, variant_names, glances)


def table_digest(study: Study, spec: TableSpec) -> str:
    """Return the digest of everything that decides a table, except its data."""
    code = reach(
        f"{MAKE}:make_table", choices(f"{MAKE}:MAKERS")[spec.kind], "practica.paper.render:write", apart=CATALOGUES
    )
    entry = {**asdict(spec), "caption": _of(spec.caption, study.languages)}
    texts = _data() | frozenset(_texts(entry))
    words = _words("report", study, code, texts)
    owners = [spec.exercise] if spec.exercise else study.exercises
    variants = [(each, variant) for each in owners for variant in study.every_variant(each)]
    names_by_language = {
        language: [
            [names.variant_name(study, *each, language) for each in variants if VARIANT_NAME in code.places],
            {
                key: name
                for key, name in section("metrics", language).items()
                if METRIC_NAME in code.places and _shows(spec, key)
            },
            section("numbers", language),
        ]
        for language in study.languages
    }
    metric_words = [
        {key: word for key, word in study.about(each).get("metrics", {}).items() if _names(study, spec, each, key)}
        for each in owners
        if METRIC_NAME in code.places
    ]
    there = figures.figures_for(study) if spec.kind == "claims" else []
    source_numbers = study.about(str(spec.exercise)).get("printed", {}) if PRINTED_CELL in code.places else {}
    apart = [[study.about(each).get(key) for key in ("twins", "uncompared")] for each in owners]
    rows = spec.rows(study)
    others = [
        _protocols(study, owners),
        there,
        source_numbers,
        apart * (spec.kind == "differences"),
        front.repeats(study) * (spec.kind in ("claims", "verdicts")),
        _size(study) if spec.kind in ("scores", "claims", "verdicts") else None,
    ]
    return _digest(code.digest, entry, rows, words, names_by_language, metric_words, *others)


def _size(study: Study) -> list[Any]:
    """Return whether the study is a demonstration, and a digest of the reference whose values it then shows."""
    file = summary_file(study)
    return [study.demonstration, sha256(file.read_bytes()) if file else ""]


def paper_digest(study: Study, language: str, digest_of: Callable[[TableSpec], str] | None = None) -> str:
    """Return the digest of everything that decides the PDF in a language, except its data, its prose and its parts.

    Args:
        study: the study.
        language: that of the PDF.
        digest_of: returns the digest of a table; a caller that has them passes it.
    """
    digest_of = digest_of or partial(table_digest, study)
    code = code_digest("practica.paper.document:build", apart=CATALOGUES)
    lists = {name: each for name, each in sections(language).items() if name not in OF_OTHERS}
    tables = [
        [canonical_json({**asdict(each), "caption": each.caption[language]}), digest_of(each)]
        for each in tables_for(study)
    ]
    around = [numbers(study), custom_latex.latex(study), _size(study), repository()]
    return _digest(code, lists, _own_texts(study, language), tables, *around)


def trials_digest(study: Study) -> str:
    """Return the digest of everything that decides how trials are judged and drawn, except their data."""
    code = reach("practica.tuning.judge:write_trials", "practica.figures.trials:draw_trials", apart=CATALOGUES)
    own = section("trials", study.languages[0])
    return _digest(code.digest, _words("figures", study, code, _data()), own)


def statistics_digest() -> str:
    """Return the digest of everything that decides the summary and the differences, except their data."""
    return _digest(code_digest("practica.evidence.collect:write_statistics"), declarations.of_role(DATA))


def claims_digest(study: Study) -> str:
    """Return the digest of everything that decides the verdicts on the claims in play, except their data."""
    measures = [exercises.module_name(each, OWN) for each in study.exercises if exercises.has(each, OWN)]
    code = code_digest("practica.evidence.verdicts:write_claims", *measures, apart=LISTED_WORDS)
    entries = [[study.about(each).get(key) for key in ("claims", "printed")] for each in study.exercises]
    definitions = declared(study).definitions
    mark_languages = sorted({language for words in definitions.values() for language in words})
    marks = {language: decimal_mark(language) for language in mark_languages}
    return _digest(code, entries, definitions, marks, study.languages, _protocols(study, []))


def page_digest(study: Study) -> str:
    """Return the digest of everything that decides the pages, except their data."""
    code = code_digest("practica.page.build:write_pages", apart=LISTED_WORDS)
    texts = [[sections(language), _own_texts(study, language)] for language in study.languages]
    captions = [_of(each.caption, study.languages) for each in tables_for(study)]
    return _digest(code, texts, captions, numbers(study), _size(study))


def _own_texts(study: Study, language: str) -> list[Any]:
    """Return a study's own texts in a language, without its tables: names, titles, captions, settings."""
    exercise_names = [
        [
            names.title(study, exercise, language),
            study.number(exercise),
            [names.variant_name(study, exercise, variant, language) for variant in study.every_variant(exercise)],
            names.own_words(study, exercise, language),
        ]
        for exercise in study.exercises
    ]
    specs = [figures.spec(study, name) for name in figures.report_figures(study)]
    captions = [[each.name, each.number, each.title[language], each.caption[language]] for each in specs]
    own = [
        *(study.heading(language), front.authors(study, language), front.abstract(study, language)),
        *(front.introduction(study, language), front.keywords(study, language), front.repeats(study)),
    ]
    setting_words = {name: declarations.own_words(name, language) for name in declarations.own()}
    settings = [
        setting_words,
        declarations.mentions(variants=True),
        declarations.mentions(),
        declarations.of_role(DATA),
    ]
    return [exercise_names, captions, own, settings, _protocols(study, study.exercises)]


def _protocols(study: Study, owners: Iterable[str]) -> list[Any]:
    """Return the declarations of the protocols that run, and their part in some exercises; empty for only one."""
    entries = [[name, protocols.declared(study.folder)[name]] for name in study.protocols]
    return [entries, [[study.protocol(each, name) for name in study.protocols] for each in owners]] if entries else []


def _entry(spec: Spec, languages: Sequence[str]) -> dict[str, Any]:
    """Return a figure's entry in these languages, without its caption."""
    return {**asdict(spec), "title": _of(spec.title, languages), "caption": ""}


def _shows(spec: TableSpec, metric: str) -> bool:
    """Return whether a table may name a metric: one of its columns or, if it has none, any recorded metric."""
    return not spec.columns or metric in {name for _, name in spec.columns}


def _names(study: Study, spec: TableSpec, exercise: str, metric: str) -> bool:
    """Return whether a table may name a metric of an exercise's own; verdicts name those that the claims judge."""
    if spec.kind not in ("verdicts", "claims"):
        return _shows(spec, metric)
    claims = study.about(exercise).get("claims", {})
    return any(text.endswith(f"/{metric}") for text in _texts(claims))


def _of(text: Mapping[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    return {language: text[language] for language in languages}


def _words(name: str, study: Study, code: Reach, texts: frozenset[str]) -> dict[str, dict[str, Any]]:
    """Return the words of a section that code can build from the texts in it and in its data, by language."""
    return {
        language: {key: word for key, word in section(name, language).items() if key in texts or code.says(key)}
        for language in study.languages
    }


@cached
def _data() -> frozenset[str]:
    """Return every text that the collected tables and the verdicts may contain."""
    return reach(*WRITERS, apart=CATALOGUES).texts


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
