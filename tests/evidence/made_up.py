"""Collected tables of imaginary runs: a world in which the source is right, and ways to change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evidence.factory import make_study
from practica.address import RUNNING
from practica.config.study import Study
from practica.evidence.collect import HISTORY_COLUMNS, METRICS_COLUMNS, write_table

SEEDS = 12
EPOCHS = 20
Levels = Mapping[str, tuple[float | None, float | None, float | None]]
FAST = [0.6, 0.98, *[1.0] * 18]
"""The course of a curve as a share of its last value: it is all but there in the second epoch."""
SLOW = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.96, *[1.0] * 12]
"""It is there in the ninth."""
LATE = [0.5, 0.5, 0.51, 0.6, 0.75, 0.85, *[0.86] * 9, 0.865, 0.87, 0.875, 0.878, 0.88]
"""Accuracies that stay at chance for three epochs, are up in the sixth, and still rise at the end."""

# Final values of variants that measure accuracy, on train, validation and test, if every claim holds.
ACCURACIES: Levels = {
    "moons/raw": (0.80, 0.75, None),
    "moons/corrected": (0.81, 0.76, None),
    "moons/deeper": (1.0, 0.77, None),
    "steps/dense": (0.98, 0.96, 0.95),
    "steps/conv": (0.99, 0.98, 0.98),
}
FOLDS = {"moons/raw": 0.04, "moons/corrected": 0.02}
"""How far the validation accuracy of the folds lies apart."""


def share(accuracies: Sequence[float]) -> list[float]:
    """Return a curve of accuracies as shares of the last."""
    return [value / accuracies[-1] for value in accuracies]


class World:
    """Final values and validation curves by seed; each test changes what it is about.

    Attributes:
        levels: final accuracies of the world in which every claim holds.
        others: its final values of other metrics, by ``exercise/variant/split/metric``.
        slow: the variants whose curves rise late.
        own_courses: the curves of particular variants.
        by_loss: the variants that record the loss instead of the accuracy.
        folds: the spread of the validation accuracy over the folds.
        twins: nets and their hand-written twins.
    """

    levels: Levels = ACCURACIES
    others: Mapping[str, float] = {}
    slow: Sequence[str] = ("steps/dense",)
    own_courses: Mapping[str, Sequence[float]] = {}
    by_loss: Sequence[str] = ()
    folds: Mapping[str, float] = FOLDS
    twins: Mapping[str, str] = {"moons/raw": "moons/raw_numpy"}

    def __init__(self, seeds: int = SEEDS) -> None:
        self.seeds = seeds
        self.final: dict[str, np.ndarray] = {}
        self.courses: dict[str, list[Sequence[float]]] = {}
        self.fold_spread = dict(self.folds)
        self.fold_noise = {variant: self._jitter(0.01, place) - 0.01 for place, variant in enumerate(self.folds)}
        self.stand_in: set[str] = set()
        self.speedup: dict[str, tuple[float, ...]] = dict.fromkeys(self.twins, (3.0, 2.6, 3.5))
        self.repetitions = 5
        for place, (variant, values) in enumerate(self.levels.items()):
            for split, value in zip(("train", "validation", "test"), values, strict=True):
                if value is not None:
                    self.final[f"{variant}/{split}/accuracy"] = self._jitter(value, place)
            self.courses[variant] = [SLOW if variant in self.slow else FAST]
        for variant, course in self.own_courses.items():
            self.courses[variant] = [course]
        for place, (name, value) in enumerate(self.others.items()):
            self.final[name] = self._jitter(value, place)

    def study(self) -> Study:
        """Return the imaginary study."""
        return make_study(seeds=self.seeds)

    def shift(self, name: str, by: float | Sequence[float]) -> None:
        """Add a number, or one for each seed, to final values."""
        self.final[name] = self.final[name] + by

    def drop(self, variant: str) -> None:
        """Remove all runs and timings of a variant."""
        self.speedup = {net: each for net, each in self.speedup.items() if variant not in (net, self.twins[net])}
        self.final = {name: values for name, values in self.final.items() if not name.startswith(f"{variant}/")}

    def write(self, folder: Path) -> Study:
        """Write the collected tables and timings, and return the study."""
        rows = [row for name, values in self.final.items() for row in self._rows(name, values)] + self._times()
        write_table(folder / "metrics.csv", pd.DataFrame(rows, columns=METRICS_COLUMNS).astype({"fold": "Int64"}))
        curves = pd.DataFrame(self._curves(), columns=HISTORY_COLUMNS).astype({"fold": "Int64"})
        write_table(folder / "history.csv.gz", curves)
        return self.study()

    def _jitter(self, value: float, place: int) -> np.ndarray:
        """Return the value with a little noise by seed, but exactly one if nothing can be better."""
        noise = np.random.default_rng(place).uniform(-1, 1, self.seeds) * 1e-3 * value
        return np.full(self.seeds, value) + (0 if value == 1 else noise)

    def _rows(self, name: str, values: np.ndarray) -> list[tuple[Any, ...]]:
        exercise, variant, split, metric = name.split("/")
        name = f"{exercise}/{variant}"
        spread = self.fold_spread.get(name, 0.0) + self.fold_noise.get(name, np.zeros(self.seeds))
        folds: list[int | None] = list(range(5)) if name in self.fold_spread else [None]
        return [
            (exercise, variant, seed, fold, split, named, value + offset, self._data(name))
            for named in ([metric, f"{RUNNING}{metric}"] if split == "train" else [metric])
            for seed, value in enumerate(values)
            for fold in folds
            for offset in [0.0 if fold is None or split != "validation" else spread[seed] * (fold - 2) / 2]
        ]

    def _curves(self) -> list[tuple[Any, ...]]:
        return [
            (*variant.split("/"), seed, None, epoch, split, how + metric, part * value, self._data(variant))
            for variant, courses in self.courses.items()
            for metric in ["loss" if variant in self.by_loss else "accuracy"]
            for split, how in (("train", RUNNING), ("validation", ""))
            for seed, value in enumerate(self.final.get(f"{variant}/{split}/{metric}", ()))
            for epoch, part in enumerate(courses[seed % len(courses)], start=1)
        ]

    def _data(self, variant: str) -> str:
        return "STAND-IN" if variant in self.stand_in else "real"

    def _times(self) -> list[tuple[Any, ...]]:
        """Return milliseconds per epoch of every net and its twin, by repetition."""
        rows = []
        for net, (median, low, high) in self.speedup.items():
            for repetition, ratio in enumerate([low, median, high, low, high][: self.repetitions]):
                for name, value in ((net, 10 + repetition), (self.twins[net], ratio * (10 + repetition))):
                    key = (*name.split("/"), repetition, None, "timing", "ms_per_epoch")
                    rows.append((*key, value, self._data(net)))
        return rows


Change = Callable[[World], None]


def shifted(name: str, by: float | Sequence[float]) -> Change:
    """Return a change that adds a number, or one for each seed, to final values."""
    return lambda world: world.shift(name, by)


def torn(name: str, by: float) -> Change:
    """Return a change that adds a number for half of the seeds and subtracts it for the others."""
    return lambda world: world.shift(name, [by if seed % 2 else -by for seed in range(world.seeds)])


def going(variant: str, *courses: Sequence[float]) -> Change:
    """Return a change of a variant's curve; if there are several curves, the seeds take turns."""
    return lambda world: world.courses.__setitem__(variant, list(courses))


def timed(net: str, *speedup: float) -> Change:
    """Return a change of a net's speed-up: median, lowest and highest."""
    return lambda world: world.speedup.__setitem__(net, speedup)


def moved(name: str, by: float, up_and_down: float | None = None) -> tuple[Change, Change]:
    """Return changes of a final value: one for all seeds, and one up and down in turn."""
    return shifted(name, by), torn(name, up_and_down or abs(by))


def slowed(net: str) -> tuple[Change, Change]:
    """Return changes of a speed-up: to no gain, and to a range across the bound."""
    return timed(net, 1.0, 0.9, 1.2), timed(net, 2.1, 1.8, 2.6)


def spread(variant: str) -> tuple[Change, Change]:
    """Return changes of the spread over the folds: larger, and equal to the other variant's except for noise."""

    def noisy(world: World) -> None:
        world.fold_spread = dict.fromkeys(world.fold_spread, 0.04)
        rng = np.random.default_rng(3)
        world.fold_noise = {variant: rng.uniform(-0.02, 0.02, world.seeds)}

    return lambda world: world.fold_spread.update({variant: 0.08}), noisy


def part_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the verdict entry of a part of a claim."""
    return next(part for part in record["parts"] if part["name"] == name)
