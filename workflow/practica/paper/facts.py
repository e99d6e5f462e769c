"""Look up the facts that prose and tables state: results, settings, parameters and the source's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from practica.address import METRIC, SETTING, TIMING, Quantity, check_one_protocol, parts, sides
from practica.config.study import Study
from practica.errors import InputError, hint
from practica.evidence import numbers
from practica.evidence.blocks import STAND_IN
from practica.evidence.claims import Claim, declared
from practica.evidence.costs import COLUMNS, COSTS, WHO
from practica.evidence.equal_terms import unlike
from practica.evidence.estimates import Estimate, estimate, possible, scale_of
from practica.evidence.measures import fold_sd
from practica.evidence.results import Missing, Value
from practica.evidence.source import source_number
from practica.evidence.tables import collected_tables
from practica.files import read_checked
from practica.paper import settings
from practica.paper.names import runs
from practica.paper.terms import terms
from practica.words import items, word


@dataclass(frozen=True)
class Fact:
    """A number, its text in the report's language, and the number of decimals in it."""

    value: float
    text: str
    decimals: int

    def compare(self, other: Fact) -> int:
        """Return 1, -1 or 0 if this number is larger, smaller, or prints the same."""
        decimals = min(self.decimals, other.decimals)
        mine, its = round(self.value, decimals), round(other.value, decimals)
        return (mine > its) - (mine < its)


