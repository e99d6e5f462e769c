"""Trials of a tuning train like any run, without access to the test set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from practica.config.study import Block
from practica.errors import InputError, RunError
from practica.exercises.problem import BINARY, Problem, Samples
from training.blind import check_blind, spoil, train
from training.tiny_jobs import OFFICIAL, TRAINING

pytestmark = pytest.mark.keras

DENSE = Block("steps", "dense", (0, 1), "dense", "walks", {**OFFICIAL, "units": [8], "epochs": 4})
TRIALS = {
    "stacked": replace(DENSE, trial="t1"),
    "one by one": replace(DENSE, variant="conv", model="conv", settings={**DENSE.settings, "epochs": 1}, trial="t1"),
    "in one array": Block("own", "net", (0, 1), "net", "crescents", {**TRAINING, "epochs": 3}, trial="t1"),
}
"""In the last, the test part is the end of the one array that train and validation come from."""


def net(settings: Any) -> Any:
    import keras

    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)])


def problem(arrays: Any, settings: Any, seed: int, fold: int | None) -> Problem:
    every = Samples(np.asarray(arrays["x"]), np.asarray(arrays["y"]))
    return Problem(BINARY, *map(every.take, np.split(np.arange(200), [100, 160])))


@pytest.fixture(autouse=True)
def own_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica import exercises

    load, own = exercises.load, SimpleNamespace(net=net, problem=problem)
    monkeypatch.setattr(exercises, "load", lambda name: own if name == "own" else load(name))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with walks and crescents."""
    from practica.data import prepare

    folder = tmp_path_factory.mktemp("data")
    for name in ("walks", "crescents"):
        prepare(name, folder)
    return folder


@pytest.fixture(scope="module")
def spoilt(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same data with test sets that cannot be read or are not numbers."""
    return spoil(data, tmp_path_factory.mktemp("spoilt"), "prepared/crescents/x.npy")


@pytest.mark.parametrize("kind", TRIALS)
def test_a_trial_is_the_same_whatever_the_test_set_is(kind: str, data: Path, spoilt: Path, tmp_path: Path) -> None:
    check_blind(TRIALS[kind], data, spoilt, tmp_path)


def test_a_trial_trains_as_the_study_does(data: Path, tmp_path: Path) -> None:
    trial, plain = (train(block, data, tmp_path) for block in (TRIALS["stacked"], DENSE))
    assert "trial" not in plain
    for tried, run in zip(trial["runs"], plain["runs"], strict=True):
        assert tried["metrics"] == {part: run["metrics"][part] for part in ("train", "validation")}


def test_a_run_of_the_study_needs_the_test_set(spoilt: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="damaged"):
        train(DENSE, spoilt, tmp_path)


def test_test_metrics_of_a_trial_are_refused(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Problem, "without_test", lambda problem: problem)
    with pytest.raises(RunError, match=r"metrics\.json: runs\.0\.metrics: False"):
        train(replace(TRIALS["in one array"], seeds=(0,)), data, tmp_path)
