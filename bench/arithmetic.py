"""Work out medians and their spread, ratios within a repetition, and lengths beyond those that were measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """The median of repeated measurements, the smallest and the largest, and how many there are."""

    median: float
    low: float
    high: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Return the median of ``values`` and their range."""
    return Spread(median(values), min(values), max(values), len(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each repetition: what disturbs the machine for a while then disturbs both of its parts."""
    return [a / b for a, b in zip(above, below, strict=True)]


@dataclass(frozen=True)
class Length:
    """A run of so many epochs, and how long it took."""

    epochs: int
    seconds: float


def per_epoch(short: Length, long: Length) -> float:
    """Return the seconds of one epoch: two lengths differ in nothing else, start and tracing included.

    Raises:
        ValueError: the long run is not longer, or did not take longer.
    """
    if long.epochs <= short.epochs or long.seconds <= short.seconds:
        raise ValueError(f"{long} must have more epochs and seconds than {short}")
    return (long.seconds - short.seconds) / (long.epochs - short.epochs)


def start_up(short: Length, long: Length) -> float:
    """Return the seconds of a run that has no epochs."""
    return short.seconds - short.epochs * per_epoch(short, long)


def extrapolated(short: Length, long: Length, epochs: int) -> float:
    """Return the seconds that a run of ``epochs`` takes, from two shorter ones."""
    return start_up(short, long) + epochs * per_epoch(short, long)


def same_band(one: float, other: float, tolerance: float) -> bool:
    """Return whether two results differ by no more than ``tolerance``."""
    return abs(one - other) <= tolerance
