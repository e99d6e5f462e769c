"""Estimate how many seeds each claim needs if new seeds behave like the old ones, and choose the next seeds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from practica.address import TIMING, Quantity, VariantAddress
from practica.config.study import Study
from practica.evidence.claims import NEAR
from practica.evidence.estimates import ALPHA
from practica.evidence.rules import CONFIRMED, FEWEST, NOT_CONFIRMED, UNDECIDED, rule_of

MOST = 100_000
"""Beyond this many seeds nothing is predicted: the effect may lie on the bound itself."""
GROWTH = 2
"""A round at most multiplies the seeds by this, so that one wrong forecast does not use up the whole budget."""


@dataclass(frozen=True)
class Outlook:
    """What it would take to decide a part of a claim.

    Attributes:
        name: ``digits-a/speed``, followed by the protocol if there are several.
        variants: those whose seeds it compares.
        n: seeds, or pairs of seeds, that it has.
        target: how many would decide it if the new ones are like those; None if this is beyond ``MOST``, or unknown.
        seconds: the time to train the missing seeds, one after another.
        why: why more seeds alone do not decide it; empty if they may.
    """

    name: str
    verdict: str
    variants: tuple[VariantAddress, ...]
    n: int
    target: int | None = None
    seconds: float | None = None
    why: str = ""

    @property
    def open(self) -> bool:
        """Return whether more seeds may decide it."""
        return self.verdict not in (CONFIRMED, NOT_CONFIRMED) and not self.why


def outlooks(record: Mapping[str, Any], study: Study, seconds: Mapping[VariantAddress, float]) -> list[Outlook]:
    """Return the outlook of every part of ``claims.json``; ``seconds`` are those of one seed of each variant."""
    parts = [(claim, part) for claim in record["claims"] for part in claim["parts"]]
    undecided = sum(part["verdict"] == UNDECIDED for _, part in parts)
    return [_outlook(claim["id"], part, max(undecided, 1), study, seconds) for claim, part in parts]


def _outlook(
    claim: str, part: Mapping[str, Any], rivals: int, study: Study, seconds: Mapping[VariantAddress, float]
) -> Outlook:
    sides = [Quantity.parse(side["quantity"]) for side in (part["of"], part["other"]) if side]
    variants = tuple(dict.fromkeys((side.exercise, side.variant) for side in sides))
    protocol = f" ({part['protocol']})" if part.get("protocol") else ""
    n = part["estimate"]["n"] if part["estimate"] else 0
    outlook = Outlook(f"{claim}/{part['name']}{protocol}", part["verdict"], variants, n, why=_why(part, sides, study))
    if not outlook.open:
        return outlook
    target = foresee(part, rivals)
    if target is None:
        return Outlook(outlook.name, outlook.verdict, variants, n)
    cost = sum(
        len(new) * seconds.get(variant, np.nan) for variant, new in new_seeds(study, {}, variants, target).items()
    )
    return Outlook(outlook.name, outlook.verdict, variants, n, target, float(cost) if np.isfinite(cost) else None)


def _why(part: Mapping[str, Any], sides: Sequence[Quantity], study: Study) -> str:
    """Return why more seeds alone cannot decide a part."""
    if part["cause"] in ("unequal", "missing", "stand-in"):
        return f"{part['verdict']}: {part['reason']}"
    if any(side.split == TIMING for side in sides):
        return "its repetitions are no seeds: raise timing.repetitions"
    if any(side.exercise not in study.exercises for side in sides):
        return "it needs an exercise that is left out"
    return ""


def foresee(part: Mapping[str, Any], rivals: int = 1) -> int | None:
    """Return how many seeds would decide a part if further seeds repeat the existing ones; None beyond ``MOST``.

    ``rivals`` is the number of undecided parts: Holm's correction multiplies the smallest p by it.
    """
    values = np.array(list(part["by_seed"].values()), dtype=float)
    if len(values) < FEWEST:
        return FEWEST
    ((name, bound),) = part["rule"].items()
    rule = rule_of(name, bound, part["smallest"], float(part["of"]["source"]) if name == NEAR else 0.0)
    scale = part["estimate"]["scale"]

    def decided(n: int) -> bool:
        again = np.resize(values, n)
        return min(rule.p_values(again, again, scale, sequential=True)) * rivals < ALPHA

    high = len(values)
    while not decided(high):
        if high > MOST:
            return None
        high *= 2
    low = max(high // 2, len(values))
    while high - low > max(1, low // 50):
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return high if high > len(values) else len(values) + 1


def new_seeds(
    study: Study, extra: Mapping[VariantAddress, Collection[int]], variants: Sequence[VariantAddress], n: int
) -> dict[VariantAddress, set[int]]:
    """Return the seeds that variants lack to have ``n`` each, the same for all of them; in whole jobs.

    ``extra`` are seeds that they already have besides those of the study.
    """
    has = {variant: {*study.seeds(*variant), *extra.get(variant, ())} for variant in variants}
    pool = sorted(set.union(*has.values()))
    pool += range(pool[-1] + 1, pool[-1] + 1 + max(n - len(pool), 0))
    targets = pool[:n]
    return {variant: {*_whole_jobs(study, variant, targets)} - has[variant] for variant in variants}


def _whole_jobs(study: Study, variant: VariantAddress, seeds: Sequence[int]) -> set[int]:
    """Return the seeds, with all that train in one job with the new ones, so that no job runs twice."""
    size, own = study.seeds_per_job(*variant), set(study.seeds(*variant))
    groups = {seed // size for seed in seeds if seed not in own}
    return {*seeds, *(seed for group in groups for seed in range(group * size, (group + 1) * size))}


def next_round(
    study: Study, parts: Sequence[Outlook], seconds: Mapping[VariantAddress, float], budget: float
) -> dict[VariantAddress, set[int]]:
    """Return the new seeds of each variant for one round of at most ``budget`` seconds, cheapest parts first.

    A part gets as many seeds as should decide it, but at most ``GROWTH`` times as many as it has.
    """
    extra: dict[VariantAddress, set[int]] = {}
    candidates = [each for each in parts if each.open and all(variant in seconds for variant in each.variants)]
    for each in sorted(candidates, key=lambda each: np.inf if each.seconds is None else each.seconds):
        most = max(each.n * GROWTH, FEWEST)
        for n in dict.fromkeys((min(each.target or most, most), each.n + 1)):
            more = new_seeds(study, extra, each.variants, n)
            cost = sum(len(new) * seconds[variant] for variant, new in more.items())
            if cost <= budget:
                budget -= cost
                extra |= {variant: extra.get(variant, set()) | new for variant, new in more.items() if new}
                break
    return extra
