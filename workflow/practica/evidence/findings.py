"""The evidence of the runs on one part of a claim, before it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from practica.address import Quantity
from practica.evidence.blocks import NOT_RUN, STAND_IN
from practica.evidence.claims import NEAR, Part
from practica.evidence.equal_terms import unequal
from practica.evidence.estimates import (
    LOG,
    MEAN,
    Estimate,
    agree,
    between,
    estimate,
    interval,
    possible,
    scale_of,
    usable,
)
from practica.evidence.measures import BOUNDS, from_runs, measure_values
from practica.evidence.results import Missing, Results
from practica.evidence.rules import (
    Rule,
    rule_of,
)

MISSING, GENERATED, UNEQUAL, FEW, STRADDLES = "missing", "stand-in", "unequal", "few", "straddles"
"""Why a part has no verdict: no runs, generated data, unequal terms, too few seeds, an interval across the bound."""

TIME = "seconds_to_"
"""How measures begin that are times of training."""


@dataclass(frozen=True)
class Evidence:
    """The evidence on a part: the quantity that its rule judges, and the quantities that it is computed from.

    Attributes:
        seeds: how many seeds each side has; those of only one side are left out of the comparison.
        p_values: the p with which the rule allows the quantity, and the p with which it does not; None if nothing was
            tested.
        fixed: the value of a quantity that no seed can change; None if seeds may change it.
    """

    estimate: Estimate | None = None
    values: Mapping[int, float] = field(default_factory=dict)
    of: Estimate | None = None
    other: Estimate | None = None
    seeds: tuple[int, ...] = (0, 0)
    p_values: tuple[float, float] | None = None
    fixed: float | None = None


def rule_for(part: Part, source: Mapping[str, str]) -> Rule:
    """Return the rule of a part, with the number that the source prints if the rule needs it."""
    name, bound = part.rule
    return rule_of(name, bound, part.smallest, float(source[str(part.of.under(""))]) if name == NEAR else 0.0)


def evidence_of(part: Part, results: Results, source: Mapping[str, str]) -> Evidence | Missing:
    """Return the evidence on a part, or why there is none."""
    sides = [measure_values(results, each.exercise, each.variant, each.measure) for each in part.quantities]
    for quantity, values in zip(part.quantities, sides, strict=True):
        if values.empty:
            return Missing(_why(quantity, results), MISSING)
    stand_ins = [_generated(results, quantity) for quantity in part.quantities]
    if all(stand_ins):
        return Missing("made from generated data", GENERATED)
    if part.other:
        pair = [(each.exercise, each.variant) for each in part.quantities]
        timed = any(each.metric.startswith(TIME) for each in part.quantities)
        if differs := unequal(results, pair[0], pair[1], part.varies, timed=timed):
            return Missing(differs, UNEQUAL)
    return (
        Missing("made from generated data", GENERATED)
        if any(stand_ins)
        else _comparison(part, sides, source, sequential=results.study.sequential)
    )


def _comparison(
    part: Part, sides: list[pd.DataFrame], source: Mapping[str, str], *, sequential: bool
) -> Evidence | Missing:
    """Compare the seeds that both sides have, pair by pair."""
    of, *others = (side.loc[sorted(set.intersection(*(set(each.index) for each in sides)))] for side in sides)
    if of.empty:
        return Missing("the variants have no seed in common", MISSING)
    table, scale, bounds = of, _scale(part.of), possible(part.of.metric)
    if others:
        table = _minus(of, others[0]) if part.kind == "difference" else _over(of, others[0])
        difference = (MEAN, between(bounds, possible(part.quantities[1].metric)))
        scale, bounds = difference if part.kind == "difference" else (LOG, (0.0, np.inf))
        if not np.isfinite(table["value"]).all():
            return Missing(f"{part.other} is zero for some seed, and nothing can be divided by it", MISSING)
    values = table["value"].to_numpy()
    scale = usable(scale, values)
    judged_estimate = estimate(values, scale, bounds, sequential=sequential)
    least, most = (table[name].to_numpy() for name in BOUNDS)
    if (least < most).any():
        # A value known only to lie between two bounds gets an interval that holds it wherever it lies.
        # A level reached by the first record may have been reached at once: a ratio to that has no upper end.
        open_below = scale == LOG and (least <= 0).any()
        low = 0.0 if open_below else interval(least, scale, bounds, sequential=sequential)[0]
        high = interval(most, scale, bounds, sequential=sequential)[1]
        judged_estimate = replace(judged_estimate, low=low, high=high)
    fixed = not any(map(from_runs, part.quantities)) and len(values) > 1 and agree(np.concatenate([least, most]))
    tested = len(values) > 1 and not fixed
    pair = [
        _of_side(side, each, sequential=sequential)
        for side, each in zip((of, *others), part.quantities, strict=True)
        if others
    ]
    return Evidence(
        judged_estimate,
        _numbers(table["value"]),
        of=pair[0] if pair else None,
        other=pair[1] if pair else None,
        seeds=tuple(len(side) for side in (*sides, *sides)[:2]),
        p_values=rule_for(part, source).p_values(least, most, scale, sequential=sequential) if tested else None,
        fixed=float(values[0]) if fixed else None,
    )


def _minus(of: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    ends = {"value": "value", "least": "most", "most": "least"}
    return pd.DataFrame({name: of[name] - other[end] for name, end in ends.items()})


def _over(of: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    ends = {"value": "value", "least": "most", "most": "least"}
    return pd.DataFrame({name: of[name] / other[end] for name, end in ends.items()})


def _of_side(side: pd.DataFrame, quantity: Quantity, *, sequential: bool) -> Estimate:
    return estimate(side["value"].to_numpy(), _scale(quantity), possible(quantity.metric), sequential=sequential)


def _scale(quantity: Quantity) -> str:
    return scale_of(quantity.metric)


def _why(quantity: Quantity, results: Results) -> str:
    if not (results.folder / "runs.csv").is_file():
        return f"{quantity}: {NOT_RUN}"
    gap = results.why_missing(quantity.exercise, quantity.variant, quantity.measure.replace("/", " "))
    return f"{quantity}: {gap.reason}"


def _generated(results: Results, quantity: Quantity) -> bool:
    rows = results.metrics
    rows = rows[(rows["exercise"] == quantity.exercise) & (rows["variant"] == quantity.variant)]
    return "data" in rows and bool((rows["data"] == STAND_IN).any())


def _numbers(values: pd.Series) -> dict[int, float]:
    return {int(seed): float(value) for seed, value in values.items()}  # type: ignore[call-overload]
