"""Look up what prose and tables state: results, settings, parameters, timings and the source's numbers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from practica.config import Study
from practica.errors import InputError
from practica.evidence.blocks import STAND_IN
from practica.evidence.measures import by_seed
from practica.evidence.results import Missing, Results, Value
from practica.evidence.source import printed
from practica.evidence.summary import Estimate, estimate
from practica.files import read_checked
from practica.paper import numbers, settings
from practica.paper.words import explain, word

TIMES = {
    "keras": ("keras_seconds_per_epoch", 1000),
    "numpy": ("numpy_seconds_per_epoch", 1000),
    "speedup": ("speedup", 1),
}
"""The timings of a net: their key in the record, and what turns them into the report's unit, ms per epoch."""


@dataclass(frozen=True)
class Fact:
    """A number, how it prints in the report's language, and with how many decimals.

    Attributes:
        span: the least and the greatest of the measurements of which ``value`` is the median.
    """

    value: float
    text: str
    decimals: int
    span: tuple[float, float] | None = None

    def compare(self, other: Fact) -> int:
        """Return 1, -1 or 0 where this is larger, smaller or the same: their spans overlap, or both print alike."""
        if self.span and other.span and self.span[0] <= other.span[1] and other.span[0] <= self.span[1]:
            return 0
        decimals = min(self.decimals, other.decimals)
        mine, its = round(self.value, decimals), round(other.value, decimals)
        return (mine > its) - (mine < its)


