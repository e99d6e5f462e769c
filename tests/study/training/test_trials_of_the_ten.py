"""Trials of the ten exercises have no access to the test set, however it is stored."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from practica.config.study import Block
from ten import needs
from training.tiny_jobs import OFFICIAL, runs

pytestmark = [pytest.mark.keras, needs("ej04/dense", "ej05/tanh5", "ej08/dense", "ej09/dense")]

DENSE = Block("ej08", "dense", (0, 1), "dense", "mnist", {**OFFICIAL, "epochs": 4, "bn_momentum": 0.9})
WORDS = {"words": 200, "review_length": 20, "embedding_dim": 4, "l2": 0.001, "dropout": 0.3}
REVIEWS = Block("ej04", "dense", (0,), "dense", "imdb", {**OFFICIAL, **WORDS, "epochs": 1}, trial="t1")
LOGISTIC = {**OFFICIAL, "test_fraction": 0.2, "epochs": 3}
TRIALS = {
    "stacked": replace(DENSE, trial="t1"),
    "one by one": replace(DENSE, variant="conv", model="conv", settings={**DENSE.settings, "epochs": 1}, trial="t1"),
    "permuted": replace(DENSE, exercise="ej09", settings={**DENSE.settings, "permute": True, "epochs": 1}, trial="t1"),
    "reviews": REVIEWS,
    "in one array": Block("ej05", "tanh5", (0, 1), "tanh5", "logistic", LOGISTIC, trial="t1"),
}
"""In the last, the test part is the end of the one array that train and validation come from."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the data sets that the trials need."""
    from practica.data import prepare

    folder = tmp_path_factory.mktemp("data")
    (folder / "empty").mkdir()
    for name in ("mnist", "imdb", "logistic"):
        prepare(name, folder, mirror=str(folder / "empty"), on_missing="stand-in")
    return folder


@pytest.fixture(scope="module")
def spoilt(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same data with test sets that cannot be read or are not numbers."""
    folder = tmp_path_factory.mktemp("spoilt")
    shutil.copytree(data / "prepared", folder / "prepared")
    for path in folder.glob("prepared/*/*_test.npy"):
        path.write_bytes(b"not to be read")
    path = folder / "prepared/logistic/x.npy"
    x = np.load(path)
    x[-len(x) // 5 :] = np.nan
    np.save(path, x)
    return folder


def train(block: Block, data: Path, results: Path) -> Any:
    from practica.jobs.job import run_job

    run_job(block, "code", data, results, 1, 0, None, 60.0)
    return json.loads((block.folder(results) / "metrics.json").read_text())


@pytest.mark.parametrize("kind", TRIALS)
def test_a_trial_is_the_same_whatever_the_test_set_is(kind: str, data: Path, spoilt: Path, tmp_path: Path) -> None:
    trial = TRIALS[kind]
    metrics = train(trial, data, tmp_path / "a")
    train(trial, spoilt, tmp_path / "b")
    assert runs(trial, tmp_path / "a") == runs(trial, tmp_path / "b")
    assert metrics["trial"] == "t1"
    assert {part for run in metrics["runs"] for part in run["metrics"]} == {"train", "validation"}
    with np.load(trial.folder(tmp_path / "a") / "arrays.npz") as arrays:
        assert not arrays.files
