"""Infer from a few seeds: one method for intervals and p-values for each kind of number, wherever they are needed."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from practica.address import bare
from practica.evidence import sequences
from practica.evidence.claims import YES_OR_NO

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
NOISE = 1e-9
"""The rounding error of a difference of two accuracies; it must not push a number over a bound."""

MEAN, LOG, SHARE = "mean", "log", "share"
METHODS = {
    MEAN: "Student's t of the mean, of paired differences where two variants are compared",
    LOG: "Student's t of the logarithms: an interval of the geometric mean, for errors, times and ratios",
    SHARE: "Clopper-Pearson, exact: at least the nominal coverage, for statements that hold or do not for a seed",
}
"""How the interval on each scale is computed."""
SEQUENTIAL_METHODS = {
    MEAN: "Confidence sequence of the mean (Wang and Ramdas 2025), of paired differences where two are compared",
    LOG: "The same of the logarithms: of the geometric mean, for errors, times and ratios",
    SHARE: "Confidence sequence of a share (Robbins 1970), for statements that hold or do not for a seed",
}
"""How it is computed if seeds were added after a look at the results."""

ON_LOGARITHMS = re.compile(
    r"(.*_)?(loss|mse|mae|rmse|mape|seconds|loss_left|(ms|seconds)_per_[a-z]+|(epochs|seconds)_to_\d\d)"
)
BETWEEN_0_AND_1 = re.compile(r"(.*_)?accuracy|(train_)?auc|rise_share(_from_\d\d)?")
POSITIVE = re.compile(r"fold_sd|idle_epochs(_from_\d\d)?")

Bounds = tuple[float, float]
ANYTHING: Bounds = (-math.inf, math.inf)


@dataclass(frozen=True)
class Estimate:
    """The estimate of a number from ``n`` seeds.

    Attributes:
        sd: the standard deviation of a sample; None for a single seed.
        low: lower end of the 95 % interval; None if it is open. Both ends are None if there is no interval: for a
            single seed, or for seeds that all agree, which show no spread.
        scale: what the interval is of: ``mean``, ``log`` (the geometric mean) or ``share`` (of seeds that say yes).
        skewed: whether mean and standard deviation describe the seeds badly, so that median and range are used.
    """

    mean: float
    sd: float | None
    low: float | None
    high: float | None
    n: int
    median: float
    least: float
    greatest: float
    scale: str = MEAN
    skewed: bool = False

    @property
    def typical(self) -> float:
        """Return the number that stands for all seeds: their mean, or their median if they are skewed."""
        return self.median if self.skewed else self.mean

    @property
    def centre(self) -> float:
        """Return the number that the interval lies around: the mean, or the geometric mean on logarithms.

        Without an interval, or if it is open, this is the number that stands for all seeds.
        """
        if self.low is None or self.high is None or (self.scale == LOG and self.low == 0):
            return self.typical
        return math.sqrt(self.low) * math.sqrt(self.high) if self.scale == LOG else self.mean


def scale_of(metric: str) -> str:
    """Return the scale of a metric or measure, such as ``mse`` or ``gap``."""
    if metric in YES_OR_NO:
        return SHARE
    return LOG if ON_LOGARITHMS.fullmatch(metric) else MEAN


def possible(metric: str) -> Bounds:
    """Return the least and the greatest value that a metric or measure can have."""
    if BETWEEN_0_AND_1.fullmatch(metric) or metric in YES_OR_NO:
        return 0.0, 1.0
    if bare(metric) == "r2":
        return -math.inf, 1.0
    return (0.0, math.inf) if POSITIVE.fullmatch(metric) or scale_of(metric) == LOG else ANYTHING


def between(of: Bounds, other: Bounds) -> Bounds:
    """Return the least and the greatest difference of two values, each within its bounds."""
    return of[0] - other[1], of[1] - other[0]


def estimate(
    values: Sequence[float] | np.ndarray, scale: str = MEAN, bounds: Bounds = ANYTHING, *, sequential: bool = False
) -> Estimate:
    """Return the estimate from the values ``(seeds,)``, of which there is at least one.

    The interval holds for a number of seeds fixed beforehand or, if ``sequential``, comes from a confidence sequence.
    Values count as skewed if they are on logarithms, or if two standard deviations around the mean reach beyond what is
    possible. If a value has no logarithm, the values are taken as they are.
    """
    values = np.asarray(values, dtype=float)
    scale = usable(scale, values)
    mean, several = float(values.mean()), len(values) > 1
    sd = float(values.std(ddof=1)) if several else None
    reach = 2 * (sd or 0.0)
    skewed = several and scale != SHARE and (scale == LOG or mean - reach < bounds[0] or mean + reach > bounds[1])
    low, high = interval(values, scale, bounds, sequential=sequential)
    ends = float(np.median(values)), float(values.min()), float(values.max())
    return Estimate(mean, sd, low, high, len(values), *ends, scale, skewed and ends[1] < ends[2])


def usable(scale: str, values: np.ndarray) -> str:
    """Return the scale, or ``mean`` in place of ``log`` if a value has no logarithm."""
    return MEAN if scale == LOG and not (values > 0).all() else scale


def interval(
    values: np.ndarray, scale: str, bounds: Bounds = ANYTHING, *, sequential: bool = False
) -> tuple[float | None, float | None]:
    """Return the ends of the 95 % interval of the values ``(seeds,)``; None if there is none.

    It ends at the ``bounds`` of what is possible: beyond them nothing is true, so it contains the true value as
    often as before.
    """
    from scipy import stats  # takes a second to import, which would slow every figure and table

    if len(values) < 2 or not np.isfinite(values).all():
        return None, None
    if scale == SHARE and sequential:
        return sequences.share_interval(round(values.sum()), len(values), ALPHA)
    if scale == SHARE:
        exact = stats.binomtest(round(values.sum()), len(values)).proportion_ci(CONFIDENCE, method="exact")
        return float(exact.low), float(exact.high)
    sample = np.log(values) if scale == LOG else values  # on logarithms, errors of any size may differ
    if agree(sample):
        return None, None
    if sequential:
        ends = sequences.mean_interval(sample, ALPHA)
        if not math.isfinite(ends[0]):
            return None, None
    else:
        ends = stats.t.interval(CONFIDENCE, len(sample) - 1, loc=sample.mean(), scale=stats.sem(sample))
    low, high = np.exp(ends) if scale == LOG else ends
    return max(float(low), bounds[0]), min(float(high), bounds[1])


def p_beyond(values: np.ndarray, bound: float, side: str, scale: str, *, sequential: bool = False) -> float:
    """Return the one-sided p of the values ``(seeds,)`` under the hypothesis that their centre is not beyond ``bound``.

    ``side`` is ``greater`` or ``less``. Seeds that all agree show no spread, and may do so by chance: accuracies are
    shares of few samples, epochs whole numbers. The sign test judges them. A ``sequential`` p holds however often one
    has looked: it is half the p at which the interval leaves the bound on that side.
    """
    if scale == SHARE:
        return _p_share(round(values.sum()), len(values), min(max(bound, 0.0), 1.0), side, sequential=sequential)
    if scale == LOG and bound <= 0 and np.isfinite(values).all():
        return 0.0 if side == "greater" else 1.0
    # A value of zero on logarithms was reached so early that nobody knows how early.
    if not np.isfinite(values).all() or (scale == LOG and not (values > 0).all()):
        return 1.0
    if scale == LOG:
        values, bound = np.log(values), math.log(bound)
    beyond = (values.mean() - bound) * (1 if side == "greater" else -1)
    if agree(values):
        # All are on one side: the sign test is the test of a share of one half.
        return _p_share(len(values), len(values), 0.5, "greater", sequential=sequential) if beyond > NOISE else 1.0
    if sequential:
        return sequences.mean_p(values, bound) / 2 if beyond > 0 else 1.0
    from scipy import stats

    return float(stats.ttest_1samp(values, bound, alternative=side).pvalue)


def _p_share(yes: int, n: int, bound: float, side: str, *, sequential: bool) -> float:
    from scipy import stats

    if not sequential:
        return float(stats.binomtest(yes, n, bound, alternative=side).pvalue)
    beyond = (yes - bound * n) * (1 if side == "greater" else -1)
    return sequences.share_p(yes, n, bound) / 2 if beyond > 0 else 1.0


def p_differs(values: np.ndarray, neutral: float, scale: str, *, sequential: bool = False) -> float:
    """Return the two-sided p of the values ``(seeds,)`` under the hypothesis that their centre is ``neutral``."""
    sides = [p_beyond(values, neutral, side, scale, sequential=sequential) for side in ("greater", "less")]
    return min(1.0, 2 * min(sides))


def holm(p: Sequence[float]) -> np.ndarray:
    """Return p-values adjusted by Holm's method: the chance that any of them errs is at most ``ALPHA``."""
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def agree(values: np.ndarray) -> bool:
    """Return whether the values ``(seeds,)`` show no spread."""
    return bool(np.ptp(values) <= NOISE)
