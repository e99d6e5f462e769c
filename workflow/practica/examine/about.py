"""Find names in ``about.yaml`` that do not exist, and texts that a language of the report lacks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import getitem
from typing import Any

from practica import exercises
from practica.address import COLUMN, LOCAL, TIMING, Quantity, bare, base_of, parts
from practica.code.digest import reach
from practica.code.syntax import final, source_of
from practica.config.about import EXERCISE_FILE, STUDY_FILE
from practica.config.front import repeats
from practica.config.names import own_words
from practica.config.schema import config_schema
from practica.config.study import Study
from practica.errors import InputError, hint
from practica.evidence.claims import LEVELLED
from practica.evidence.equal_terms import TIMED
from practica.evidence.measures import MEASURES, TO_LEVEL, own
from practica.evidence.timings import MEASURE
from practica.figures import catalogue as figures
from practica.figures.draw import FIGURES
from practica.figures.specs import KINDS
from practica.files import SCHEMAS, read_json
from practica.paper.bibliography import works
from practica.paper.names import check_recorded, check_split, figure_specs
from practica.study_folder import PACKAGE
from practica.words import MODEL, section

BESIDE_SETTINGS = ("epochs", "precision", "data", *TIMED)
"""What a claim may vary besides the settings of the configuration."""


def mistakes(study: Study, exercise: str) -> Iterator[str]:
    """Yield a sentence, with file and key, about each name in an exercise's ``about.yaml`` that does not exist."""
    entry, where = study.about(exercise), f"{study.folder / exercise / EXERCISE_FILE}:"
    for name, figure in entry.get("figures", {}).items():
        yield from _prefixed(f"{where} figures.{name}", _figure(study, exercise, figure))
    for name, table in entry.get("tables", {}).items():
        yield from _prefixed(f"{where} tables.{name}", _table(study, exercise, table))
    if glance := entry.get("glance"):
        faults = [
            *_variants(study, exercise, glance["variants"], "variants"),
            *_metrics(study, exercise, [glance["metric"]]),
        ]
        yield from _prefixed(f"{where} glance", faults)
    for name in entry.get("printed", {}):
        yield from _prefixed(f"{where} printed.{name}", _printed(study, exercise, name))
    for name in entry.get("metrics", {}):
        if not _code_names(exercise, name):
            yield f"{where} metrics.{name}: nothing records it, so remove it"
    pairs = entry.get("twins", {})
    yield from _prefixed(f"{where} twins", _variants(study, exercise, [*pairs, *pairs.values()]))
    yield from _prefixed(f"{where} uncompared", _metrics(study, exercise, entry.get("uncompared", ()), ""))
    for name, claim in entry.get("claims", {}).items():
        yield from _prefixed(f"{where} claims.{name}", _claim(study, claim))


def _prefixed(where: str, sentences: Iterable[str]) -> Iterator[str]:
    """Yield sentences that begin with the path of a key, or with a colon, after the place that they continue."""
    yield from (f"{where}{'' if each.startswith(':') else '.'}{each}" for each in sentences)


def known_variants(study: Study, exercise: str) -> list[str]:
    """Return the variants of an exercise that run, and those that only have a name."""
    run = study.variants(exercise) if exercise in study.config["exercises"] else ()
    return list(dict.fromkeys([*run, *study.about(exercise).get("variants", {})]))


def _variants(study: Study, exercise: str, names: Iterable[str], key: str = "") -> Iterator[str]:
    there = known_variants(study, exercise)
    for name in map(base_of, dict.fromkeys(names)):
        if name not in there:
            yield (
                f"{key}: {exercise} has no variant {name!r}; if it just does not run today, give it a name under "
                f"variants{hint(name, there)}"
            )


def _metrics(study: Study, exercise: str, metrics: Iterable[str], key: str = "metric") -> Iterator[str]:
    for metric in metrics:
        try:
            check_recorded(study, exercise, bare(metric))
        except InputError as error:
            yield f"{key}: {error}"


def _code_names(exercise: str, metric: str) -> bool:
    """Return whether the code of an exercise contains the name of a metric, for its runs or beside them."""
    beside = [exercises.module_name(exercise, MEASURE)] if exercises.has(exercise, MEASURE) else []
    return reach("practica.training.block", exercises.module_name(exercise), *beside).says(metric)


def _splits(exercise: str, split: str, key: str) -> Iterator[str]:
    try:
        check_split(split)
    except InputError as error:
        yield f"{key}: {error}"
    if split == "test" and not exercises.may_have_test(exercise):
        yield f"{key}: the data of {exercise} have no part 'test'; known: train, validation"


