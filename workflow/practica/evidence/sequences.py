"""Confidence sequences: intervals and p-values that hold however often seeds are added after a look at the results.

An interval for a fixed number of seeds errs ever more often if one looks, adds seeds and looks again until it decides.
A sequence of intervals contains the true value in at least 95 of 100 studies at *all* numbers of seeds together. Each
comes from a nonnegative martingale that starts at one (Ville): one over its value is a p-value at any time, and the
bounds at which it stays below 20 are the interval.

- Means, or logarithms: the t test with a normal mixture over the effect in standard deviations. H. Wang and A. Ramdas,
  Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance, Sequential Analysis, 2025
  (arXiv:2310.03722); after T. L. Lai, On confidence sequences, Annals of Statistics 4, 1976.
- Shares: the binomial with a uniform mixture. H. Robbins, Statistical methods related to the law of the iterated
  logarithm, Annals of Mathematical Statistics 41, 1970; S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon,
  Time-uniform, nonparametric, nonasymptotic confidence sequences, Annals of Statistics 49, 2021.
"""

from __future__ import annotations

import math

import numpy as np

EFFECT = 10.0
"""Variance of the mixture over effects, in standard deviations between seeds.

It decides where the t test is sharpest: with few seeds, whose spread is small compared with the effects of variants.
"""


def mean_p(values: np.ndarray, mean: float) -> float:
    """Return the two-sided p at which the values ``(seeds,)``, two or more that differ, exclude ``mean``."""
    n, spread = len(values), 1 + len(values) * EFFECT
    t = (values.mean() - mean) / (values.std(ddof=1) / math.sqrt(n))
    ratio = math.log1p(t**2 / (n - 1)) - math.log1p(t**2 / (n - 1) / spread)
    return _p(n / 2 * ratio - math.log(spread) / 2)


def mean_interval(values: np.ndarray, alpha: float) -> tuple[float, float]:
    """Return the means that the values ``(seeds,)`` leave open; the ends are infinite while there are too few seeds."""
    n, spread = len(values), 1 + len(values) * EFFECT
    # Where the martingale is 1 / alpha: a ratio of (1 + x) to (1 + x / spread), which is below spread.
    ratio = (spread / alpha**2) ** (1 / n)
    if ratio >= spread:
        return -math.inf, math.inf
    reach = math.sqrt((n - 1) * (ratio - 1) / (1 - ratio / spread)) * values.std(ddof=1) / math.sqrt(n)
    return float(values.mean() - reach), float(values.mean() + reach)


def share_p(yes: int, n: int, share: float) -> float:
    """Return the two-sided p at which ``yes`` of ``n`` seeds exclude a ``share``."""
    from scipy.special import betaln, xlog1py, xlogy

    return _p(float(betaln(1 + yes, 1 + n - yes) - xlogy(yes, share) - xlog1py(n - yes, -share)))


def share_interval(yes: int, n: int, alpha: float) -> tuple[float, float]:
    """Return the shares that ``yes`` of ``n`` seeds do not exclude."""
    from scipy.optimize import brentq

    def excess(share: float) -> float:
        return share_p(yes, n, share) - alpha

    most_likely = yes / n
    low = 0.0 if excess(0.0) > 0 else float(brentq(excess, 0.0, most_likely))
    high = 1.0 if excess(1.0) > 0 else float(brentq(excess, most_likely, 1.0))
    return low, high


def _p(log_martingale: float) -> float:
    return min(1.0, math.exp(-log_martingale)) if log_martingale > 0 else 1.0
