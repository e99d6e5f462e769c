"""The rules alone: each verdict of each rule, including bounds and smallest effects."""

import numpy as np
import pytest
from scipy import stats

from practica.evidence.estimates import LOG, MEAN, interval
from practica.evidence.rules import (
    CONFIRMED,
    NOT_COMPARABLE,
    NOT_CONFIRMED,
    NOT_EVALUATED,
    UNDECIDED,
    VERDICTS,
    combine,
    decide,
    rule_of,
)

SHAPE = np.array([-1.0, -0.4, 0.1, 0.5, 0.8])


def around(low: float, high: float) -> np.ndarray:
    """Return five values whose 95 % interval has these ends."""
    shape = SHAPE - SHAPE.mean()
    half = stats.t.ppf(0.975, 4) * stats.sem(shape)
    return (low + high) / 2 + shape * (high - low) / 2 / half


def verdict(rule: str, bound: float, values: np.ndarray, smallest: float = 0.0, printed: float = 0.0) -> str:
    """Return the verdict of a rule that is decided alone."""
    p_values = rule_of(rule, bound, smallest, printed).p_values(values, values, MEAN)
    return decide(p_values, min(p_values))


@pytest.mark.parametrize(
    ("rule", "value", "smallest", "outcome"),
    [
        ("at_least", 2.0, 0.0, CONFIRMED),  # it is at least two
        ("at_least", 1.9, 0.0, NOT_CONFIRMED),
        ("above", 2.0, 0.0, NOT_CONFIRMED),
        ("above", 2.1, 0.0, CONFIRMED),
        ("above", 2.1, 0.1, CONFIRMED),
        ("above", 2.1, 0.2, NOT_CONFIRMED),  # too small to matter
        ("at_most", 2.0, 0.0, CONFIRMED),
        ("below", 2.0, 0.0, NOT_CONFIRMED),
        ("below", 1.9, 0.1, CONFIRMED),
        ("below", 1.9, 0.2, NOT_CONFIRMED),
    ],
)
def test_what_no_seed_changes_is_compared_without_a_test(
    rule: str, value: float, smallest: float, outcome: str
) -> None:
    assert rule_of(rule, 2.0, smallest).settle(value) == outcome
    if not smallest:
        same = np.full(3, value)
        assert all(min(rule_of(rule, 2.0).p_values(same, same, scale)) >= 2 / 2**3 for scale in (MEAN, LOG))


def test_the_values_have_the_interval_that_they_are_made_for() -> None:
    assert interval(around(-0.01, 0.03), MEAN) == pytest.approx((-0.01, 0.03))


@pytest.mark.parametrize(
    ("rule", "bound", "ends", "outcome"),
    [
        ("above", 0.0, (0.001, 0.03), CONFIRMED),
        ("above", 0.0, (-0.03, -0.001), NOT_CONFIRMED),
        ("above", 0.0, (-0.001, 0.03), UNDECIDED),
        ("above", 0.02, (0.01, 0.015), NOT_CONFIRMED),
        ("below", 0.0, (-0.03, -0.001), CONFIRMED),
        ("below", 0.0, (0.001, 0.03), NOT_CONFIRMED),
        ("below", 0.0, (-0.01, 0.03), UNDECIDED),
        ("below", -0.02, (-0.01, 0.0), NOT_CONFIRMED),
        ("at_least", 2.0, (2.001, 2.5), CONFIRMED),
        ("at_least", 2.0, (1.0, 1.9), NOT_CONFIRMED),
        ("at_least", 2.0, (1.5, 2.1), UNDECIDED),
        ("at_most", 0.25, (0.1, 0.249), CONFIRMED),
        ("at_most", 0.25, (0.26, 0.3), NOT_CONFIRMED),
        ("at_most", 0.25, (0.2, 0.3), UNDECIDED),
        ("within", 0.02, (-0.01, 0.019), CONFIRMED),
        ("within", 0.02, (0.021, 0.04), NOT_CONFIRMED),
        ("within", 0.02, (-0.04, -0.021), NOT_CONFIRMED),
        ("within", 0.02, (0.01, 0.03), UNDECIDED),
        ("within", 0.02, (-0.05, 0.05), UNDECIDED),
    ],
)
def test_the_whole_interval_decides(rule: str, bound: float, ends: tuple[float, float], outcome: str) -> None:
    assert verdict(rule, bound, around(*ends)) == outcome


