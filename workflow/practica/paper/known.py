"""Which names the report may use: a known name that does not run today is a gap, an unknown name a mistake."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from practica import exercises
from practica.address import (
    METRIC,
    SPLITS,
    TIMING,
    Quantity,
    bare,
    base_of,
    check_one_protocol,
    parts,
    protocol_of,
)
from practica.code.digest import reach
from practica.config import protocols
from practica.config.study import Study
from practica.errors import InputError, hint
from practica.evidence.claims import Claim, unchecked
from practica.evidence.source import numbers, printed
from practica.figures import catalogue as figures
from practica.figures.specs import Spec
from practica.files import read_text
from practica.paper import catalogue as tables
from practica.paper.catalogue import exercise_tables, tables_for
from practica.paper.macros import FORMS, Macro, expand, macros
from practica.words import MODEL, section


def named_variants(study: Study, *, called: bool = True) -> frozenset[tuple[str, str]]:
    """Return the variants that the files about the exercises speak of, or just name, whatever the study runs."""
    quantities = [
        each for claim in unchecked(study).claims.values() for part in claim.parts for each in part.quantities
    ]
    quantities += map(Quantity.parse, numbers(study))
    given = [(exercise, name) for exercise in study.known for name in study.about(exercise).get("variants", {})]
    shown = [
        (exercise, variant)
        for exercise in study.known
        for figure in study.about(exercise).get("figures", {}).values()
        for variant in figure["variants"]
    ]
    return frozenset([*((each.exercise, each.variant) for each in quantities), *(given if called else ()), *shown])


def runs(study: Study, exercise: str, variant: str) -> bool:
    """Return whether a variant is part of the study; of one that is not, its name must be known.

    Raises:
        InputError: nothing knows such a variant.
    """
    there = study.config["exercises"]
    if exercise in there and variant in study.every_variant(exercise):
        return True
    base, protocol = base_of(variant), protocol_of(variant)
    named = (exercise, base) in named_variants(study) or (protocol and runs(study, exercise, base))
    if not named or protocol not in ("", *protocols.declared(study.folder)):
        study.model(exercise, variant)  # which says what is known
    return False


def check_recorded(study: Study, exercise: str, metric: str) -> None:
    """Raise ``InputError`` where no run of an exercise can record a metric."""
    called = [*section("metrics", MODEL), *study.about(exercise).get("metrics", {})]
    code = reach("practica.training.block", exercises.module_name(exercise))
    if metric not in called and not code.says(metric):
        raise InputError(f"nothing records {metric!r}{hint(metric, called)}")


def check_split(split: str) -> None:
    """Raise ``InputError`` where no data have a part of this name."""
    if split not in (*SPLITS, TIMING):
        raise InputError(f"data have no part {split!r}{hint(split, (*SPLITS, TIMING))}")


def check_names(study: Study, path: Path, exercise: str | None) -> None:
    """Check the names in a prose file, before anything has run.

    Raises:
        InputError: nothing knows one of them; the message begins with ``path:line``.
    """
    for mistake in mistakes(study, path, exercise):
        raise InputError(mistake)


def no_prose(file: Path, language: str) -> str:
    """Return the sentence about a file of prose that is not there."""
    return f"the report needs {file}: write it, or leave {language} out of report.languages in config.yaml"


def mistakes(study: Study, path: Path, exercise: str | None) -> list[str]:
    """Return what is wrong with the names in a prose file, each with ``path:line``."""
    found: list[str] = []
    try:
        expand(read_text(path), str(path), _Names(study, exercise).macros(), lambda error: found.append(str(error)))
    except InputError as error:  # braces that do not match, behind which nothing can be read
        found.append(str(error))
    return found


ASKED = re.compile(r"\\(ref|cite[pt]?|(?:sub)*section\*?|paragraph)(?:\{((?:fig|tab|sec):[^}]*|[a-z0-9_, ]+)\})?")


def asked(path: Path) -> Counter[tuple[str, ...]]:
    """Return what a prose file asks for, references, citations and headings too, and how often.

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
    calls.update(ASKED.findall(text))
    return calls


