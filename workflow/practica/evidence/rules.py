"""The rules that decide a claim: what its quantity may be, and what an interval then says of the claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

CONFIRMED = "confirmed"
NOT_CONFIRMED = "not confirmed"
UNDECIDED = "undecided"
NOT_EVALUATED = "not evaluated"
VERDICTS = (CONFIRMED, NOT_CONFIRMED, UNDECIDED, NOT_EVALUATED)

FEWEST = 5
"""Fewer seeds, pairs of seeds or repetitions than this decide nothing."""
NOISE = 1e-9
"""What float arithmetic may add to a difference of two accuracies; it must not tip an interval over its bound."""


@dataclass(frozen=True)
class Rule:
    """The values that a claim allows: those from ``low`` to ``high``, with both ends where it is ``closed``."""

    low: float = -math.inf
    high: float = math.inf
    closed: bool = False

    def allows(self, low: float, high: float | None = None) -> bool:
        """Say whether the value ``low``, or everything from it to ``high``, is allowed."""
        return self.low - self._slack <= low and (low if high is None else high) <= self.high + self._slack

    def decide(self, low: float, high: float, n: int) -> str:
        """Return what the interval from ``low`` to ``high``, over ``n`` seeds, says of the claim.

        Confirmed if the whole interval is allowed, not confirmed if none of it is, else undecided; undecided in any
        case below ``FEWEST``.
        """
        if n < FEWEST:
            return UNDECIDED
        if self.allows(low, high):
            return CONFIRMED
        return NOT_CONFIRMED if high < self.low - self._slack or low > self.high + self._slack else UNDECIDED

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
}


def combine(verdicts: Iterable[str]) -> str:
    """Return the verdict on a claim from those on its parts, all of which it asserts.

    One refuted part refutes the claim. Otherwise a part without runs leaves it not evaluated, and an undecided one
    undecided.
    """
    found = set(verdicts)
    for verdict in (NOT_CONFIRMED, NOT_EVALUATED, UNDECIDED):
        if verdict in found:
            return verdict
    return CONFIRMED
