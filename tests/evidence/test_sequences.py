"""Confidence sequences cover the truth at all numbers of seeds at once; fixed intervals do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from practica.evidence.estimates import ALPHA, LOG, MEAN, SHARE, estimate, interval, p_beyond, p_differs
from practica.evidence.rules import CONFIRMED, NOT_CONFIRMED, UNDECIDED, decide, rule_of
from practica.evidence.sequences import mean_interval, mean_p, share_interval, share_p

LOOKS = (3, 5, 8, 10, 15, 20, 30, 50, 75, 100)
"""Numbers of seeds at which somebody looks, and stops at the first that decides."""
STUDIES = 1500


def ever_misses(draws: np.ndarray, truth: float, scale: str, *, sequential: bool) -> float:
    """Return the share of the studies ``(studies, seeds)`` in which an interval misses the truth at any look."""

    def misses(values: np.ndarray) -> bool:
        low, high = interval(values, scale, sequential=sequential)
        return (low is not None and truth < low) or (high is not None and truth > high)

    return float(np.mean([any(misses(study[:n]) for n in LOOKS) for study in draws]))


DRAWS = {
    MEAN: (lambda rng, size: rng.normal(0.3, 2.0, size), 0.3),
    LOG: (lambda rng, size: np.exp(rng.normal(-1.0, 0.8, size)), float(np.exp(-1.0))),
    SHARE: (lambda rng, size: rng.binomial(1, 0.8, size).astype(float), 0.8),
}


@pytest.mark.parametrize("scale", DRAWS)
def test_optional_stopping_errs_in_five_studies_of_a_hundred_at_most(scale: str) -> None:
    draw, truth = DRAWS[scale]
    draws = draw(np.random.default_rng(1), (STUDIES if scale != SHARE else 300, max(LOOKS)))
    sampling = 2 * (ALPHA * (1 - ALPHA) / len(draws)) ** 0.5
    assert ever_misses(draws, truth, scale, sequential=True) <= ALPHA + sampling
    fixed = ever_misses(draws[:200], truth, scale, sequential=False)
    assert fixed > 0.08, "an interval for a fixed number of seeds should err too often here, or this test is blunt"


def test_a_verdict_under_optional_stopping_is_wrong_in_five_studies_of_a_hundred_at_most() -> None:
    rule = rule_of("above", 0.0, smallest=0.5)

    def verdict(values: np.ndarray, *, sequential: bool) -> str:
        result = rule.p_values(values, values, MEAN, sequential=sequential)
        return decide(result, min(result))

    def wrong(truth: float, verdict_that_errs: str, *, sequential: bool) -> float:
        draws = np.random.default_rng(2).normal(truth, 1.0, (400, max(LOOKS)))
        stopped = [
            next((each for n in LOOKS if (each := verdict(study[:n], sequential=sequential)) != UNDECIDED), UNDECIDED)
            for study in draws
        ]
        return float(np.mean([each == verdict_that_errs for each in stopped]))

    # No effect must not be confirmed; half a standard deviation, the smallest of interest, must not be refuted.
    assert wrong(0.0, CONFIRMED, sequential=True) <= ALPHA / 2 + 0.01
    assert wrong(0.5, NOT_CONFIRMED, sequential=True) <= ALPHA / 2 + 0.01
    assert wrong(0.0, CONFIRMED, sequential=False) > 0.06


def test_the_interval_is_where_p_is_above_alpha() -> None:
    values = np.random.default_rng(3).normal(0.5, 1.0, 12)
    for end in mean_interval(values, 0.05):
        assert mean_p(values, end) == pytest.approx(0.05)
    for end in share_interval(9, 12, 0.05):
        assert share_p(9, 12, end) == pytest.approx(0.05)
    assert share_interval(12, 12, 0.05)[1] == 1.0
    assert share_interval(0, 12, 0.05)[0] == 0.0


def test_the_martingale_is_that_of_a_normal_mixture_over_effects() -> None:
    """Integrate the ratio of the densities of t over the mixture, by brute force."""
    values = np.random.default_rng(4).normal(2.0, 1.0, 6)
    n = len(values)
    t = values.mean() / values.std(ddof=1) * n**0.5
    effects = np.linspace(-25, 25, 20001)
    prior = stats.norm.pdf(effects, scale=10**0.5)
    ratios = stats.nct.pdf(t, n - 1, effects * n**0.5) / stats.t.pdf(t, n - 1)
    assert 1 / mean_p(values, 0.0) == pytest.approx(np.trapezoid(np.nan_to_num(ratios) * prior, effects), rel=1e-3)


def test_a_sequence_is_wider_and_needs_more_seeds() -> None:
    values = np.array([0.1, 0.3, 0.2, 0.25, 0.15])
    fixed, sequence = estimate(values), estimate(values, sequential=True)
    assert sequence.low is not None and fixed.low is not None
    assert sequence.low < fixed.low
    assert interval(values[:2], MEAN, sequential=True) == (None, None)
    assert p_differs(values, 0.0, MEAN) < p_differs(values, 0.0, MEAN, sequential=True) < ALPHA


def test_seeds_that_agree_are_judged_by_their_signs() -> None:
    two = np.full(9, 2.0)
    assert p_beyond(two, 1.0, "greater", MEAN, sequential=True) == pytest.approx(10 / 2**9 / 2)
    assert p_beyond(two, 2.0, "greater", MEAN, sequential=True) == 1.0