def _figure(study: Study, exercise: str, entry: Mapping[str, Any]) -> Iterator[str]:
    kind, variants = entry["kind"], entry["variants"]
    yield from _variants(study, exercise, variants, "variants")
    panels = [each if isinstance(each, str) else each["metric"] for each in entry.get("panels", ())]
    if kind not in KINDS:
        yield from _own_kind(study, exercise, entry)
        return
    metrics = [each for each in panels if each != "normalised_loss"]
    yield from _metrics(study, exercise, metrics, "panels")
    if "arrays" in entry:
        yield f"arrays: a figure of the kind {kind} is drawn from tables; remove them"
    if kind == "curves" and len(variants) > 1:
        yield "variants: a figure of the kind curves shows one variant; compare shows several"
    if kind == "pairs" and (len(variants) % 2 or len(panels) != 1 or len(entry.get("labels", ())) != 2):
        yield "kind: pairs needs an even number of variants, one panel, and two labels for the first and the second"
    if kind in ("compare", "folds") and entry.get("labels") and len(entry["labels"]) != len(variants):
        yield f"labels: there are {len(entry['labels'])} for {len(variants)} variants; give each one"


def _functions(module: str) -> dict[str, tuple[ast.stmt, ...]]:
    """Return the functions of a module of the study, including those imported from another of its modules."""
    places = {name: final((module, name)) for name in (*source_of(module).definitions, *source_of(module).imports)}
    here = {name: place for name, place in places.items() if place[0].partition(".")[0] == PACKAGE}
    nodes = {name: source_of(at).definitions.get(own, ()) for name, (at, own) in here.items()}
    return {name: each for name, each in nodes.items() if each and isinstance(each[-1], ast.FunctionDef)}


def _own_kind(study: Study, exercise: str, entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a figure of the exercise's own kind lacks: its function, its words, or recorded arrays."""
    kind = entry["kind"]
    drawers = _functions(exercises.module_name(exercise, FIGURES)) if exercises.has(exercise, FIGURES) else {}
    if kind not in drawers:
        yield (
            f"kind: no function {kind!r} in {study.folder}/{exercise}/figures.py{hint(kind, [*KINDS[:-1], *drawers])}"
        )
    elif not entry.get("arrays"):
        yield "kind: name under arrays what it is drawn from, which `artefacts` of the problem returns"
    words = {*section("figures", MODEL), *entry["variants"], *own_words(study, exercise, MODEL)}
    for name in sorted(_words_in(drawers.get(kind, ()))):
        if name not in words:
            yield f"kind: {kind} in figures.py asks for the word {name!r}: write it under words{hint(name, words)}"
    code = reach(f"{exercises.module_name(exercise)}:problem")
    for name in entry.get("arrays", ()):
        if not code.says(name):
            module = f"{study.folder}/{exercise}/experiment.py"
            yield f"arrays: nothing records {name!r}: `artefacts` in {module} must return it"


def _words_in(function: Iterable[ast.stmt]) -> set[str]:
    """Return the words that a drawing function reads from its last parameter, as in ``texts["epoch"]``."""
    words = set()
    for node in function:
        last = node.args.args[-1].arg if isinstance(node, ast.FunctionDef) and node.args.args else None
        for part in ast.walk(node):
            match part:
                case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))) if name == last:
                    words.add(key)
    return words


def _table(study: Study, exercise: str, entry: Mapping[str, Any]) -> Iterator[str]:
    for column in entry.get("columns", ()):
        split, metric = parts(column, COLUMN)
        yield from _splits(exercise, split, "columns")
        yield from _metrics(study, exercise, [metric], "columns")
    datasets = [study.dataset(exercise, variant) for variant in study.variants(exercise)]
    if entry.get("dataset", datasets[0]) not in datasets:
        yield f"dataset: no variant of {exercise} learns from {entry['dataset']!r}{hint(entry['dataset'], datasets)}"


def _printed(study: Study, exercise: str, name: str) -> Iterator[str]:
    variant, split, metric = parts(name, LOCAL)
    if not repeats(study):
        yield f": the study has no source that prints it: name one under source in {study.folder / STUDY_FILE}"
    yield from _variants(study, exercise, [variant])
    if split != "parameters":
        yield from _splits(exercise, split, "")
        yield from _metrics(study, exercise, [metric], "")


