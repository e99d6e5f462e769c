"""The result of a measurement: one row of the table, with its goal and whether it was reached."""

from __future__ import annotations

from dataclasses import dataclass

from bench.arithmetic import Spread

REACHED, MISSED, DIFFERENT, FAILED, NO_GOAL = "reached", "MISSED", "RESULTS DIFFER", "NOT MEASURED", ""


@dataclass(frozen=True)
class Goal:
    """A bound: ``at least`` or ``under`` a value."""

    kind: str
    value: float

    def met(self, value: float) -> bool:
        """Return whether ``value`` respects the bound."""
        return value >= self.value if self.kind == "at least" else value < self.value

    def __str__(self) -> str:
        return f"{self.kind} {self.value:g}"


def at_least(value: float) -> Goal:
    """Return the goal of reaching ``value``."""
    return Goal("at least", value)


def under(value: float) -> Goal:
    """Return the goal of staying below ``value``."""
    return Goal("under", value)


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        seconds: how long it took.
        peak_mb: the largest memory of any of its processes.
        result: the compared metric, the mean over the seeds that both sides trained.
    """

    seconds: Spread | None = None
    peak_mb: float | None = None
    result: float | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        measure: what is measured.
        unit: of the value.
        value: the median over the repetitions and their range; None if nothing could be measured.
        goal: what it must reach, if anything.
        other, ours: the two sides, if it is a comparison.
        same: whether both sides have the same results; None if there are none to compare.
        note: the numbers behind the value.
    """

    measure: str
    unit: str
    value: Spread | None
    goal: Goal | None = None
    other: Side = Side()
    ours: Side = Side()
    same: bool | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Return the row's verdict; different results are a failure, whatever the speed."""
        if self.value is None:
            return FAILED
        if self.same is False:
            return DIFFERENT
        if self.goal is None:
            return NO_GOAL
        return REACHED if self.goal.met(self.value.median) else MISSED