class Facts:
    """Everything that a report in one language may state about a study's results."""

    def __init__(self, study: Study, folder: Path, language: str) -> None:
        """Remember where the results of ``study`` lie; every file is read when first asked for."""
        self.study = study
        self.folder = folder
        self.language = language
        self.results = Results(study, folder)

    @cached_property
    def models(self) -> Mapping[str, Any] | None:
        """Return ``models.json``, or None where it is not there."""
        return self._optional("models.json")

    @cached_property
    def timing(self) -> Mapping[str, Any] | None:
        """Return the timings of ej02, or None where they are not there."""
        return self._optional("timing/ej02.json", "timing")

    @cached_property
    def claims(self) -> Mapping[str, Any] | None:
        """Return ``claims.json``, or None where it is not there."""
        return self._optional("claims.json")

    def look_up(self, reference: str) -> Fact | Missing:
        """Return what ``reference`` names.

        It is ``exercise/variant/split/metric`` or, with a prefix, ``fuente:`` (the same in the source), ``parametros:``
        (``exercise/variant``) or ``tiempo:`` (``net/quantity``); or one such minus another. A difference of two results
        is taken seed by seed, as claims do, and has the spread of that.

        Raises:
            InputError: the name is unknown, as opposed to a run that failed.
        """
        first, minus, second = reference.partition(" - ")
        found = self._one(first.strip())
        if not minus:
            return found
        other = self._one(second.strip())
        if isinstance(found, Missing) or isinstance(other, Missing):
            return found if isinstance(found, Missing) else other
        mean, sd = self._paired(first.strip(), second.strip()) or (found.value - other.value, None)
        return self._measure(mean, sd, first.strip().rpartition("/")[2])

    def value(self, exercise: str, variant: str, split: str, metric: str) -> Value | Missing:
        """Return a metric over the seeds, or why there is none, in the report's language."""
        found = self.results.value(exercise, variant, split, metric)
        return Missing(self.reason(found), found.status) if isinstance(found, Missing) else found

    def reason(self, missing: Missing) -> str:
        """Return a reason in the report's language, as far as the program itself gave it."""
        if missing.status == "unrecorded":
            return word("not_recorded", self.language)
        return explain(missing.reason, self.language)

    def setting(self, reference: str) -> str:
        """Return the resolved setting ``exercise/variant/name`` as text.

        Raises:
            InputError: the exercise, the variant or the setting is unknown.
        """
        exercise, variant, name = _parts(reference, "exercise/variant/setting")
        known = self._settings(exercise, variant)
        if name not in known:
            raise InputError(f"{exercise}/{variant} has no setting {name!r}{hint(name, known)}")
        return settings.setting(known[name], self.language)

    def check(self, exercise: str, variant: str) -> None:
        """Check a name against the configuration: what is not in play today is still a name.

        Raises:
            InputError: the exercise or the variant is unknown.
        """
        self.study.model(exercise, variant)

    def training(self, reference: str) -> str:
        """Return a list in words of how ``exercise/variant`` is trained: those of the usual settings that it has."""
        exercise, variant = _parts(reference, "exercise/variant")
        return settings.training(self._settings(exercise, variant), self.language)

    def parameters(self, exercise: str, variant: str) -> Mapping[str, Any] | Missing:
        """Return the entry of ``models.json`` for a variant, or why there is none."""
        if self.models is None:
            return Missing(word("no_models", self.language))
        found: Mapping[str, Any] | None = self.models.get(f"{exercise}/{variant}")
        return Missing(word("no_layers", self.language)) if found is None else found

    def stand_in(self, exercise: str | None = None, variants: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return the data sets that generated data replaced in the finished runs of all or some variants."""
        runs = self.results.runs
        runs = runs[runs["data"] == STAND_IN]
        if exercise is not None:
            runs = runs[runs["exercise"] == exercise]
        if variants is not None:
            runs = runs[runs["variant"].isin(list(variants))]
        pairs = zip(runs["exercise"], runs["variant"], strict=True)
        return tuple(dict.fromkeys(self.study.dataset(*pair) for pair in pairs))

    def fold_spread(self, exercise: str, variant: str) -> Estimate | None:
        """Return the sd of the validation accuracy over the folds of a seed, over the seeds."""
        spread = by_seed(self.results, exercise, variant, "fold_sd")
        return None if spread.empty else estimate(spread.to_numpy())

    def seconds_per_seed(self, exercise: str, variant: str) -> float:
        """Return the time [s] that fitting took per seed: a block's time is that of all its seeds."""
        runs = self.results.runs
        fitted = (
            runs[(runs["exercise"] == exercise) & (runs["variant"] == variant)]
            .set_index("block")["fit_seconds"]
            .dropna()
        )
        blocks = [each for each in self.study.blocks() if (each.exercise, each.variant) == (exercise, variant)]
        return float(fitted.sum()) / max(sum(len(each.seeds) for each in blocks if each.name in fitted.index), 1)

    def nets(self) -> Mapping[str, Any]:
        """Return the timed nets, or nothing where there are no timings."""
        return self.timing["nets"] if self.timing else {}

    def _settings(self, exercise: str, variant: str) -> dict[str, Any]:
        self.check(exercise, variant)
        return self.study.settings(exercise, variant)

    def _one(self, reference: str) -> Fact | Missing:
        prefix, colon, name = reference.partition(":")
        if not colon:
            return self._result(reference)
        kinds = {"fuente": self._source, "parametros": self._parameters, "tiempo": self._time}
        if prefix not in kinds:
            raise InputError(f"unknown prefix {prefix + ':'!r}{hint(prefix, kinds)}")
        return kinds[prefix](name)

    def _result(self, reference: str) -> Fact | Missing:
        exercise, variant, split, metric = _parts(reference, "exercise/variant/split/metric")
        self.check(exercise, variant)
        if exercise not in self.study.exercises:
            return Missing(f"{exercise}: {word('outside', self.language)}")
        found = self.results.value(exercise, variant, split, metric)
        if isinstance(found, Missing):
            if found.status == "unrecorded":
                self._check_recorded(exercise, variant, split, metric)
                return Missing(word("diverged", self.language))
            return Missing(self.reason(found), found.status)
        return self._measure(found.mean, found.sd, metric)

    def _paired(self, first: str, second: str) -> tuple[float, float] | None:
        """Return mean and sd of two results' difference over the seeds that both have; None where that are not two."""
        if ":" in first + second:
            return None
        mine, its = (self.results.per_seed(*each.split("/")) for each in (first, second))
        pairs = (mine - its).dropna()
        return (float(pairs.mean()), float(pairs.std())) if len(pairs) > 1 else None

    def _check_recorded(self, exercise: str, variant: str, split: str, metric: str) -> None:
        """Tell a name that no run ever wrote from a value that diverged in every run."""
        rows = self.results.metrics
        rows = rows[(rows["exercise"] == exercise) & (rows["variant"] == variant)]
        known = dict.fromkeys(f"{s}/{m}" for s, m in zip(rows["split"], rows["metric"], strict=True))
        if f"{split}/{metric}" not in known:
            raise InputError(f"{exercise}/{variant} recorded no {split}/{metric}{hint(f'{split}/{metric}', known)}")

    def _source(self, name: str) -> Fact:
        text = printed(name)
        digits = len(text.partition(".")[2])
        own = numbers.decimal(float(text), digits, self.language) if digits else self._count(int(text))
        return Fact(float(text), own, digits)

    def _parameters(self, name: str) -> Fact | Missing:
        exercise, variant = _parts(name, "exercise/variant")
        self.check(exercise, variant)
        found = self.parameters(exercise, variant)
        return found if isinstance(found, Missing) else Fact(float(found["total"]), self._count(found["total"]), 0)

    def _time(self, name: str) -> Fact | Missing:
        net, quantity = _parts(name, "net/quantity")
        if not self.nets():
            return Missing(word("no_timing", self.language))
        if net not in self.nets():
            raise InputError(f"no timings of {net!r}{hint(net, self.nets())}")
        if quantity not in TIMES:
            raise InputError(f"the timings have no {quantity!r}{hint(quantity, TIMES)}")
        key, unit = TIMES[quantity]
        if key not in self.nets()[net]:
            return Missing(word("no_timing", self.language))
        low, median, high = (float(self.nets()[net][key][name]) * unit for name in ("low", "median", "high"))
        return replace(self._measure(median, None, quantity), span=(low, high))

    def _measure(self, mean: float, sd: float | None, metric: str) -> Fact:
        return Fact(mean, numbers.measure(mean, sd, metric, self.language), numbers.decimals(mean, metric))

    def _count(self, value: int) -> str:
        return numbers.count(value, self.language)

    def _optional(self, name: str, schema: str = "") -> Mapping[str, Any] | None:
        path = self.folder / name
        return read_checked(path, schema) if path.is_file() else None


def hint(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown name: the closest known one, or all of them."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(names)}"


def _parts(reference: str, form: str) -> list[str]:
    parts = reference.split("/")
    if len(parts) != form.count("/") + 1:
        raise InputError(f"{reference!r} should read {form}")
    return parts
