"""Compute medians and their spread, ratios within a repetition, and times of runs longer than those measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """The median of repeated measurements, the smallest and the largest, and their number."""

    median: float
    low: float
    high: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Return the median of ``values`` and their range."""
    return Spread(median(values), min(values), max(values), len(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio in each repetition: a disturbance of the machine then affects both parts."""
    return [a / b for a, b in zip(above, below, strict=True)]


@dataclass(frozen=True)
class Length:
    """A run of some number of epochs, and its time."""

    epochs: int
    seconds: float


def per_epoch(short: Length, long: Length) -> float:
    """Return the seconds of one epoch, from two lengths that share everything else, including start and tracing.

    Raises:
        ValueError: the long run is not longer, or did not take longer.
    """
    if long.epochs <= short.epochs or long.seconds <= short.seconds:
        raise ValueError(f"{long} must have more epochs and seconds than {short}")
    return (long.seconds - short.seconds) / (long.epochs - short.epochs)


def start_up(short: Length, long: Length) -> float:
    """Return the seconds of a run without epochs."""
    return short.seconds - short.epochs * per_epoch(short, long)


def extrapolated(short: Length, long: Length, epochs: int) -> float:
    """Return the seconds of a run of ``epochs``, extrapolated from two shorter ones."""
    return start_up(short, long) + epochs * per_epoch(short, long)


def same_band(one: float, other: float, tolerance: float) -> bool:
    """Return whether two results differ by at most ``tolerance``."""
    return abs(one - other) <= tolerance


@dataclass(frozen=True)
class Least:
    """The least seconds of a training: ``start`` and ``trace``, then the longest of the three others."""

    start: float
    trace: float
    products: float
    traffic: float
    launches: float

    @property
    def seconds(self) -> float:
        """Return the least seconds of the whole training."""
        return self.start + self.trace + max(self.products, self.traffic, self.launches)
