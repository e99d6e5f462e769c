"""What claims measure: one number for every seed of a variant, taken from the collected tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from practica.address import Quantity
from practica.errors import InputError
from practica.evidence.results import Results
from practica.evidence.rules import NOISE
from practica.evidence.summary import over_folds

CHANCE = 0.5
"""The accuracy of guessing between two balanced classes, from which ``idle_epochs`` and ``rise_share`` count."""
RISEN = 0.02
"""Validation accuracy above chance by less than this at the end is no rise."""
REACHED = 0.95


def by_seed(results: Results, exercise: str, variant: str, measure: str) -> pd.Series:
    """Return the measure by seed; a seed that did not record it, or diverged, is left out.

    ``measure`` is ``split/metric``, the value at the last epoch, or one of ``MEASURES``. With folds it is taken in
    each and averaged over them, save for ``fold_sd``.

    Raises:
        InputError: there is no such measure.
    """
    named = Quantity(exercise, variant, measure)
    if named.split:
        values = results.per_seed(exercise, variant, named.split, named.metric)
    elif measure in MEASURES:
        values = MEASURES[measure](results, exercise, variant)
    else:
        raise InputError(f"no measure {measure!r}: add it to MEASURES in workflow/practica/evidence/measures.py")
    return values[np.isfinite(values)].sort_index()


def gap(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return training minus validation accuracy at the last epoch."""
    train, validation = (results.per_seed(exercise, variant, split, "accuracy") for split in ("train", "validation"))
    return (train - validation).dropna()


def fold_sd(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the standard deviation of the validation accuracy over the folds of a seed, at the last epoch."""
    return over_folds(results.per_run(exercise, variant, "validation", "accuracy"), ["seed"], "std")


def epochs_to_95(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the first epoch whose validation accuracy is at least 95 % of that of the last epoch."""
    return _over_epochs(results, exercise, variant, "accuracy", lambda curve: curve.reaches(REACHED * curve.final))


def idle_epochs(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the epochs before the validation accuracy has come a tenth of the way from chance to its last value."""
    return _over_epochs(
        results,
        exercise,
        variant,
        "accuracy",
        lambda curve: curve.before(curve.part(0.1)) if curve.rises else curve.last,
    )


def rise_share(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the share of the epochs that the rise from a tenth to nine tenths of that way takes; 1 without a rise."""
    return _over_epochs(
        results,
        exercise,
        variant,
        "accuracy",
        lambda curve: (curve.part(0.9) - curve.part(0.1)) / curve.last if curve.rises else 1.0,
    )


def loss_left(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the validation loss of the last epoch over that of the first."""
    return _over_epochs(results, exercise, variant, "loss", lambda curve: curve.final / curve.values[0])


MEASURES: Mapping[str, Callable[[Results, str, str], pd.Series]] = {
    "gap": gap,
    "fold_sd": fold_sd,
    "epochs_to_95": epochs_to_95,
    "idle_epochs": idle_epochs,
    "rise_share": rise_share,
    "loss_left": loss_left,
}


@dataclass(frozen=True)
class _Curve:
    """The course of a validation metric in one run, ``(epochs,)`` each."""

    epochs: np.ndarray
    values: np.ndarray

    @property
    def final(self) -> float:
        return float(self.values[-1])

    @property
    def last(self) -> float:
        return float(self.epochs[-1])

    @property
    def rises(self) -> bool:
        return self.final >= CHANCE + RISEN

    def reaches(self, level: float) -> float:
        """Return the first epoch at which the values are at least ``level``, which the last one must be."""
        return float(self.epochs[self.values >= level - NOISE][0])

    def before(self, epoch: float) -> float:
        """Return the recorded epoch before ``epoch``; 0, the start, if there is none."""
        return float(max(self.epochs[self.epochs < epoch], default=0))

    def part(self, share: float) -> float:
        """Return the first epoch that has come this share of the way from chance to the last value."""
        return self.reaches(CHANCE + share * (self.final - CHANCE))


def _over_epochs(
    results: Results, exercise: str, variant: str, metric: str, reduce: Callable[[_Curve], float]
) -> pd.Series:
    """Reduce the validation curve of every run to a number, and average the folds of a seed; NaN where it diverged."""
    values: dict[Any, list[float]] = {}
    rows = results.by_epoch(exercise, variant, "validation", metric).sort_values("epoch")
    for (seed, _), run in rows.groupby(["seed", "fold"], sort=True):
        curve = _Curve(run["epoch"].to_numpy(), run["value"].to_numpy())
        whole = bool(np.isfinite(curve.values).all())
        values.setdefault(seed, []).append(reduce(curve) if whole else np.nan)
    return pd.Series({seed: float(np.mean(each)) for seed, each in values.items()}, dtype=float)
