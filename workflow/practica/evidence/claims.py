"""The claims that the exercises declare. Quick to import: Snakemake reads them every time it parses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from practica import exercises
from practica.address import Quantity, bare
from practica.config.about import EXERCISE_FILE, STUDY_FILE, MultilingualText
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.source import numbers
from practica.words import decimal_mark

LEVELLED = re.compile(r"([a-z_]+)_(\d\d)")
"""A measure with a level, such as ``epochs_to_95``; it is declared once for all levels, as ``epochs_to_NN``."""
BETWEEN_TWO = ("idle_epochs", "rise_share")
"""Measures that count from 0.5, the chance between two classes; others follow ``_from_``, in hundredths."""
OWN = "measures"
"""The module in an exercise's folder that holds its own measures: functions of results, exercise and variant."""
YES_OR_NO = ("solved",)
"""Measures that either hold or do not hold for a seed; the share of seeds for which they hold is judged."""
NEUTRAL = {"difference": 0.0, "ratio": 1.0}
"""The value that means no effect."""
NEUTRAL_ALONE = {"gap": 0.0, "evaluated_gap": 0.0, "late_gain": 0.0, "loss_left": 1.0, "r2": 0.0}
"""The same of measures and metrics that compare by themselves: two parts, two epochs, a net with the mean."""
NEAR = "near"
"""The rule that compares a quantity with the number that the source prints."""

