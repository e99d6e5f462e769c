"""The measures of claims: one number for every seed of a variant, computed from the collected tables."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from practica import exercises
from practica.address import RUNNING, Quantity
from practica.code.syntax import source_of
from practica.errors import InputError
from practica.evidence.claims import LEVELLED, OWN
from practica.evidence.estimates import NOISE
from practica.evidence.results import Results
from practica.evidence.summary import over_folds
from practica.study_folder import relative_path

CHANCE = 0.5
"""The accuracy of guessing between two balanced classes, from which a rise counts if its measure names no other."""
RISEN = 0.02
"""A validation accuracy that ends less than this above chance has not risen."""
LATE = 0.75
"""The share of the epochs after which ``late_gain`` begins."""
RUNNING_ACCURACY = f"{RUNNING}accuracy"
BOUNDS = ["least", "most"]
"""The range in which a value is known to lie; both ends equal the value if it is known exactly."""


def measure_values(results: Results, exercise: str, variant: str, measure: str) -> pd.DataFrame:
    """Return ``value``, ``least`` and ``most`` of a measure by seed.

    Seeds that did not record the measure, or that diverged, are left out. ``measure`` is ``split/metric``, the value at
    the last epoch; or one of ``MEASURES``; or one of ``TO_LEVEL``, with an accuracy in hundredths for ``NN``; or a
    function of the exercise's own module ``measures``. With folds, the measure is taken in each fold and averaged,
    except ``fold_sd``.

    Raises:
        InputError: there is no such measure.
    """
    quantity = Quantity(exercise, variant, measure)
    match = LEVELLED.fullmatch(measure)
    values: pd.Series | pd.DataFrame
    if quantity.split:
        values = results.per_seed(exercise, variant, quantity.split, quantity.metric)
    elif match and f"{match[1]}_NN" in TO_LEVEL:
        values = TO_LEVEL[f"{match[1]}_NN"](results, exercise, variant, int(match[2]) / 100)
    elif measure in MEASURES:
        values = MEASURES[measure](results, exercise, variant)
    elif measure in own(exercise):
        there = (exercise, variant) in results.study.in_play
        # A study's own function may ask for settings, which a variant that the study leaves out does not have.
        own_measure = getattr(exercises.load(exercise, OWN), measure)
        values = own_measure(results, exercise, variant) if there else pd.Series(dtype=float)
    else:
        raise InputError(f"no measure {measure!r}: write a function of this name in {relative_path(exercise, OWN)}.py")
    table = values if isinstance(values, pd.DataFrame) else pd.DataFrame(dict.fromkeys(["value", *BOUNDS], values))
    return table[np.isfinite(table["value"].astype(float))].sort_index()


def from_runs(quantity: Quantity) -> bool:
    """Return whether a quantity comes from the runs, as opposed to a measure of the exercise's own.

    If its seeds agree, that may be chance; a measure of an exercise's own then counts as one that no seed changes.
    """
    match = LEVELLED.fullmatch(quantity.measure)
    return bool(quantity.split or quantity.measure in MEASURES or (match and f"{match[1]}_NN" in TO_LEVEL))


def own(exercise: str) -> tuple[str, ...]:
    """Return the measures that an exercise defines itself: the functions of its ``measures.py``."""
    if not exercises.has(exercise, OWN):
        return ()
    definitions = source_of(exercises.module_name(exercise, OWN)).definitions
    return tuple(
        name for name, (*_, last) in definitions.items() if isinstance(last, ast.FunctionDef) and name[0] != "_"
    )


def by_seed(results: Results, exercise: str, variant: str, measure: str) -> pd.Series:
    """Return the values of a measure by seed; see ``measured``."""
    return measure_values(results, exercise, variant, measure)["value"]


def gap(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return running training minus validation accuracy at the last epoch: how far apart the two curves end."""
    return _gap(results, exercise, variant, RUNNING_ACCURACY)


