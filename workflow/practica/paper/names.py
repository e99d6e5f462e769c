"""The names that the report may use: a known name that does not run today is a gap, an unknown name a mistake."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from practica import exercises
from practica.address import (
    METRIC,
    SETTING,
    SPLITS,
    TIMING,
    Quantity,
    bare,
    base_of,
    check_one_protocol,
    claim_and_part,
    parts,
    protocol_of,
    sides,
)
from practica.code.digest import reach
from practica.config import protocols
from practica.config.study import Study
from practica.errors import InputError, hint
from practica.evidence.claims import Claim, unchecked
from practica.evidence.source import numbers, source_number
from practica.figures import catalogue as figures
from practica.figures.specs import Spec
from practica.files import read_text
from practica.paper import catalogue as tables
from practica.paper.catalogue import exercise_tables, tables_for
from practica.paper.macros import FORMS, Macro, expand, macros
from practica.words import MODEL, section


def named_variants(study: Study, *, called: bool = True) -> frozenset[tuple[str, str]]:
    """Return the variants that the files about the exercises use or, if ``called``, just name, run or not."""
    quantities = [
        each for claim in unchecked(study).claims.values() for part in claim.parts for each in part.quantities
    ]
    quantities += map(Quantity.parse, numbers(study))
    entries = [
        (exercise, name) for exercise in study.every_exercise for name in study.about(exercise).get("variants", {})
    ]
    names = [
        (exercise, variant)
        for exercise in study.every_exercise
        for figure in study.about(exercise).get("figures", {}).values()
        for variant in figure["variants"]
    ]
    return frozenset([*((each.exercise, each.variant) for each in quantities), *(entries if called else ()), *names])


def runs(study: Study, exercise: str, variant: str) -> bool:
    """Return whether a variant is part of the study; if it is not, its name must be known.

    Raises:
        InputError: no such variant is known.
    """
    there = study.config["exercises"]
    if exercise in there and variant in study.every_variant(exercise):
        return True
    base, protocol = base_of(variant), protocol_of(variant)
    is_known = (exercise, base) in named_variants(study) or (protocol and runs(study, exercise, base))
    if not is_known or protocol not in ("", *protocols.declared(study.folder)):
        study.model(exercise, variant)  # raises an error that lists the known ones
    return False


def check_recorded(study: Study, exercise: str, metric: str) -> None:
    """Raise ``InputError`` if no run of an exercise can record a metric."""
    metric_names = [*section("metrics", MODEL), *study.about(exercise).get("metrics", {})]
    code = reach("practica.training.block", exercises.module_name(exercise))
    if metric not in metric_names and not code.says(metric):
        raise InputError(f"nothing records {metric!r}{hint(metric, metric_names)}")


def check_split(split: str) -> None:
    """Raise ``InputError`` if there is no split of this name."""
    if split not in (*SPLITS, TIMING):
        raise InputError(f"data have no part {split!r}{hint(split, (*SPLITS, TIMING))}")


def check_names(study: Study, path: Path, exercise: str | None) -> None:
    """Check the names in a prose file, before anything has run.

    Raises:
        InputError: one of them is unknown; the message begins with ``path:line``.
    """
    for mistake in mistakes(study, path, exercise):
        raise InputError(mistake)


def no_prose(file: Path, language: str) -> str:
    """Return the error message for a missing file of prose."""
    return f"the report needs {file}: write it, or leave {language} out of report.languages in config.yaml"


def mistakes(study: Study, path: Path, exercise: str | None) -> list[str]:
    """Return the mistakes in the names of a prose file, each with ``path:line``."""
    texts: list[str] = []
    try:
        expand(read_text(path), str(path), _Names(study, exercise).macros(), lambda error: texts.append(str(error)))
    except InputError as error:  # unbalanced braces: nothing after them can be read
        texts.append(str(error))
    return texts


REFERENCES = re.compile(r"\\(ref|cite[pt]?|(?:sub)*section\*?|paragraph)(?:\{((?:fig|tab|sec):[^}]*|[a-z0-9_, ]+)\})?")


def macro_uses(path: Path) -> Counter[tuple[str, ...]]:
    """Return how often a prose file uses each macro with its names, and each reference, citation and heading.

    Raises:
        InputError: braces do not match.
    """
    calls: Counter[tuple[str, ...]] = Counter()

    def noting(name: str) -> Callable[..., str]:
        def note(*arguments: str) -> str:
            calls[name, *arguments[: FORMS[name].names]] += 1
            return " ".join(arguments[FORMS[name].names :])

        return note

    text = expand(read_text(path), str(path), macros(noting))
    calls.update(REFERENCES.findall(text))
    return calls


class _Names:
    """Check the names that the macros of a section use."""

    def __init__(self, study: Study, exercise: str | None) -> None:
        self.study, self.exercise = study, exercise

    @cached_property
    def claims(self) -> Mapping[str, Claim]:
        """Return the claims of the study, by id."""
        return unchecked(self.study).claims

    def macros(self) -> Mapping[str, Macro]:
        """Return macros that check their names and expand to nothing."""
        checks: dict[str, Callable[[str], object]] = {
            **dict.fromkeys(("resultado", "sihay", "compara"), self._result),
            **dict.fromkeys(("parametros", "entrenamiento", "entrenaigual", "semillas"), self._variant),
            **dict.fromkeys(("veredicto", "segun", "evidencia"), self._claim),
            "fuente": self._printed,
            "ajuste": self._setting,
            "figura": self._figures,
            "tabla": self._table,
            "capas": self._variants,
        }
        return macros(lambda name: _checking(checks[name], FORMS[name].names))

    def _printed(self, text: str) -> None:
        source_number(self.study, text)

    def _variant(self, text: str) -> None:
        runs(self.study, *parts(text))

    def _variants(self, text: str) -> None:
        for name in text.split(","):
            self._variant(name)

    def _setting(self, text: str) -> None:
        exercise, variant, name = parts(text, SETTING)
        if runs(self.study, exercise, variant) and name not in (there := self.study.settings(exercise, variant)):
            raise InputError(f"{exercise}/{variant} has no setting {name!r}{hint(name, there)}")

    def _result(self, text: str) -> None:
        check_one_protocol(text)
        for prefix, name in sides(text):
            if not prefix:
                self._metric(name)
            elif prefix not in ("fuente", "parametros"):
                raise InputError(f"unknown prefix {prefix + ':'!r}{hint(prefix, ('fuente', 'parametros'))}")
            else:
                (self._printed if prefix == "fuente" else self._variant)(name)

    def _metric(self, text: str) -> None:
        quantity = Quantity.parse(text, METRIC)
        metric = bare(quantity.metric)
        if runs(self.study, quantity.exercise, quantity.variant):
            check_split(quantity.split)
            check_recorded(self.study, quantity.exercise, metric)

    def _figures(self, text: str) -> None:
        there = figure_specs(self.study, self.exercise) if self.exercise else {}
        for name in map(str.strip, text.split(",")):
            if name not in there:
                raise InputError(f"{self.exercise} has no figure {name!r}{hint(name, there)}")

    def _claim(self, reference: str) -> None:
        name, part = claim_and_part(reference)
        if name not in self.claims:
            raise InputError(f"no claim {name!r}{hint(name, self.claims)}")
        if part and part not in (there := [each.name for each in self.claims[name].parts]):
            raise InputError(f"claim {name} has no part {part!r}{hint(part, there)}")

    def _table(self, name: str) -> None:
        there = table_names(self.study, self.exercise)
        if name not in there:
            raise InputError(f"{self.exercise} has no table {name!r}{hint(name, there)}")


def figure_specs(study: Study, exercise: str) -> dict[str, Spec]:
    """Return the figures that a section can place, by name, including those of what does not run today."""
    run = study.variants(exercise) if exercise in study.config["exercises"] else ()
    declared_specs = figures.declared(study, exercise)
    # The curves of a variant are never drawn if a figure shows it alone, whatever else runs.
    alone = [*run, *(each.variants[0] for each in declared_specs if len(each.variants) == 1)]
    absent = sorted(name for owner, name in named_variants(study) if owner == exercise and name not in alone)
    curves = [figures.curves(study, exercise, name) for name in absent]
    specs = figures.of_exercise(study, exercise) if run else []
    return {spec.name: spec for spec in (*curves, *specs, *declared_specs)}


def table_names(study: Study, exercise: str | None) -> list[str]:
    """Return the names of the tables that a section can place, including those without a row today."""
    if exercise is None:
        there = tables_for(study)
    else:
        tables_in_play = exercise_tables(study, exercise) if exercise in study.config["exercises"] else ()
        there = (*tables_in_play, *tables.declared(study, exercise))
    return list(dict.fromkeys(spec.name for spec in there))


def _checking(check: Callable[[str], object], count: int) -> Callable[..., str]:
    """Return a macro that checks its first arguments and expands to nothing."""

    def checked(*arguments: str) -> str:
        for name in arguments[:count]:
            check(name)
        return ""

    return checked
