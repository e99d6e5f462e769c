"""The rules that decide a claim: which values its quantity may have, and what the seeds then say about the claim."""

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
"""What the seeds say about a claim and its parts, under one protocol."""
ROBUST = "robust"
REPRODUCED = "reproduced"
DEPENDS = "depends on the settings"
NOT_REPRODUCED = "not reproduced"
OVERALL = (ROBUST, REPRODUCED, DEPENDS, NOT_REPRODUCED)
"""What several protocols together say about a claim; if none of these applies, it keeps one of ``VERDICTS``."""

FEWEST = 3
"""Fewer seeds, pairs of seeds or repetitions than this decide nothing."""
LEAST_P = 1e-300
"""No p is zero, so that the ratio to its adjusted value exists."""


@dataclass(frozen=True)
class Rule:
    """The values that a claim allows: from ``low`` to ``high``, including the ends if it is ``closed``.

    ``smallest`` is the smallest effect of interest: a quantity that is shown to exceed an end by less counts as no
    effect and is refuted, so that many seeds decide a claim whose effect is nil.
    """

    low: float = -math.inf
    high: float = math.inf
    closed: bool = False
    smallest: float = 0.0

    def allows(self, value: float) -> bool:
        """Return whether a value is allowed."""
        return self.low - self._slack <= value <= self.high + self._slack

    def settle(self, value: float) -> str:
        """Return the verdict on a value that no seed can change: nothing is tested."""
        enough = Rule(self.low + self.smallest, self.high - self.smallest, closed=True)
        return CONFIRMED if self.allows(value) and enough.allows(value) else NOT_CONFIRMED

    def p_values(
        self, least: np.ndarray, most: np.ndarray, scale: str, *, sequential: bool = False
    ) -> tuple[float, float]:
        """Return the p with which the values are allowed, and the p with which they are not.

        Each is twice a one-sided p: under ``ALPHA`` if the 95 % interval lies within the ends, or beyond one. For
        ``within`` and ``near`` the first is that of two one-sided tests. If a value is known only to lie between two,
        ``least`` and ``most`` ``(seeds,)``, the one that favours the outcome less counts.
        """
        ends = [(self.low, "greater", "less", self.smallest), (self.high, "less", "greater", -self.smallest)]
        inside, outside = [], []
        for end, inward, outward, step in ends:
            if math.isfinite(end):
                inner, outer = (least, most) if inward == "greater" else (most, least)
                inside.append(p_beyond(inner, end, inward, scale, sequential=sequential))
                outside.append(p_beyond(outer, end + step, outward, scale, sequential=sequential))
        return _two_sided(max(inside)), _two_sided(min(outside))

    @property
    def _slack(self) -> float:
        return NOISE if self.closed else -NOISE


def above(bound: float) -> Rule:
    """Allow values larger than ``bound``."""
    return Rule(low=bound)


def at_least(bound: float) -> Rule:
    """Allow ``bound`` and larger values."""
    return Rule(low=bound, closed=True)


def below(bound: float) -> Rule:
    """Allow values smaller than ``bound``."""
    return Rule(high=bound)


def at_most(bound: float) -> Rule:
    """Allow ``bound`` and smaller values."""
    return Rule(high=bound, closed=True)


def within(margin: float) -> Rule:
    """Allow values that differ from zero by at most ``margin``: two variants count as equal."""
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
    """Return a declared rule; ``near`` allows values around the number that the source has ``printed``."""
    rule = replace(RULES[name](bound), smallest=smallest)
    return replace(rule, low=rule.low + printed, high=rule.high + printed) if name == NEAR else rule


def decide(p_values: tuple[float, float], adjusted: float) -> str:
    """Return the verdict from a rule's p-values; ``adjusted`` is the smaller one, corrected for all decisions at once.

    The other one is corrected by the same factor. If both are small, there is an effect, but smaller than of interest.
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
    """Return the verdict on a claim from those on its parts; the claim asserts all of them.

    One refuted part refutes the claim. Otherwise a part on unequal terms makes it not comparable, one without runs not
    evaluated, and an undecided one undecided.
    """
    distinct = set(verdicts)
    for verdict in (NOT_CONFIRMED, NOT_COMPARABLE, NOT_EVALUATED, UNDECIDED):
        if verdict in distinct:
            return verdict
    return CONFIRMED


def over_protocols(verdicts: Mapping[str, str], source: str) -> str:
    """Return the verdict on a claim from those under each protocol; ``source`` is the one with the source's settings.

    Robust: confirmed under all that evaluate it, of which there are several. Reproduced: confirmed under the source's,
    and refuted under no other. Not reproduced: not confirmed under the source's, and confirmed under no other. Depends
    on the settings: confirmed under some, not confirmed under others. Otherwise the verdict under the source's protocol
    counts; if the claim is not evaluated under it, that of the first protocol that evaluates it.
    """
    evaluated = [verdict for verdict in verdicts.values() if verdict != NOT_EVALUATED]
    if {CONFIRMED, NOT_CONFIRMED} <= set(evaluated):
        return DEPENDS
    if set(evaluated) == {CONFIRMED} and len(evaluated) > 1:
        return ROBUST
    own = verdicts.get(source, NOT_EVALUATED)
    if own in (CONFIRMED, NOT_CONFIRMED):
        return REPRODUCED if own == CONFIRMED else NOT_REPRODUCED
    return next(iter(evaluated), NOT_EVALUATED) if own == NOT_EVALUATED else own
