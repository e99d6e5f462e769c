"""Small generated arrays in the shapes of the real data sets, and the settings of the study's variants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from practica import exercises
from practica.config.study import Study
from practica.exercises.problem import Arrays, Problem, Settings
from ten import STUDY, runs

PER_CLASS = 12

collect_ignore = [] if "ej02" in STUDY.exercises else ["test_numpy_nets.py"]  # it imports that exercise's own module


def images(shape: tuple[int, ...], classes: int) -> Arrays:
    rng = np.random.default_rng(0)

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.integers(0, 256, (count, *shape), dtype=np.uint8), (np.arange(count) % classes).astype(np.uint8)

    (x_train, y_train), (x_test, y_test) = part(PER_CLASS * classes), part(2 * classes)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def reviews() -> Arrays:
    rng = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 200), ("test", 60)):
        offsets = np.concatenate([[0], np.cumsum(rng.integers(5, 700, count))])
        arrays[f"tokens_{part}"] = rng.integers(1, 10_000, offsets[-1]).astype(np.uint16)
        arrays[f"offsets_{part}"] = offsets
        arrays[f"y_{part}"] = (np.arange(count) % 2).astype(np.uint8)
    return arrays


def boston() -> Arrays:
    rng = np.random.default_rng(0)
    return {"x": rng.normal(5, 3, (120, 13)), "y": rng.uniform(5, 50, 120)}


def pima() -> Arrays:
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 100, (150, 8))
    x[rng.random(x.shape) < 0.2] = 0
    return {"x": x, "y": (np.arange(150) % 3 == 0).astype(np.uint8)}


def logistic() -> Arrays:
    x = np.empty(1000)
    x[0] = 0.3
    for t in range(1, len(x)):
        x[t] = 4 * x[t - 1] * (1 - x[t - 1])
    return {"x": x}


def xor() -> Arrays:
    x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], dtype=np.float32)
    return {"x": x, "y": -x[:, :1] * x[:, 1:]}


@pytest.fixture(scope="session")
def arrays() -> dict[str, Arrays]:
    return {
        "boston": boston(),
        "cifar10": images((32, 32, 3), 10),
        "cifar100": images((32, 32, 3), 100),
        "imdb": reviews(),
        "logistic": logistic(),
        "mnist": images((28, 28), 10),
        "pima": pima(),
        "xor": xor(),
    }


@pytest.fixture(scope="session")
def study() -> Study:
    return STUDY


@pytest.fixture(scope="session")
def settings_of(study: Study) -> Callable[..., Settings]:
    """Return a function that returns a variant's settings as training sees them, with changes."""

    def settings(exercise: str, variant: str, **over: Any) -> Settings:
        if not runs(f"{exercise}/{variant}"):
            pytest.skip(f"the study does not run {exercise}/{variant}")
        dataset = study.dataset(exercise, variant)
        return Settings({**study.settings(exercise, variant), "dataset": dataset, **over})

    return settings


@pytest.fixture(scope="session")
def problem_of(study: Study, arrays: dict[str, Arrays], settings_of: Callable[..., Settings]) -> Callable[..., Problem]:
    """Return a function that returns a variant's problem on the small arrays."""

    def problem(exercise: str, variant: str, seed: int = 0, fold: int | None = None, **over: Any) -> Problem:
        settings = settings_of(exercise, variant, **over)
        return exercises.load(exercise).problem(arrays[settings.dataset], settings, seed, fold)

    return problem