class _Names:
    """Checks of what the macros of a section name."""

    def __init__(self, study: Study, exercise: str | None) -> None:
        self.study, self.exercise = study, exercise

    @cached_property
    def claims(self) -> Mapping[str, Claim]:
        """Return the claims of the study, by id."""
        return unchecked(self.study).claims

    def macros(self) -> Mapping[str, Macro]:
        """Return macros that become nothing but check what they name."""
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
        printed(self.study, text)

    def _variant(self, text: str) -> None:
        runs(self.study, *parts(text))

    def _variants(self, text: str) -> None:
        for name in text.split(","):
            self._variant(name)

    def _setting(self, text: str) -> None:
        exercise, variant, name = parts(text, "exercise/variant/setting")
        if runs(self.study, exercise, variant) and name not in (there := self.study.settings(exercise, variant)):
            raise InputError(f"{exercise}/{variant} has no setting {name!r}{hint(name, there)}")

    def _result(self, text: str) -> None:
        check_one_protocol(text)
        for reference in text.split(" - "):
            prefix, colon, name = reference.strip().partition(":")
            if not colon:
                self._metric(prefix)
            elif prefix not in ("fuente", "parametros"):
                raise InputError(f"unknown prefix {prefix + ':'!r}{hint(prefix, ('fuente', 'parametros'))}")
            else:
                (self._printed if prefix == "fuente" else self._variant)(name)

    def _metric(self, text: str) -> None:
        named = Quantity.parse(text, METRIC)
        metric = bare(named.metric)
        if runs(self.study, named.exercise, named.variant):
            check_split(named.split)
            check_recorded(self.study, named.exercise, metric)

    def _figures(self, text: str) -> None:
        there = figure_specs(self.study, self.exercise) if self.exercise else {}
        for name in map(str.strip, text.split(",")):
            if name not in there:
                raise InputError(f"{self.exercise} has no figure {name!r}{hint(name, there)}")

    def _claim(self, reference: str) -> None:
        name, _, part = reference.partition("/")
        if name not in self.claims:
            raise InputError(f"no claim {name!r}{hint(name, self.claims)}")
        if part and part not in (there := [each.name for each in self.claims[name].parts]):
            raise InputError(f"claim {name} has no part {part!r}{hint(part, there)}")

    def _table(self, name: str) -> None:
        there = table_names(self.study, self.exercise)
        if name not in there:
            raise InputError(f"{self.exercise} has no table {name!r}{hint(name, there)}")


def figure_specs(study: Study, exercise: str) -> dict[str, Spec]:
    """Return the figures that a section can place, by name, those of what does not run today included."""
    run = study.variants(exercise) if exercise in study.config["exercises"] else ()
    declared = figures.declared(study, exercise)
    # Whatever else runs, the curves of a variant are never drawn where a figure shows it alone.
    alone = [*run, *(each.variants[0] for each in declared if len(each.variants) == 1)]
    absent = sorted(name for owner, name in named_variants(study) if owner == exercise and name not in alone)
    curves = [figures.curves(study, exercise, name) for name in absent]
    drawn = figures.of_exercise(study, exercise) if run else []
    return {spec.name: spec for spec in (*curves, *drawn, *declared)}


def table_names(study: Study, exercise: str | None) -> list[str]:
    """Return the names of the tables that a section can place, those without a row today included."""
    if exercise is None:
        there = tables_for(study)
    else:
        made = exercise_tables(study, exercise) if exercise in study.config["exercises"] else ()
        there = (*made, *tables.declared(study, exercise))
    return list(dict.fromkeys(spec.name for spec in there))


def _checking(check: Callable[[str], object], count: int) -> Callable[..., str]:
    """Return a macro that becomes nothing and checks its first arguments."""

    def checked(*arguments: str) -> str:
        for name in arguments[:count]:
            check(name)
        return ""

    return checked