class Facts:
    """All facts that a report in one language may state about a study's results."""

    def __init__(self, study: Study, folder: Path, language: str) -> None:
        """Remember where the results of ``study`` are; every file is read when it is first needed."""
        self.study = study
        self.folder = folder
        self.language = language
        self.results = collected_tables(study, folder)

    @cached_property
    def models(self) -> Mapping[str, Any] | None:
        """Return ``models.json``, or None if it does not exist."""
        return self._optional("models.json")

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Return ``costs.csv``, the costs of all attempts; without rows if it does not exist."""
        file = self.folder / COSTS
        if not file.is_file():
            return pd.DataFrame(columns=COLUMNS)
        try:
            types = dict.fromkeys(COLUMNS, "float64") | dict.fromkeys(WHO, "str")
            return pd.read_csv(file, usecols=COLUMNS, dtype=types).fillna({"trial": "", "attempts": 0, "failed": 0})
        except (ValueError, OSError) as error:
            raise InputError(f"{file} is malformed; delete it and run snakemake again") from error

    @cached_property
    def declared(self) -> Mapping[str, Claim]:
        """Return the claims that the study declares, by id, judged or not."""
        return declared(self.study).claims

    @cached_property
    def claims(self) -> Mapping[str, Any] | None:
        """Return ``claims.json``, the verdicts, or None if it does not exist."""
        return self._optional("claims.json")

    def look_up(self, reference: str) -> Fact | Missing:
        """Return the fact that ``reference`` names.

        It is ``exercise/variant/split/metric`` or, with a prefix, ``fuente:`` (the same in the source) or
        ``parametros:`` (``exercise/variant``); or one such minus another. A difference of two results is taken seed by
        seed, as claims do, and its spread is that of the paired differences.

        Raises:
            InputError: the name is unknown, as opposed to a run that failed.
        """
        check_one_protocol(reference)
        first, *others = sides(reference)
        fact = self._one(*first)
        if not others:
            return fact
        if len(others) > 1:
            raise InputError(f"{reference!r} subtracts more than one number")
        other = self._one(*others[0])
        if isinstance(fact, Missing) or isinstance(other, Missing):
            return fact if isinstance(fact, Missing) else other
        difference = fact.value - other.value
        if first[0] == "parametros":
            return Fact(difference, self._count(int(difference)), 0)
        metric = Quantity.parse(first[1]).metric
        pairs = self._paired(first, others[0])
        return self._judged(pairs, metric) if pairs else self._measure(difference, metric)

    def terms(self, differs: str) -> str:
        """Return in words what two sides differ in."""
        return terms(differs, self.language)

    def unlike(self, *references: str) -> str:
        """Return the unequal terms on which the variants of the named results were trained, or an empty text.

        If a claim compares two of these variants, only what it declares may differ. Otherwise settings may, but not
        epochs, precision, data and samples.
        """
        results = [Quantity.parse(text) for each in references for prefix, text in sides(each) if not prefix]
        variants = list(dict.fromkeys((each.exercise, each.variant) for each in results))
        differences = (unlike(self.results, variants[0], other, self.declared) for other in variants[1:])
        return self.terms(next(filter(None, differences), ""))

    def value(self, exercise: str, variant: str, split: str, metric: str) -> Value | Missing:
        """Return a metric over the seeds, or why there is none, in the report's language."""
        result = self.results.value(exercise, variant, split, metric)
        return Missing(self.reason(result), result.status) if isinstance(result, Missing) else result

    def reason(self, missing: Missing) -> str:
        """Return a reason in the report's language, if it is one of the program's own."""
        if missing.status == "unrecorded":
            return word("not_recorded", self.language)
        return word(missing.reason, self.language)

    def setting(self, reference: str) -> str | Missing:
        """Return the resolved setting ``exercise/variant/name`` as text, or why there is none.

        Raises:
            InputError: the exercise, the variant or the setting is unknown.
        """
        exercise, variant, name = parts(reference, SETTING)
        if absent := self.absent(exercise, variant):
            return absent
        values = self.study.settings(exercise, variant)
        if name not in values:
            raise InputError(f"{exercise}/{variant} has no setting {name!r}{hint(name, values)}")
        return settings.setting(values[name], self.language)

    def absent(self, exercise: str, variant: str) -> Missing | None:
        """Return why a variant can have no results: the study does not run it; None if it does.

        Raises:
            InputError: no such variant is known.
        """
        if runs(self.study, exercise, variant):
            return None
        return Missing(f"{exercise}/{variant}: {word('left_out', self.language)}")

    def training(self, reference: str) -> str | Missing:
        """Return in words how ``exercise/variant`` is trained: the usual settings, as far as it has them."""
        exercise, variant = parts(reference)
        if absent := self.absent(exercise, variant):
            return absent
        return settings.training(settings.sure(self.study, exercise, variant), self.language)

    def parameters(self, exercise: str, variant: str) -> Mapping[str, Any] | Missing:
        """Return the entry of ``models.json`` for a variant, or why there is none."""
        if self.models is None:
            return Missing(word("no_models", self.language))
        entry: Mapping[str, Any] | None = self.models.get(f"{exercise}/{variant}")
        return Missing(word("no_layers", self.language)) if entry is None else entry

    def seeds(self) -> str:
        """Return how many seeds of the variants are done or, if none is yet, how many the study has."""
        runs = self.study.in_play
        counts = [self.results.finished(*run) for run in runs]
        return settings.seeds(
            list(filter(None, counts)) or [self.results.expected(*run) for run in runs], self.language
        )

    def size(self) -> str:
        """Return with how many seeds, on how many samples and for how many epochs the study trains."""
        pairs = [(exercise, variant) for exercise in self.study.exercises for variant in self.study.variants(exercise)]
        settings_ = [self.study.settings(*pair) for pair in pairs]
        amounts = [self.seeds()]
        for name in ("train_samples", "epochs"):
            if values := [each[name] for each in settings_ if each.get(name)]:
                ends = dict.fromkeys((min(values), max(values)))
                amount = "–".join(numbers.count(value, self.language) for value in ends)
                amounts.append(settings.phrase(name, amount, self.language))
        return items(amounts, self.language)

    def warnings(self) -> dict[str, str]:
        """Return the warnings before any number: that the study is a demonstration, and which data are stand-ins."""
        texts = {}
        if self.study.demonstration:
            texts["demonstration"] = word("front_demonstration", self.language).format(size=self.size())
        if data := self.stand_in():
            texts["stand_in"] = word("front_stand_in", self.language).format(data=", ".join(data))
        return texts

    def stand_in(self, exercise: str | None = None, variants: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return the data sets that were replaced by generated data in the finished runs of all or some variants."""
        runs = self.results.runs
        runs = runs[runs["data"] == STAND_IN]
        if exercise is not None:
            runs = runs[runs["exercise"] == exercise]
        if variants is not None:
            runs = runs[runs["variant"].isin(list(variants))]
        pairs = zip(runs["exercise"], runs["variant"], strict=True)
        return tuple(dict.fromkeys(self.study.dataset(*pair) for pair in pairs))

    def fold_spread(self, exercise: str, variant: str) -> Estimate | None:
        """Return the sd of the validation accuracy over the folds of a seed, as an estimate over the seeds."""
        spread, how = fold_sd(self.results, exercise, variant).dropna(), {"sequential": self.study.sequential}
        return None if spread.empty else estimate(spread.to_numpy(), scale_of("fold_sd"), possible("fold_sd"), **how)

    def _one(self, prefix: str, name: str) -> Fact | Missing:
        if not prefix:
            return self._result(name)
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
        result = self.results.value(exercise, variant, split, metric)
        if isinstance(result, Missing):
            if result.status == "unrecorded" and split == TIMING:  # its twin, beside which it is timed, may not run
                return Missing(word("not_recorded", self.language))
            if result.status == "unrecorded":
                self._check_recorded(exercise, variant, split, metric)
                return Missing(word("diverged", self.language))
            return Missing(self.reason(result), result.status)
        return self._judged(result, metric)

    def _paired(self, *both: tuple[str, str]) -> Estimate | None:
        """Return the estimate of two results' difference, over their common seeds; None if not both are results."""
        if any(prefix for prefix, _ in both):
            return None
        minuend, subtrahend = (self.results.per_seed(*parts(name, METRIC)) for _, name in both)
        pairs = (minuend - subtrahend).dropna()
        return estimate(pairs.to_numpy(), sequential=self.study.sequential) if len(pairs) > 1 else None

    def _check_recorded(self, exercise: str, variant: str, split: str, metric: str) -> None:
        """Raise ``InputError`` if no run recorded the metric, as opposed to a value that diverged in every run."""
        rows = self.results.metrics
        rows = rows[(rows["exercise"] == exercise) & (rows["variant"] == variant)]
        names = dict.fromkeys(f"{s}/{m}" for s, m in zip(rows["split"], rows["metric"], strict=True))
        if f"{split}/{metric}" not in names:
            raise InputError(f"{exercise}/{variant} recorded no {split}/{metric}{hint(f'{split}/{metric}', names)}")

    def _source(self, name: str) -> Fact:
        text = source_number(self.study, name)
        digits = len(text.partition(".")[2])
        own = numbers.decimal(float(text), digits, self.language) if digits else self._count(int(text))
        return Fact(float(text), own, digits)

    def _parameters(self, name: str) -> Fact | Missing:
        exercise, variant = parts(name)
        entry = self.absent(exercise, variant) or self.parameters(exercise, variant)
        return entry if isinstance(entry, Missing) else Fact(float(entry["total"]), self._count(entry["total"]), 0)

    def _measure(self, value: float, metric: str) -> Fact:
        return Fact(value, numbers.measure(value, None, metric, self.language), numbers.decimals(value, metric))

    def _judged(self, estimate: Estimate, metric: str) -> Fact:
        text = numbers.estimate(estimate, metric, self.language)
        return Fact(estimate.typical, text, numbers.decimals(estimate.typical, metric, estimate.sd))

    def _count(self, value: int) -> str:
        return numbers.count(value, self.language)

    def _optional(self, name: str) -> Mapping[str, Any] | None:
        path = self.folder / name
        return read_checked(path) if path.is_file() else None