@pytest.mark.parametrize(
    ("rule", "ends", "outcome"),
    [
        ("above", (-0.004, 0.004), NOT_CONFIRMED),  # no effect, within what is of interest
        ("above", (-0.004, 0.006), UNDECIDED),
        ("above", (0.001, 0.004), NOT_CONFIRMED),  # there, but too small
        ("above", (0.001, 0.006), CONFIRMED),
        ("below", (-0.004, 0.004), NOT_CONFIRMED),
        ("below", (-0.006, 0.004), UNDECIDED),
        ("below", (-0.006, -0.001), CONFIRMED),
    ],
)
def test_an_effect_smaller_than_of_interest_is_refuted(rule: str, ends: tuple[float, float], outcome: str) -> None:
    assert verdict(rule, 0.0, around(*ends), smallest=0.005) == outcome


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        ((0.86, 0.889), CONFIRMED),
        ((0.82, 0.849), NOT_CONFIRMED),
        ((0.891, 0.9), NOT_CONFIRMED),
        ((0.84, 0.88), UNDECIDED),
    ],
)
def test_near_is_around_what_the_source_prints(ends: tuple[float, float], outcome: str) -> None:
    assert verdict("near", 0.02, around(*ends), printed=0.87) == outcome


def test_two_one_sided_tests_decide_that_nothing_changes() -> None:
    values = around(-0.012, 0.018)
    allowed, _ = rule_of("within", 0.02).p_values(values, values, MEAN)
    weaker = max(
        stats.ttest_1samp(values, -0.02, alternative="greater").pvalue,
        stats.ttest_1samp(values, 0.02, alternative="less").pvalue,
    )
    assert allowed == pytest.approx(2 * weaker)


def test_what_is_known_to_lie_between_two_values_counts_against_the_verdict() -> None:
    rule, least, most = rule_of("at_least", 2.0), around(1.5, 1.9), around(2.1, 2.5)
    assert min(rule.p_values(least, most, MEAN)) > 0.05
    assert rule.p_values(most, most, MEAN)[0] < 0.05
    assert rule.p_values(least, least, MEAN)[1] < 0.05
    assert rule.p_values(most, np.full(5, np.inf), MEAN) == (rule.p_values(most, most, MEAN)[0], 1.0)


def test_the_arithmetic_of_accuracies_decides_nothing() -> None:
    # 0.95 - 0.97 is -0.020000000000000018.
    assert rule_of("within", 0.02).allows(0.95 - 0.97)
    assert not rule_of("below", -0.02).allows(0.95 - 0.97)


def test_a_correction_applies_to_both_sides() -> None:
    assert decide((0.001, 1.0), 0.04) == CONFIRMED
    assert decide((0.001, 1.0), 0.06) == UNDECIDED
    assert decide((0.0001, 0.001), 0.001) == NOT_CONFIRMED  # ten decisions: 0.01 for the other side
    assert decide((0.0001, 0.001), 0.01) == CONFIRMED  # a hundred decisions: 0.1 is not enough to call it too small


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([CONFIRMED, CONFIRMED], CONFIRMED),
        ([CONFIRMED, UNDECIDED], UNDECIDED),
        ([CONFIRMED, NOT_EVALUATED], NOT_EVALUATED),
        ([UNDECIDED, NOT_EVALUATED], NOT_EVALUATED),
        ([NOT_EVALUATED, UNDECIDED, NOT_CONFIRMED, NOT_COMPARABLE, CONFIRMED], NOT_CONFIRMED),
        ([NOT_EVALUATED, NOT_COMPARABLE, CONFIRMED], NOT_COMPARABLE),
    ],
)
def test_a_claim_asserts_all_its_parts(parts: list[str], verdict: str) -> None:
    assert combine(parts) == verdict


def test_a_claim_of_one_part_has_its_verdict() -> None:
    assert [combine([verdict]) for verdict in VERDICTS] == list(VERDICTS)
