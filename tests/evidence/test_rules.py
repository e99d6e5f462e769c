"""The rules on intervals alone: each verdict of each rule, bounds included."""

import pytest

from practica.evidence.rules import (
    CONFIRMED,
    FEWEST,
    NOT_CONFIRMED,
    NOT_EVALUATED,
    RULES,
    UNDECIDED,
    VERDICTS,
    combine,
)


@pytest.mark.parametrize(
    ("rule", "bound", "interval", "verdict"),
    [
        ("above", 0.0, (0.01, 0.03), CONFIRMED),
        ("above", 0.0, (-0.03, -0.01), NOT_CONFIRMED),
        ("above", 0.0, (-0.01, 0.03), UNDECIDED),
        ("above", 0.0, (0.0, 0.03), UNDECIDED),
        ("above", 0.0, (0.0, 0.0), NOT_CONFIRMED),
        ("above", 0.0, (-0.03, 0.0), NOT_CONFIRMED),
        ("above", 0.02, (0.01, 0.015), NOT_CONFIRMED),
        ("below", 0.0, (-0.03, -0.01), CONFIRMED),
        ("below", 0.0, (0.01, 0.03), NOT_CONFIRMED),
        ("below", 0.0, (-0.01, 0.03), UNDECIDED),
        ("below", -0.02, (-0.01, 0.0), NOT_CONFIRMED),
        ("below", 0.0, (0.0, 0.0), NOT_CONFIRMED),
        ("at_least", 2.0, (2.0, 2.5), CONFIRMED),
        ("at_least", 2.0, (1.0, 1.9), NOT_CONFIRMED),
        ("at_least", 2.0, (1.5, 2.0), UNDECIDED),
        ("at_least", 1.0, (1.0, 1.0), CONFIRMED),
        ("at_most", 0.25, (0.1, 0.25), CONFIRMED),
        ("at_most", 0.25, (0.26, 0.3), NOT_CONFIRMED),
        ("at_most", 0.25, (0.2, 0.3), UNDECIDED),
        ("within", 0.02, (-0.01, 0.02), CONFIRMED),
        ("within", 0.02, (0.021, 0.04), NOT_CONFIRMED),
        ("within", 0.02, (-0.04, -0.021), NOT_CONFIRMED),
        ("within", 0.02, (0.01, 0.03), UNDECIDED),
        ("within", 0.02, (-0.05, 0.05), UNDECIDED),
        # 0.95 - 0.97 is -0.020000000000000018: the arithmetic decides nothing.
        ("within", 0.02, (0.95 - 0.97, 0.0), CONFIRMED),
        ("below", -0.02, (0.95 - 0.97, 0.95 - 0.97), NOT_CONFIRMED),
    ],
)
def test_the_whole_interval_decides(rule: str, bound: float, interval: tuple[float, float], verdict: str) -> None:
    assert RULES[rule](bound).decide(*interval, FEWEST) == verdict


@pytest.mark.parametrize("n", [2, FEWEST - 1])
def test_too_few_seeds_decide_nothing(n: int) -> None:
    for rule, bound in (("above", 0.0), ("below", 0.0), ("within", 0.5)):
        assert RULES[rule](bound).decide(0.1, 0.2, n) == UNDECIDED


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([CONFIRMED, CONFIRMED], CONFIRMED),
        ([CONFIRMED, UNDECIDED], UNDECIDED),
        ([CONFIRMED, NOT_EVALUATED], NOT_EVALUATED),
        ([UNDECIDED, NOT_EVALUATED], NOT_EVALUATED),
        ([NOT_EVALUATED, UNDECIDED, NOT_CONFIRMED, CONFIRMED], NOT_CONFIRMED),
    ],
)
def test_a_claim_asserts_all_its_parts(parts: list[str], verdict: str) -> None:
    assert combine(parts) == verdict


def test_a_claim_of_one_part_has_its_verdict() -> None:
    assert [combine([verdict]) for verdict in VERDICTS] == list(VERDICTS)
