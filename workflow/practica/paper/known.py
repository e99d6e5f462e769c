"""Which names the report may use: what is known and does not run today is a hole, and what nothing knows a mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from practica import exercises
from practica.address import METRIC, Quantity, parts
from practica.code import reach
from practica.config import Study
from practica.errors import InputError, hint
from practica.evidence.claims import declared
from practica.evidence.source import numbers, printed
from practica.figures import catalogue as figures
from practica.files import read_text
from practica.paper import catalogue as tables
from practica.paper.catalogue import exercise_tables, tables_for
from practica.paper.macros import Macro, expand
from practica.words import MODEL, section


def named_variants(study: Study) -> frozenset[tuple[str, str]]:
    """Return the variants that the files about the exercises speak of, whatever the study runs."""
    quantities = [each for claim in declared(study).claims.values() for part in claim.parts for each in part.quantities]
    quantities += map(Quantity.parse, numbers(study))
    called = [(exercise, name) for exercise in study.known for name in study.about(exercise).get("variants", {})]
    shown = [
        (exercise, variant)
        for exercise in study.known
        for each in figures.declared(study, exercise)
        for variant in each.variants
    ]
    return frozenset([*((each.exercise, each.variant) for each in quantities), *called, *shown])


def runs(study: Study, exercise: str, variant: str) -> bool:
    """Return whether a variant is part of the study; of one that is not, its name must be known.

    Raises:
        InputError: nothing knows such a variant.
    """
    there = study.config["exercises"]
    if exercise in there and variant in study.variants(exercise):
        return True
    if (exercise, variant) not in named_variants(study):
        study.model(exercise, variant)  # which says what is known
    return False


def check_names(study: Study, path: Path, exercise: str | None) -> None:
    """Check the names in a prose file, before anything has run.

    Raises:
        InputError: nothing knows one of them; the message begins with ``path:line``.
    """
    expand(read_text(path), str(path), _Names(study, exercise).macros())


class _Names:
    """Checks of what the macros of a section name."""

    def __init__(self, study: Study, exercise: str | None) -> None:
        self.study, self.exercise = study, exercise

    def macros(self) -> Mapping[str, Macro]:
        """Return macros that become nothing but check what they name."""
        checks: dict[str, tuple[int, tuple[Callable[[str], object], ...]]] = {
            "resultado": (1, (self._result,)),
            "fuente": (1, (self._printed,)),
            "parametros": (1, (self._variant,)),
            "ajuste": (1, (self._setting,)),
            "entrenamiento": (1, (self._variant,)),
            "entrenaigual": (4, (self._variant, self._variant)),
            "sihay": (3, (self._result,)),
            "semillas": (1, (self._variant,)),
            "compara": (5, (self._result, self._result)),
            "veredicto": (1, (self._claim,)),
            "segun": (4, (self._claim,)),
            "evidencia": (1, (self._claim,)),
            "figura": (2, (self._figures,)),
            "tabla": (1, (self._table,)),
            "capas": (1, (self._variants,)),
        }
        return {name: Macro(count, _checking(each)) for name, (count, each) in checks.items()}

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
        metric = named.metric.removeprefix("best_")
        if runs(self.study, named.exercise, named.variant) and metric not in self._recorded(named.exercise):
            code = reach("practica.training.block", exercises.module_name(named.exercise))
            if not code.says(metric):
                raise InputError(f"nothing records {named.metric!r}{hint(metric, self._recorded(named.exercise))}")

    def _recorded(self, exercise: str) -> list[str]:
        return [*section("metrics", MODEL), *self.study.about(exercise).get("metrics", {})]

    def _figures(self, text: str) -> None:
        specs = []
        if self.exercise:
            specs = [*figures.declared(self.study, self.exercise), *figures.of_exercise(self.study, self.exercise)]
        there = list(dict.fromkeys(spec.name for spec in specs))
        for name in map(str.strip, text.split(",")):
            if name not in there:
                raise InputError(f"{self.exercise} has no figure {name!r}{hint(name, there)}")

    def _claim(self, reference: str) -> None:
        name, _, part = reference.partition("/")
        claims = declared(self.study).claims
        if name not in claims:
            raise InputError(f"no claim {name!r}{hint(name, claims)}")
        if part and part not in (there := [each.name for each in claims[name].parts]):
            raise InputError(f"claim {name} has no part {part!r}{hint(part, there)}")

    def _table(self, name: str) -> None:
        there = table_names(self.study, self.exercise)
        if name not in there:
            raise InputError(f"{self.exercise} has no table {name!r}{hint(name, there)}")


def table_names(study: Study, exercise: str | None) -> list[str]:
    """Return the names of the tables that a section can place, those without a row today included."""
    there = exercise_tables(study, exercise) if exercise else tables_for(study)
    return list(
        dict.fromkeys(
            [*(s.name for s in there), *(s.name for s in (tables.declared(study, exercise) if exercise else ()))]
        )
    )


def _checking(checks: tuple[Callable[[str], object], ...]) -> Callable[..., str]:
    def check(*arguments: str) -> str:
        for function, argument in zip(checks, arguments, strict=False):
            function(argument)
        return ""

    return check
