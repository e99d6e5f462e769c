"""Checks of all kinds on one scale, as in the forest plot."""

import math
from typing import Any

import pytest

from practica.evidence.effects import deciding, effect, effect_text, rule_text
from practica.evidence.estimates import LOG, MEAN, estimate


def part(
    values: list[float], rule: dict[str, float], *, kind: str = "difference", smallest: float = 0.0, source: str = ""
) -> dict[str, Any]:
    """Return a part of a claim in the form of ``claims.json``."""
    result = estimate(values, LOG if kind == "ratio" else MEAN)
    return {
        "kind": kind,
        "rule": rule,
        "smallest": smallest,
        "of": {"quantity": "steps/dense/test/accuracy", "source": source or None},
        "estimate": vars(result),
        "by_seed": {str(seed): value for seed, value in enumerate(values)},
    }


ENDLESS = math.inf


@pytest.mark.parametrize(
    ("checked", "centre", "allowed", "small"),
    [
        # The bound is no effect: the unit is the smallest effect of interest, and the claimed side is on the right.
        (part([0.01, 0.02, 0.03], {"above": 0}, smallest=0.005), 4, (0, ENDLESS), (0, 1)),
        (part([0.01, 0.02, 0.03], {"below": 0}, smallest=0.005), -4, (0, ENDLESS), (0, 1)),
        # Otherwise it is the bound.
        (part([5.0, 6.0, 7.0], {"at_least": 3}), 2, (1, ENDLESS), None),
        (part([-0.06, -0.04, -0.02], {"below": -0.02}), 2, (1, ENDLESS), None),
        (part([-0.03, -0.01, -0.02], {"above": -0.02}), 1, (-ENDLESS, 1), None),
        (part([0.7, 0.6, 0.8], {"below": 0.7}, kind="value"), 1, (-ENDLESS, 1), None),
        (part([0.01, 0.02, 0.03], {"within": 0.02}), 1, (-1, 1), None),
        (part([0.96, 0.97, 0.98], {"near": 0.02}, kind="value", source="0.95"), 1, (-1, 1), None),
        # Ratios are compared on a logarithmic scale.
        (part([4.0, 4.0, 4.0], {"at_least": 2}, kind="ratio"), 2, (1, ENDLESS), None),
        (part([0.0625, 0.0625, 0.0625], {"at_most": 0.25}, kind="ratio"), 2, (1, ENDLESS), None),
        (part([1.1, 1.1, 1.1], {"above": 1}, kind="ratio", smallest=0.1), 1, (0, ENDLESS), (0, 1)),
        (part([0.9, 0.9, 0.9], {"below": 1}, kind="ratio", smallest=0.1), 1, (0, ENDLESS), (0, 1)),
    ],
)
def test_an_effect_is_in_units_of_its_rule(
    checked: dict[str, Any], centre: float, allowed: tuple[float, float], small: tuple[float, float] | None
) -> None:
    result = effect(checked)
    assert result is not None
    assert result.centre == pytest.approx(centre)
    assert result.allowed == pytest.approx(allowed)
    assert result.small == pytest.approx(small)
    assert result.low <= result.centre <= result.high
    assert len(result.seeds) == 3


def test_an_open_interval_has_no_end_and_a_missing_one_no_width() -> None:
    opened = part([4.0, 8.0, 16.0], {"at_least": 2}, kind="ratio")
    opened["estimate"]["high"] = None
    result = effect(opened)
    assert result is not None and result.high == math.inf and result.low < result.centre
    alone = effect(part([0.5], {"above": 0}, smallest=0.1))
    assert alone is not None and alone.low == alone.centre == alone.high == pytest.approx(5)
    assert effect({**opened, "estimate": None}) is None


def test_a_single_number_beside_the_interval_of_a_ratio_lies_in_it_and_the_spread_is_around_the_median() -> None:
    values = [1.0] * 5 + [8.0] * 20  # their geometric mean is 5.28
    lopsided = part(values, {"at_least": 2}, kind="ratio")
    assert effect_text(lopsided, "en", spread=False) == "5.28 [3.72;\u00a07.49]"
    assert effect_text(lopsided, "en") == "8.00 (1.00–8.00) [3.72;\u00a07.49]"


def test_the_part_with_the_verdict_of_the_claim_decides_it() -> None:
    parts = [{"verdict": "confirmed"}, {"verdict": "undecided"}, {"verdict": "undecided"}]
    assert deciding({"verdict": "undecided", "parts": parts}) is parts[1]


def test_rules_and_effects_read_as_in_the_tables() -> None:
    near = part([0.96, 0.97, 0.98], {"near": 0.02}, kind="value", source="0.950")
    assert rule_text(near, "es").endswith("0,950")
    times = part([2.0, 4.0, 8.0], {"at_least": 2}, kind="ratio")
    assert rule_text(times, "en") == "ratio\u00a0≥\u00a02"
    assert effect_text(times, "en", spread=False).startswith("4.00 [")


def test_what_no_seed_can_change_has_the_digits_that_it_was_counted_with() -> None:
    lines = part([11.0, 11.0, 11.0], {"at_most": 20}, kind="value") | {"fixed": True}
    assert effect_text(lines, "en") == effect_text(lines, "en", spread=False) == "11"
    assert effect_text({**lines, "kind": "ratio"}, "en") == "11.00"
