"""The plain scripts train the study's nets correctly: the same parameters, each epoch in another order."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from practica import exercises
from practica.exercises.problem import Settings
from ten import ROOT, STUDY

pytestmark = pytest.mark.keras

PLAIN = {
    **{"ej01": ["linear"], "ej02": ["cifar", "xor_221", "xor_concat"], "ej03": ["l2", "dropout_l2", "bn_l2"]},
    **{"ej04": ["dense", "conv"], "ej05": ["tanh5"], "ej06": ["dense"], "ej07": ["autoencoder", "autoencoder_asym"]},
    **{"ej08": ["dense", "conv"], "ej09": ["dense", "conv"], "ej10": ["alexnet", "vgg16"]},
}
"""The nets that bench/plain builds: those of the ten in Keras."""
NETS = [
    (exercise, variant)
    for exercise in STUDY.exercises
    for variant in STUDY.variants(exercise)
    if STUDY.model(exercise, variant) in PLAIN.get(exercise, ())
]

WATCHED = """
import json
import keras
import numpy as np
import tensorflow as tf
from common import Run

seen = []

class Watched(keras.layers.Layer):
    def call(self, x, training=False):
        if training:
            tf.py_function(lambda batch: seen.extend(batch.numpy().ravel().astype(int).tolist()), [x], [])
        return x

run = Run()
model = keras.Sequential([keras.Input((1,)), Watched(), keras.layers.Dense(8)])
weights = model.get_weights()[0].tolist()
model.compile("sgd", "mse")
run.fit(model, np.arange(12.0)[:, None], np.zeros((12, 8)))
print(json.dumps({"weights": weights, "seen": seen}))
"""
"""A script that trains as the plain ones do, and tells how it began and which samples it saw."""


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that imports a plain script as Python does when it runs it."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(ROOT / "bench/plain")
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if name == "common" or name.startswith("ej"):
            del sys.modules[name]


@pytest.mark.parametrize(("exercise", "variant"), NETS, ids=["/".join(each) for each in NETS])
def test_both_sides_have_the_same_net(exercise: str, variant: str, plain: Any) -> None:
    dataset, model = STUDY.dataset(exercise, variant), STUDY.model(exercise, variant)
    settings = {**STUDY.settings(exercise, variant), "dataset": dataset}
    theirs = plain(exercise).build(model, settings)
    ours = getattr(exercises.load(exercise), model)(Settings(settings))
    assert theirs.count_params() == ours.count_params()
    assert shapes(theirs.trainable_weights) == shapes(ours.trainable_weights)


def shapes(weights: list[Any]) -> list[tuple[int, ...]]:
    """Return the shapes of all weights except those of seed generators, in order."""
    return [tuple(weight.shape) for weight in weights]


def test_a_plain_seed_decides_the_first_weights_and_every_epoch_has_another_order(tmp_path: Path) -> None:
    # In separate processes, as the scripts run: seeds that other tests have set would stay.
    spec = {"model": "", "dataset": "", "seeds": [3], "settings": {"batch_size": 4, "epochs": 3}}
    command = [sys.executable, "-c", WATCHED, "--spec", json.dumps(spec), "--data", str(tmp_path)]
    first, again = (
        json.loads(subprocess.run(command, cwd=ROOT / "bench/plain", check=True, capture_output=True).stdout)
        for _ in range(2)
    )
    assert first["weights"] == again["weights"]
    epochs = [first["seen"][start : start + 12] for start in (0, 12, 24)]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_plain_scripts_use_nothing_of_ours() -> None:
    for script in (ROOT / "bench/plain").glob("*.py"):
        text = script.read_text(encoding="utf-8")
        assert "import practica" not in text
        assert "from practica" not in text
