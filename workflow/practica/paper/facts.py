"""Look up what prose and tables state: results, settings, parameters and the source's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from practica.address import METRIC, check_one_protocol, parts
from practica.config.study import Study
from practica.errors import InputError, hint
from practica.evidence import numbers
from practica.evidence.blocks import STAND_IN
from practica.evidence.claims import Claim, declared
from practica.evidence.costs import COLUMNS, COSTS, WHO
from practica.evidence.equal import unlike
from practica.evidence.estimates import Estimate, estimate, possible, scale_of
from practica.evidence.measures import fold_sd
from practica.evidence.results import Missing, Results, Value
from practica.evidence.source import printed
from practica.files import read_checked
from practica.paper import settings
from practica.paper.known import runs
from practica.words import decimal_mark, items, word


@dataclass(frozen=True)
class Fact:
    """A number, how it prints in the report's language, and with how many decimals."""

    value: float
    text: str
    decimals: int

    def compare(self, other: Fact) -> int:
        """Return 1, -1 or 0 where this is larger, smaller, or prints alike."""
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
    def costs(self) -> pd.DataFrame:
        """Return ``costs.csv``, what all attempts have cost; without rows where it is not there."""
        file = self.folder / COSTS
        if not file.is_file():
            return pd.DataFrame(columns=COLUMNS)
        try:
            types = dict.fromkeys(COLUMNS, "float64") | dict.fromkeys(WHO, "str")
            return pd.read_csv(file, usecols=COLUMNS, dtype=types).fillna({"trial": "", "attempts": 0, "failed": 0})
        except (ValueError, OSError) as error:
            raise InputError(f"{file} is malformed; delete it and collect again") from error

    @cached_property
    def declared(self) -> Mapping[str, Claim]:
        """Return the claims that the study declares, by id, judged or not."""
        return declared(self.study).claims

    @cached_property
    def claims(self) -> Mapping[str, Any] | None:
        """Return ``claims.json``, the verdicts, or None where it is not there."""
        return self._optional("claims.json")

    def look_up(self, reference: str) -> Fact | Missing:
        """Return what ``reference`` names.

        It is ``exercise/variant/split/metric`` or, with a prefix, ``fuente:`` (the same in the source), ``parametros:``
        (``exercise/variant``); or one such minus another. A difference of two results is taken seed by seed, as claims
        do, and has the spread of that.

        Raises:
            InputError: the name is unknown, as opposed to a run that failed.
        """
        check_one_protocol(reference)
        first, minus, second = reference.partition(" - ")
        found = self._one(first.strip())
        if not minus:
            return found
        other = self._one(second.strip())
        if isinstance(found, Missing) or isinstance(other, Missing):
            return found if isinstance(found, Missing) else other
        metric = first.strip().rpartition("/")[2]
        paired = self._paired(first.strip(), second.strip())
        return self._judged(paired, metric) if paired else self._measure(found.value - other.value, metric)

    def terms(self, differs: str) -> str:
        """Return what differs between two sides with the language's decimal mark."""
        return differs.replace(".", decimal_mark(self.language))

    def unlike(self, *references: str) -> str:
        """Return on which unequal terms the variants were trained whose results are named, or nothing.

        Without a claim that declares what varies, settings may differ, but not epochs, precision, data and samples.
        """
        names = [part.strip().split("/") for each in references for part in each.split(" - ") if ":" not in part]
        variants = list(dict.fromkeys((name[0], name[1]) for name in names if len(name) == 4))
        told = (unlike(self.results, variants[0], other) for other in variants[1:])
        return self.terms(next(filter(None, told), ""))

    def value(self, exercise: str, variant: str, split: str, metric: str) -> Value | Missing:
        """Return a metric over the seeds, or why there is none, in the report's language."""
        found = self.results.value(exercise, variant, split, metric)
        return Missing(self.reason(found), found.status) if isinstance(found, Missing) else found

    def reason(self, missing: Missing) -> str:
        """Return a reason in the report's language, as far as the program itself gave it."""
        if missing.status == "unrecorded":
            return word("not_recorded", self.language)
        return word(missing.reason, self.language)

    def setting(self, reference: str) -> str | Missing:
        """Return the resolved setting ``exercise/variant/name`` as text, or why there is none.

        Raises:
            InputError: the exercise, the variant or the setting is unknown.
        """
        exercise, variant, name = parts(reference, "exercise/variant/setting")
        if absent := self.absent(exercise, variant):
            return absent
        known = self.study.settings(exercise, variant)
        if name not in known:
            raise InputError(f"{exercise}/{variant} has no setting {name!r}{hint(name, known)}")
        return settings.setting(known[name], self.language)

    def absent(self, exercise: str, variant: str) -> Missing | None:
        """Return why there can be nothing of a variant: the study does not run it; None where it does.

        Raises:
            InputError: nothing knows such a variant.
        """
        if runs(self.study, exercise, variant):
            return None
        return Missing(f"{exercise}/{variant}: {word('left_out', self.language)}")

    def training(self, reference: str) -> str | Missing:
        """Return a list in words of how ``exercise/variant`` is trained: those of the usual settings that it has."""
        exercise, variant = parts(reference)
        if absent := self.absent(exercise, variant):
            return absent
        return settings.training(settings.sure(self.study, exercise, variant), self.language)

    def parameters(self, exercise: str, variant: str) -> Mapping[str, Any] | Missing:
        """Return the entry of ``models.json`` for a variant, or why there is none."""
        if self.models is None:
            return Missing(word("no_models", self.language))
        found: Mapping[str, Any] | None = self.models.get(f"{exercise}/{variant}")
        return Missing(word("no_layers", self.language)) if found is None else found

    def seeds(self) -> str:
        """Say how many seeds of the variants are done; before any is, how many are asked for."""
        study = self.study
        runs = [(exercise, variant) for exercise in study.exercises for variant in study.every_variant(exercise)]
        done = [self.results.finished(*run) for run in runs]
        return settings.seeds(list(filter(None, done)) or [self.results.expected(*run) for run in runs], self.language)

    def size(self) -> str:
        """Say with how many seeds, on how many samples and for how many epochs the study trains."""
        pairs = [(exercise, variant) for exercise in self.study.exercises for variant in self.study.variants(exercise)]
        chosen = [self.study.settings(*pair) for pair in pairs]
        told = [self.seeds()]
        for name in ("train_samples", "epochs"):
            if values := [each[name] for each in chosen if each.get(name)]:
                ends = dict.fromkeys((min(values), max(values)))
                amount = "–".join(numbers.count(value, self.language) for value in ends)
                told.append(settings.said(name, amount, self.language))
        return items(told, self.language)

    def warnings(self) -> dict[str, str]:
        """Return what to know before any number: that the study is a demonstration, which data are stand-ins."""
        found = {}
        if self.study.demonstration:
            found["demonstration"] = word("front_demonstration", self.language).format(size=self.size())
        if data := self.stand_in():
            found["stand_in"] = word("front_stand_in", self.language).format(data=", ".join(data))
        return found

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
        spread, how = fold_sd(self.results, exercise, variant).dropna(), {"sequential": self.study.sequential}
        return None if spread.empty else estimate(spread.to_numpy(), scale_of("fold_sd"), possible("fold_sd"), **how)

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

    def _one(self, reference: str) -> Fact | Missing:
        prefix, colon, name = reference.partition(":")
        if not colon:
            return self._result(reference)
        kinds = {"fuente": self._source, "parametros": self._parameters}
        if prefix not in kinds:
            raise InputError(f"unknown prefix {prefix + ':'!r}{hint(prefix, kinds)}")
        return kinds[prefix](name)

    def _result(self, reference: str) -> Fact | Missing:
        exercise, variant, split, metric = parts(reference, METRIC)
        if absent := self.absent(exercise, variant):
            return absent
        if exercise not in self.study.exercises:
            return Missing(f"{exercise}: {word('outside', self.language)}")
        found = self.results.value(exercise, variant, split, metric)
        if isinstance(found, Missing):
            if found.status == "unrecorded":
                self._check_recorded(exercise, variant, split, metric)
                return Missing(word("diverged", self.language))
            return Missing(self.reason(found), found.status)
        return self._judged(found, metric)

    def _paired(self, first: str, second: str) -> Estimate | None:
        """Return what the seeds that both have say of two results' difference; None where they are not two."""
        if ":" in first + second:
            return None
        mine, its = (self.results.per_seed(*parts(each, METRIC)) for each in (first, second))
        pairs = (mine - its).dropna()
        return estimate(pairs.to_numpy(), sequential=self.study.sequential) if len(pairs) > 1 else None

    def _check_recorded(self, exercise: str, variant: str, split: str, metric: str) -> None:
        """Tell a name that no run ever wrote from a value that diverged in every run."""
        rows = self.results.metrics
        rows = rows[(rows["exercise"] == exercise) & (rows["variant"] == variant)]
        known = dict.fromkeys(f"{s}/{m}" for s, m in zip(rows["split"], rows["metric"], strict=True))
        if f"{split}/{metric}" not in known:
            raise InputError(f"{exercise}/{variant} recorded no {split}/{metric}{hint(f'{split}/{metric}', known)}")

    def _source(self, name: str) -> Fact:
        text = printed(self.study, name)
        digits = len(text.partition(".")[2])
        own = numbers.decimal(float(text), digits, self.language) if digits else self._count(int(text))
        return Fact(float(text), own, digits)

    def _parameters(self, name: str) -> Fact | Missing:
        exercise, variant = parts(name)
        found = self.absent(exercise, variant) or self.parameters(exercise, variant)
        return found if isinstance(found, Missing) else Fact(float(found["total"]), self._count(found["total"]), 0)

    def _measure(self, value: float, metric: str) -> Fact:
        return Fact(value, numbers.measure(value, None, metric, self.language), numbers.decimals(value, metric))

    def _judged(self, found: Estimate, metric: str) -> Fact:
        text = numbers.estimate(found, metric, self.language)
        return Fact(found.centre, text, numbers.decimals(found.centre, metric))

    def _count(self, value: int) -> str:
        return numbers.count(value, self.language)

    def _optional(self, name: str) -> Mapping[str, Any] | None:
        path = self.folder / name
        return read_checked(path) if path.is_file() else None
