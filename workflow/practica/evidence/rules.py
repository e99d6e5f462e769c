"""The rules that decide a claim: what its quantity may be, and what the seeds then say of the claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from practica.evidence.claims import NEAR
from practica.evidence.estimates import ALPHA, NOISE, p_beyond

CONFIRMED = "confirmed"
NOT_CONFIRMED = "not confirmed"
UNDECIDED = "undecided"
NOT_COMPARABLE = "not comparable"
NOT_EVALUATED = "not evaluated"
VERDICTS = (CONFIRMED, NOT_CONFIRMED, UNDECIDED, NOT_COMPARABLE, NOT_EVALUATED)
"""What the seeds say of a claim and of its parts, under one protocol."""
ROBUST = "robust"
REPRODUCED = "reproduced"
DEPENDS = "depends on the settings"
NOT_REPRODUCED = "not reproduced"
OVERALL = (ROBUST, REPRODUCED, DEPENDS, NOT_REPRODUCED)
"""What several protocols say together of a claim; where they say nothing together, one of ``VERDICTS`` stands."""

FEWEST = 3
"""Fewer seeds, pairs of seeds or repetitions than this decide nothing."""
LEAST_P = 1e-300
"""No p is zero, so that each has a ratio to the one that is adjusted."""


@dataclass(frozen=True)
class Rule:
    """The values that a claim allows: those from ``low`` to ``high``, with both ends where it is ``closed``.

    ``smallest`` is the smallest effect of interest: what is shown to exceed an end by less is refuted like nothing at
    all, so that many seeds decide a claim whose effect is nil.
    """

    low: float = -math.inf
    high: float = math.inf
    closed: bool = False
    smallest: float = 0.0

    def allows(self, value: float) -> bool:
        """Say whether a value is allowed."""
        return self.low - self._slack <= value <= self.high + self._slack

    def p_values(
        self, least: np.ndarray, most: np.ndarray, scale: str, *, counted: bool = False, sequential: bool = False
    ) -> tuple[float, float]:
        """Return the p with which the values are allowed, and the p with which they are not.

        Each is twice a one-sided p: under ``ALPHA`` where the 95 % interval lies within the ends, or beyond one. For
        ``within`` and ``near`` the first is that of two one-sided tests. Where a value is known only to lie between
        two, ``least`` and ``most`` ``(seeds,)``, the one counts that is less in favour of the outcome.
        """
        how = {"counted": counted, "sequential": sequential}
        ends = [(self.low, "greater", "less", self.smallest), (self.high, "less", "greater", -self.smallest)]
        inside, outside = [], []
        for end, inward, outward, step in ends:
            if math.isfinite(end):
                inner, outer = (least, most) if inward == "greater" else (most, least)
                inside.append(p_beyond(inner, end, inward, scale, **how))
                outside.append(p_beyond(outer, end + step, outward, scale, **how))
        return _two_sided(max(inside)), _two_sided(min(outside))

    @property
    def _slack(self) -> float:
        return NOISE if self.closed else -NOISE


def above(bound: float) -> Rule:
    """Allow what is larger than ``bound``."""
    return Rule(low=bound)


def at_least(bound: float) -> Rule:
    """Allow ``bound`` and what is larger."""
    return Rule(low=bound, closed=True)


def below(bound: float) -> Rule:
    """Allow what is smaller than ``bound``."""
    return Rule(high=bound)


def at_most(bound: float) -> Rule:
    """Allow ``bound`` and what is smaller."""
    return Rule(high=bound, closed=True)


def within(margin: float) -> Rule:
    """Allow what differs from zero by no more than ``margin``: two variants count as equal."""
    return Rule(-margin, margin, closed=True)


RULES: Mapping[str, Callable[[float], Rule]] = {
    "above": above,
    "at_least": at_least,
    "below": below,
    "at_most": at_most,
    "within": within,
    NEAR: within,  # of the number that the source prints
}


def rule_of(name: str, bound: float, smallest: float = 0.0, printed: float = 0.0) -> Rule:
    """Return a declared rule; ``near`` is around the number that the source has ``printed``."""
    rule = replace(RULES[name](bound), smallest=smallest)
    return replace(rule, low=rule.low + printed, high=rule.high + printed) if name == NEAR else rule


def decide(p_values: tuple[float, float], adjusted: float) -> str:
    """Return the verdict that a rule's p-values give; ``adjusted`` is the lesser, corrected for all decisions at once.

    The correction that the lesser needs is applied to the other as well. Where both are small the effect is there, but
    smaller than of interest.
    """
    confirming, refuting = p_values
    least = min(p_values)
    factor = adjusted / least
    if refuting * factor < ALPHA:
        return NOT_CONFIRMED
    return CONFIRMED if confirming * factor < ALPHA else UNDECIDED


def _two_sided(p: float) -> float:
    return min(1.0, max(2 * p, LEAST_P))


def combine(verdicts: Iterable[str]) -> str:
    """Return the verdict on a claim from those on its parts, all of which it asserts.

    One refuted part refutes the claim. Otherwise a part on unequal terms leaves it not comparable, one without runs
    not evaluated, and an undecided one undecided.
    """
    found = set(verdicts)
    for verdict in (NOT_CONFIRMED, NOT_COMPARABLE, NOT_EVALUATED, UNDECIDED):
        if verdict in found:
            return verdict
    return CONFIRMED


def over_protocols(verdicts: Mapping[str, str], source: str) -> str:
    """Return the verdict on a claim from those under each protocol, of which ``source`` has the source's settings.

    Robust: confirmed under all. Reproduced: under the source's, while no other decides. Not reproduced: not confirmed
    under the source's, and confirmed under no other. Depends on the settings: confirmed under some, not under others.
    What the source's protocol leaves open stays so; a claim that it says nothing of has the verdict of the first.
    """
    found = set(verdicts.values())
    if {CONFIRMED, NOT_CONFIRMED} <= found:
        return DEPENDS
    if found == {CONFIRMED} and len(verdicts) > 1:
        return ROBUST
    own = verdicts.get(source, NOT_EVALUATED)
    if own in (CONFIRMED, NOT_CONFIRMED):
        return REPRODUCED if own == CONFIRMED else NOT_REPRODUCED
    return next(iter(verdicts.values())) if own == NOT_EVALUATED else own