def _claim(study: Study, entry: Mapping[str, Any]) -> Iterator[str]:
    yield from _to_see(study, entry)
    yield from _varies(entry)
    for name, part in entry["parts"].items():
        sentences = [*_to_see(study, part), *_varies(part)]
        for key in ("of", "minus", "over"):
            if key in part:
                sentences += _quantity(study, Quantity.parse(part[key]), key)
        yield from (f"parts.{name}.{each}" for each in sentences)


def _to_see(study: Study, entry: Mapping[str, Any]) -> Iterator[str]:
    if "figure" in entry:
        every = [name for exercise in study.every_exercise for name in figure_specs(study, exercise)]
        if entry["figure"] not in every:
            yield f"figure: there is no figure {entry['figure']!r}{hint(entry['figure'], every)}"


def _varies(entry: Mapping[str, Any]) -> Iterator[str]:
    settings = [*config_schema()["$defs"]["settings"]["properties"], *BESIDE_SETTINGS]
    for name in entry.get("varies", ()):
        if name not in settings:
            yield f"varies: there is no setting {name!r}{hint(name, settings)}"


def _quantity(study: Study, quantity: Quantity, key: str) -> Iterator[str]:
    """Yield the names in a quantity that do not exist."""
    exercise = quantity.exercise
    if exercise not in study.every_exercise:
        yield f"{key}: there is no exercise {exercise!r}{hint(exercise, study.every_exercise)}"
        return
    yield from _variants(study, exercise, [quantity.variant], key)
    match = LEVELLED.fullmatch(quantity.measure)
    measure = f"{match[1]}_NN" if match else quantity.measure
    there = [*MEASURES, *TO_LEVEL, *own(exercise)]
    if not quantity.split and measure not in there:
        yield f"{key}: there is no measure {quantity.measure!r}{hint(measure, there)}"
    if quantity.split == TIMING and not exercises.has(exercise, MEASURE):
        yield f"{key}: nothing measures times of {exercise}: its folder has no {MEASURE}.py"
    if quantity.split and exercise in study.exercises:
        yield from _splits(exercise, quantity.split, key)
        yield from _metrics(study, exercise, [quantity.metric], key)


def front_mistakes(study: Study) -> Iterator[str]:
    """Yield a sentence about each name in ``study.yaml`` that does not exist."""
    where = study.folder / STUDY_FILE
    every = [
        figures.OVERVIEW,
        figures.FOREST,
        *(name for exercise in study.every_exercise for name in figure_specs(study, exercise)),
    ]
    for name in study.front.get("gallery", ()):
        if name not in every:
            yield f"{where}: gallery: there is no figure {name!r}{hint(name, every)}"
    key, there = study.front.get("source", {}).get("cite"), works(study.folder)
    if key and key not in there:
        yield f"{where}: source.cite: references.bib does not hold {key!r}{hint(key, there)}"


def silent(study: Study) -> Iterator[str]:
    """Yield a sentence about each text that a language of the report lacks."""
    files: list[tuple[Any, Mapping[str, Any], str]] = [(study.folder / STUDY_FILE, study.front, "study.schema.json")]
    for exercise in study.exercises:
        files.append((study.folder / exercise / EXERCISE_FILE, study.about(exercise), "about.schema.json"))
    for path, content, schema in files:
        whole = read_json(SCHEMAS / schema)
        for keys, value in _texts(content, whole, whole):
            for language in study.languages:
                if language not in value:
                    yield f"{path}: {'.'.join(keys)}: there is no text in {language!r}; write it"
    for measure, words in study.front.get("definitions", {}).items():
        for language in study.languages:
            if language not in words:
                yield f"{study.folder / STUDY_FILE}: definitions.{measure}: nothing in {language!r}; write it"


def _texts(
    value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any], keys: Sequence[str] = ()
) -> Iterator[tuple[Sequence[str], Mapping[str, str]]]:
    """Yield the texts that are given by language, with their keys; the schema tells them from other mappings."""
    file, _, pointer = schema.get("$ref", "").partition("#/")
    whole = read_json(SCHEMAS / file) if file else whole
    if pointer in ("$defs/text", "$defs/list"):
        if isinstance(value, Mapping):
            yield keys, value
        return
    schema = {**schema, **reduce(getitem, pointer.split("/"), whole)} if pointer else schema
    if isinstance(value, Mapping):
        for key, each in value.items():
            below = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if isinstance(below, Mapping):
                yield from _texts(each, below, whole, (*keys, str(key)))
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for place, each in enumerate(value):
            yield from _texts(each, schema["items"], whole, (*keys, str(place)))
