"""Intervals and p-values: how often they cover the truth, and how they compare with other computations."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from practica.evidence.estimates import (
    ALPHA,
    CONFIDENCE,
    LOG,
    MEAN,
    SHARE,
    estimate,
    holm,
    interval,
    p_beyond,
    p_differs,
    possible,
    scale_of,
)

STUDIES = 4000
"""The standard error of a coverage of 95 % is then a third of a point."""
TOLERANCE = 0.015
SIZES = (3, 5, 10)


def coverage(draw: Callable[[np.random.Generator, int], np.ndarray], truth: float, scale: str, n: int) -> float:
    """Return the share of studies of ``n`` seeds whose interval covers the truth."""
    rng = np.random.default_rng([n, len(scale)])
    held = 0
    for _ in range(STUDIES):
        low, high = interval(draw(rng, n), scale)
        held += low is not None and high is not None and low <= truth <= high
    return held / STUDIES


@pytest.mark.parametrize("n", SIZES)
def test_the_interval_of_a_mean_has_its_nominal_coverage(n: int) -> None:
    assert coverage(lambda rng, n: rng.normal(0.9, 0.02, n), 0.9, MEAN, n) == pytest.approx(CONFIDENCE, abs=TOLERANCE)


@pytest.mark.parametrize("n", SIZES)
def test_the_interval_of_skewed_values_has_its_nominal_coverage(n: int) -> None:
    result = coverage(lambda rng, n: rng.lognormal(-3.0, 1.2, n), math.exp(-3.0), LOG, n)
    assert result == pytest.approx(CONFIDENCE, abs=TOLERANCE)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.85, 0.99])
def test_the_interval_of_a_share_has_at_least_its_nominal_coverage(n: int, share: float) -> None:
    ends = [interval(np.repeat([1.0, 0.0], [k, n - k]), SHARE) for k in range(n + 1)]
    holds = np.array([low <= share <= high for low, high in ends if low is not None and high is not None])
    solved = np.random.default_rng([n, 3]).binomial(n, share, STUDIES)
    assert np.mean(holds[solved]) >= CONFIDENCE - TOLERANCE
    assert stats.binom.pmf(np.arange(n + 1), n, share)[holds].sum() >= CONFIDENCE


@pytest.mark.parametrize("scale", [MEAN, LOG])
def test_a_p_is_under_a_twentieth_where_the_interval_leaves_out_the_bound(scale: str) -> None:
    rng = np.random.default_rng(7)
    for row in rng.normal(0.5, 0.7, (60, 5)):
        values, neutral = (np.exp(row), 1.0) if scale == LOG else (row, 0.0)
        low, high = interval(values, scale)
        assert low is not None and high is not None
        assert (p_differs(values, neutral, scale) < ALPHA) == (not low <= neutral <= high)


def test_numbers_of_a_mean_worked_out_with_the_quantile_of_t() -> None:
    values = [0.91, 0.93, 0.90, 0.97, 0.92]
    result = estimate(values, MEAN, possible("accuracy"))
    mean, sd = sum(values) / 5, math.sqrt(sum((v - sum(values) / 5) ** 2 for v in values) / 4)
    half = 2.7764451051977987 * sd / math.sqrt(5)  # t with 4 degrees of freedom at 0.975
    assert (result.mean, result.sd) == pytest.approx((mean, sd))
    assert (result.low, result.high) == pytest.approx((mean - half, mean + half))
    assert (result.median, result.least, result.greatest, result.n) == (0.92, 0.90, 0.97, 5)
    assert not result.skewed
    assert result.centre == result.mean


def test_numbers_on_logarithms_worked_out_by_hand() -> None:
    values = np.array([0.001, 0.01, 0.1])
    result = estimate(values, LOG)
    half = 4.302652729911275 * math.log(10) / math.sqrt(3)  # t with 2 degrees of freedom
    assert (result.low, result.high) == pytest.approx((0.01 * math.exp(-half), 0.01 * math.exp(half)))
    assert (result.mean, result.median, result.skewed, result.typical) == (pytest.approx(0.037), 0.01, True, 0.01)


def test_the_number_beside_an_interval_lies_in_it_where_the_median_does_not() -> None:
    values = np.array([*np.linspace(1, 1.1, 5), *np.linspace(9, 9.6, 20)])
    for scale, centre in ((LOG, stats.gmean(values)), (MEAN, values.mean())):
        there = estimate(values, scale, (0.0, math.inf))
        assert there.low < there.centre < there.high
        assert there.centre == pytest.approx(centre)
    assert estimate(values, LOG).typical == np.median(values) > estimate(values, LOG).high
    open_ended = estimate(values[:2], LOG, sequential=True)
    assert (open_ended.low, open_ended.centre) == (None, open_ended.median)
    from_zero = replace(estimate(values, LOG), low=0.0)  # of a ratio that may be as small as you like
    assert from_zero.centre == from_zero.median


def test_a_share_of_the_seeds_is_exact() -> None:
    result = estimate([1, 1, 1, 1, 0], SHARE)
    # The ends solve P(X >= 4) = 0.025 and P(X <= 4) = 0.025 for five trials.
    assert stats.binom.sf(3, 5, result.low) == pytest.approx(0.025)
    assert stats.binom.cdf(4, 5, result.high) == pytest.approx(0.025)
    assert p_beyond(np.ones(5), 0.5, "greater", SHARE) == pytest.approx(1 / 32)


def test_what_has_no_logarithm_is_taken_as_it_is() -> None:
    assert estimate([0.0, 0.1, 0.2], LOG).scale == MEAN


def test_seeds_that_agree_show_no_spread() -> None:
    result = estimate([0.5, 0.5, 0.5 + 1e-12, 0.5])
    assert (result.low, result.high) == (None, None)
    assert p_differs(np.full(6, 0.1 + 0.2 - 0.3), 0.0, MEAN) == 1.0


def test_small_errors_show_their_spread() -> None:
    large, small = (estimate(scale * np.array([1.0, 2.0, 3.0]), LOG) for scale in (1.0, 1e-11))
    assert small.low is not None and large.low is not None
    assert small.low == pytest.approx(1e-11 * large.low)


def test_seeds_that_agree_perhaps_by_chance_are_judged_by_their_signs() -> None:
    assert p_differs(np.full(6, 0.3), 0.0, MEAN) == pytest.approx(2 / 2**6)
    assert p_beyond(np.full(6, 3.0), 2.0, "greater", LOG) == pytest.approx(1 / 2**6)
    assert p_beyond(np.full(6, 3.0), 2.0, "less", LOG) == 1.0


@pytest.mark.parametrize("n", SIZES)
def test_accuracies_that_agree_by_chance_decide_no_more_often_than_in_one_study_of_twenty(n: int) -> None:
    rng = np.random.default_rng(n)
    # Half of the nets get all of ten samples right, the others nine.
    errs = [p_differs(rng.choice([0.9, 1.0], n), 0.95, MEAN) < ALPHA for _ in range(STUDIES)]
    assert np.mean(errs) < ALPHA


def test_a_single_seed_has_no_interval() -> None:
    result = estimate([0.25], LOG)
    assert (result.mean, result.sd, result.low, result.high, result.skewed) == (0.25, None, None, None, False)


@pytest.mark.parametrize(
    ("metric", "scale", "skewed"),
    [
        ("accuracy", MEAN, [0.99, 0.98, 0.99, 0.5]),  # one seed collapsed: 0.87 ± 0.24 would pass one
        ("fold_sd", MEAN, [0.01, 0.02, 0.01, 0.3]),
        ("r2", MEAN, [0.7, 0.7, 0.7, -20.0]),
        ("mse", LOG, [7.2, 7.1, 7.3, 7.2]),
        ("best_loss", LOG, [0.1, 30.0, 2.0, 0.4]),
        ("noisy_mse", LOG, [0.1, 0.11, 0.12, 0.1]),
        ("epochs_to_95", LOG, [1, 2, 20, 3]),
    ],
)
def test_values_whose_spread_leaves_what_is_possible_are_skewed(metric: str, scale: str, skewed: list[float]) -> None:
    assert scale_of(metric) == scale
    assert estimate(skewed, scale_of(metric), possible(metric)).skewed


@pytest.mark.parametrize("metric", ["accuracy", "gap", "r2", "psnr", "auc"])
def test_values_side_by_side_are_not_skewed(metric: str) -> None:
    assert not estimate([0.81, 0.83, 0.85], scale_of(metric), possible(metric)).skewed


def test_holm_against_the_example_of_a_textbook() -> None:
    # Four p-values: the smallest times four, the next times three, and so on, never below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


def test_no_more_than_one_study_of_twenty_errs_in_any_of_its_decisions() -> None:
    rng = np.random.default_rng(5)
    p = stats.ttest_1samp(rng.normal(0, 1, (STUDIES, 20, 5)), 0.0, axis=-1).pvalue
    assert np.mean([holm(study).min() < ALPHA for study in p]) == pytest.approx(ALPHA, abs=TOLERANCE)


def test_an_interval_ends_at_what_is_possible() -> None:
    values = np.array([1.0, 0.75, 1.0, 1.0, 0.5])
    free, cut = estimate(values), estimate(values, bounds=possible("accuracy"))
    assert free.high is not None and free.high > 1
    assert (cut.low, cut.high) == (free.low, 1.0)
    assert estimate(1 - values, bounds=(0.0, 1.0)).low == 0.0
    assert estimate(values - 2, bounds=possible("r2")).high == free.high - 2