def evaluated_gap(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the same gap, with the training accuracy evaluated after the last epoch, without Dropout."""
    return _gap(results, exercise, variant, "accuracy")


def _gap(results: Results, exercise: str, variant: str, metric: str) -> pd.Series:
    train = results.per_seed(exercise, variant, "train", metric)
    return (train - results.per_seed(exercise, variant, "validation", "accuracy")).dropna()


def fold_sd(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the standard deviation of the validation accuracy over the folds of a seed, at the last epoch."""
    return over_folds(results.per_run(exercise, variant, "validation", "accuracy"), ["seed"], "std")


def solved(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return 1 if all training samples are classified correctly at the last epoch, else 0."""
    accuracy = results.per_seed(exercise, variant, "train", "accuracy")
    return (accuracy >= 1 - NOISE).astype(float).where(np.isfinite(accuracy))


def epochs_to(results: Results, exercise: str, variant: str, level: float) -> pd.DataFrame:
    """Return the first recorded epoch at which the validation accuracy is at least ``level``.

    The level was reached after the record before that. A net that never reaches it counts with its last epoch, the
    least that the number can be.
    """
    crossings = {
        name: _over_epochs(results, exercise, variant, "accuracy", partial(_Curve.crossing, level=level, end=name))
        for name in ("value", *BOUNDS)
    }
    return pd.DataFrame(crossings)


def seconds_to(results: Results, exercise: str, variant: str, level: float) -> pd.DataFrame:
    """Return the seconds of training until the same epoch, at the average speed of a job, by the job's first seed.

    The seeds of a job share its time: their mean is one measurement.
    """
    epochs, speed = epochs_to(results, exercise, variant, level), results.seconds_per_epoch(exercise, variant)
    return epochs.mul(speed, axis=0).dropna().groupby(results.jobs(exercise, variant).__getitem__).mean()


def auc(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the area under the curve of the validation accuracy, divided by the number of epochs."""
    return _over_epochs(results, exercise, variant, "accuracy", lambda curve: curve.area)


def train_auc(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the same area for the running training accuracy, whose curve is drawn."""
    return _over_epochs(results, exercise, variant, RUNNING_ACCURACY, lambda curve: curve.area, split="train")


def late_gain(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return how much the validation accuracy rises over the last quarter of the epochs."""
    return _over_epochs(results, exercise, variant, "accuracy", lambda curve: curve.final - curve.at(LATE))


def idle_epochs(results: Results, exercise: str, variant: str, chance: float = CHANCE) -> pd.Series:
    """Return the epochs before the validation accuracy has risen a tenth of the way from chance to its last value.

    A net that ends at chance has learnt something if it ever left chance behind.
    """
    return _over_epochs(results, exercise, variant, "accuracy", lambda curve: curve.idle(chance))


def rise_share(results: Results, exercise: str, variant: str, chance: float = CHANCE) -> pd.Series:
    """Return the share of the epochs that the rise from a tenth to nine tenths of that way takes; 1 without a rise."""
    return _over_epochs(
        results,
        exercise,
        variant,
        "accuracy",
        lambda curve: (curve.part(0.9, chance) - curve.part(0.1, chance)) / curve.last if curve.rises(chance) else 1.0,
    )


def loss_left(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the validation loss of the last epoch divided by that of the first."""
    return _over_epochs(results, exercise, variant, "loss", lambda curve: curve.final / curve.values[0])


MEASURES: Mapping[str, Callable[[Results, str, str], pd.Series]] = {
    "gap": gap,
    "evaluated_gap": evaluated_gap,
    "fold_sd": fold_sd,
    "solved": solved,
    "auc": auc,
    "train_auc": train_auc,
    "late_gain": late_gain,
    "idle_epochs": idle_epochs,
    "rise_share": rise_share,
    "loss_left": loss_left,
}
TO_LEVEL: Mapping[str, Callable[[Results, str, str, float], pd.Series | pd.DataFrame]] = {
    "epochs_to_NN": epochs_to,
    "seconds_to_NN": seconds_to,
    "idle_epochs_from_NN": idle_epochs,
    "rise_share_from_NN": rise_share,
}


@dataclass(frozen=True)
class _Curve:
    """The curve of a metric in one run, ``(epochs,)`` each."""

    epochs: np.ndarray
    values: np.ndarray

    @property
    def final(self) -> float:
        return float(self.values[-1])

    @property
    def last(self) -> float:
        return float(self.epochs[-1])

    def rises(self, chance: float) -> bool:
        return self.final >= chance + RISEN

    def idle(self, chance: float) -> float:
        """Return the last recorded epoch before the rise; all epochs if there is none."""
        if self.rises(chance):
            return self.before(self.part(0.1, chance))
        risen = (self.values >= chance + RISEN - NOISE).any()
        return self.before(self.reaches(chance + RISEN)) if risen else self.last

    def reaches(self, level: float) -> float:
        """Return the first epoch at which the values are at least ``level``; one of them must be."""
        return float(self.epochs[self.values >= level - NOISE][0])

    def crossing(self, level: float, end: str) -> float:
        """Return the first epoch at that level, or the ``least`` or ``most`` that the moment of reaching it can be."""
        if not (self.values >= level - NOISE).any():
            return np.inf if end == "most" else self.last
        epoch = self.reaches(level)
        return self.before(epoch) if end == "least" else epoch

    def at(self, share: float) -> float:
        """Return the last value recorded within this share of the epochs, or the first value if there is none."""
        return float(self.values[max(int(np.searchsorted(self.epochs, share * self.last, side="right")) - 1, 0)])

    @property
    def area(self) -> float:
        """Return the mean height of the curve from its first to its last record."""
        if len(self.epochs) == 1:
            return self.final
        return float(np.trapezoid(self.values, self.epochs) / (self.epochs[-1] - self.epochs[0]))

    def before(self, epoch: float) -> float:
        """Return the recorded epoch before ``epoch``; 0, the start, if there is none."""
        return float(max(self.epochs[self.epochs < epoch], default=0))

    def part(self, share: float, chance: float) -> float:
        """Return the first epoch at which the values have come this share of the way from chance to the last value."""
        return self.reaches(chance + share * (self.final - chance))


def _over_epochs(
    results: Results,
    exercise: str,
    variant: str,
    metric: str,
    reduce: Callable[[_Curve], float],
    split: str = "validation",
) -> pd.Series:
    """Reduce the curve of every run to a number, and average over the folds of a seed; NaN if one diverged."""
    values: dict[Any, list[float]] = {}
    rows = results.by_epoch(exercise, variant, split, metric).sort_values("epoch")
    for (seed, _), run in rows.groupby(["seed", "fold"], sort=True):
        curve = _Curve(run["epoch"].to_numpy(), run["value"].to_numpy())
        whole = bool(np.isfinite(curve.values).all())
        values.setdefault(seed, []).append(reduce(curve) if whole else np.nan)
    return pd.Series({seed: float(np.mean(each)) for seed, each in values.items()}, dtype=float)