Text = Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """One statement of a claim.

    Attributes:
        kind: what is judged: the ``value`` of a quantity, its ``difference`` from another, or its ``ratio`` to it.
        rule: the name of a rule and its bound.
        figure: the figure to look at.
        smallest: the smallest effect of interest, in the units of what is judged.
        varies: the settings that may differ between the two sides, because the statement is about them.
    """

    name: str
    says: Text
    kind: str
    of: Quantity
    other: Quantity | None
    rule: tuple[str, float]
    figure: str
    smallest: float = 0.0
    varies: tuple[str, ...] = ()

    def under(self, protocol: str) -> Part:
        """Return the same statement about the runs under another protocol; the first protocol has an empty name."""
        other = self.other and self.other.under(protocol)
        return replace(self, of=self.of.under(protocol), other=other)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Return the quantities that are compared."""
        return (self.of,) if self.other is None else (self.of, self.other)


@dataclass(frozen=True)
class Claim:
    """A claim about an exercise; its first part is shown where there is room for only one."""

    id: str
    exercise: str
    sentence: Text
    figure: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Claims:
    """All claims, by id, and the descriptions of the measures that they use, by measure and language."""

    claims: Mapping[str, Claim]
    definitions: Mapping[str, Mapping[str, Text]]

    def define(self, measure: str) -> Mapping[str, Text] | None:
        """Return the description of a measure, by language, with its level filled in; None for a split and a metric."""
        match = LEVELLED.fullmatch(measure)
        words = self.definitions.get(_declared_as(measure))
        if words is None or match is None:
            return words
        level = {language: f"0{decimal_mark(language)}{match[2]}" for language in words}
        return {
            language: {key: text.replace("NN", level[language]) for key, text in each.items()}
            for language, each in words.items()
        }


def _declared_as(measure: str) -> str:
    """Return the name under which a measure is defined, which has NN in place of its level."""
    match = LEVELLED.fullmatch(measure)
    return f"{match[1]}_NN" if match else measure


def declared(study: Study) -> Claims:
    """Return the claims that the ``about.yaml`` of every exercise declares, whether the exercise runs or not.

    Raises:
        InputError: one of them is wrong; the message names the file and the key.
    """
    every = unchecked(study)
    for mistake in mistakes(every, study):
        raise InputError(mistake)
    return every


def unchecked(study: Study) -> Claims:
    """Return the same claims as ``declared``, without checking them."""
    claims = {
        name: _claim(name, exercise, entry)
        for exercise in study.every_exercise
        for name, entry in study.about(exercise).get("claims", {}).items()
    }
    definitions = {name: words for _, entries in _definitions(study) for name, words in entries.items()}
    return Claims(claims, definitions)


def _definitions(study: Study) -> Iterator[tuple[Path, Mapping[str, Mapping[str, Text]]]]:
    """Yield the files that define measures, each with what it defines."""
    yield study.folder / STUDY_FILE, study.front.get("definitions", {})
    for exercise in study.every_exercise:
        yield study.folder / exercise / EXERCISE_FILE, study.about(exercise).get("definitions", {})


def mistakes(every: Claims, study: Study) -> Iterator[str]:
    """Yield the mistakes in claims that a schema cannot find, each with file and key."""
    places: dict[str, Path] = {}
    for file, entries in _definitions(study):
        yield from (
            f"{file}: definitions.{name}: {places[name]} defines it too; define it there alone"
            for name in entries
            if name in places
        )
        places = {**dict.fromkeys(entries, file), **places}
    source = numbers(study)
    for exercise in study.every_exercise:
        for name in study.about(exercise).get("claims", {}):
            where = f"{study.folder / exercise / EXERCISE_FILE}: claims.{name}"
            if name.partition("-")[0] != exercise:  # it would replace a claim of another exercise
                yield f"{where}: call it {exercise}, or {exercise}- and a name"
                continue
            for part in every.claims[name].parts:
                if mistake := _mistake(part, every, source, study):
                    yield f"{where}.parts.{part.name}.{mistake}"


def about(study: Study, exercise: str) -> bool:
    """Return whether an exercise has any claims."""
    return bool(study.about(exercise).get("claims"))


def _mistake(part: Part, claims: Claims, source: Mapping[str, str], study: Study) -> str:
    """Return a mistake in a part that a schema cannot find, or an empty text."""
    keys = ("of", "over" if part.kind == "ratio" else "minus")
    for key, quantity in zip(keys, part.quantities, strict=False):
        if wrong := _measure_mistake(quantity, claims, study):
            return f"{key}: {wrong}"
    rule, bound = part.rule
    if part.other and part.of.measure in YES_OR_NO:
        return f"of: {part.of.measure} holds or not: give its share of the seeds a rule of its own, and compare nothing"
    if rule == NEAR and (part.other or str(part.of) not in source):
        return f"rule: near needs a number that the source prints, of one variant alone, and {part.of} has none"
    if rule in (NEAR, "within") and part.smallest:
        return f"smallest: {rule} says itself how much is allowed; remove it"
    neutral = NEUTRAL.get(part.kind) if part.other else NEUTRAL_ALONE.get(bare(part.of.metric))
    if neutral == bound and rule not in (NEAR, "within") and not part.smallest:
        return "smallest: say which effect would be the smallest of interest, or no seeds refute that there is none"
    return ""


def _measure_mistake(quantity: Quantity, claims: Claims, study: Study) -> str:
    """Return why a quantity cannot be judged: nothing defines it, or it counts from another chance."""
    measure, exercise = quantity.measure, quantity.exercise
    if "/" not in measure and claims.define(measure) is None:
        where, names = study.folder / STUDY_FILE, ", ".join(claims.definitions)
        return f"no measure {_declared_as(measure)!r} under definitions, here or in {where} (known: {names})"
    if measure in BETWEEN_TWO and exercises.several_classes(exercise):
        return (
            f"{measure} counts from 0.5, the chance between two classes, and {exercise} has an output for each class; "
            f"name the chance in hundredths, as {measure}_from_10 for ten classes"
        )
    return ""


def _claim(name: str, exercise: str, entry: Mapping[str, Any]) -> Claim:
    parts = tuple(_part(part, each, entry) for part, each in entry["parts"].items())
    return Claim(name, exercise, MultilingualText(entry["sentence"]), entry["figure"], parts)


def _part(name: str, entry: Mapping[str, Any], claim: Mapping[str, Any]) -> Part:
    kind, other = "value", None
    for key, kind_of in (("minus", "difference"), ("over", "ratio")):
        if key in entry:
            kind, other = kind_of, Quantity.parse(entry[key])
    ((rule, bound),) = entry["rule"].items()
    return Part(
        name=name,
        says=MultilingualText(entry["says"]),
        kind=kind,
        of=Quantity.parse(entry["of"]),
        other=other,
        rule=(rule, float(bound)),
        figure=entry.get("figure", claim["figure"]),
        smallest=float(entry.get("smallest", 0)),
        varies=tuple(entry.get("varies", claim.get("varies", ()))),
    )
