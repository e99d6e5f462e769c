"""Trials of the ten exercises have no access to the test set, however it is stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from practica.config.study import Block
from ten import needs
from training.blind import check_blind, spoil
from training.tiny_jobs import OFFICIAL

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
    return spoil(data, tmp_path_factory.mktemp("spoilt"), "prepared/logistic/x.npy")


@pytest.mark.parametrize("kind", TRIALS)
def test_a_trial_is_the_same_whatever_the_test_set_is(kind: str, data: Path, spoilt: Path, tmp_path: Path) -> None:
    check_blind(TRIALS[kind], data, spoilt, tmp_path)
