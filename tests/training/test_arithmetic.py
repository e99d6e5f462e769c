"""The arithmetic of a training step, against counts by hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from practica.config.study import Block
from training.tiny_jobs import few

pytestmark = pytest.mark.keras

FORWARD = {
    "dense": 2 * 7 * 5,
    "strided convolution": 2 * (3 * 3 * 3 * 4) * 4 * 4,
    "transposed convolution": 2 * (3 * 3 * 3 * 5) * 8 * 8,
    "depthwise convolution": 2 * (3 * 3 * 3) * 8 * 8,
    "recurrent": 2 * (3 * 16 + 4 * 16) * 6,
    "attention": 2 * 4 * (8 * 2 * 4) * 6,
    "applied twice": 2 * 2 * 3 * 3,
    "embedding": 2 * 6 * 3 * 1,
    "without shapes of its own": 2 * 7 * 5,
}


def net(name: str):
    import keras
    from keras import layers

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.inner = layers.Dense(5)

        def call(self, x):
            return self.inner(x)

    if name == "without shapes of its own":
        return Own(), np.ones((3, 7), "float32")
    shapes = {"dense": (7,), "recurrent": (6, 3), "attention": (6, 8), "applied twice": (3,), "embedding": (6,)}
    inputs = keras.Input(shapes.get(name, (8, 8, 3)))
    dense, attention = layers.Dense(3), layers.MultiHeadAttention(2, 4)
    outputs = {
        "dense": layers.Dense(5),
        "strided convolution": layers.Conv2D(4, 3, strides=2, padding="same"),
        "transposed convolution": layers.Conv2DTranspose(5, 3, strides=2, padding="same"),
        "depthwise convolution": layers.DepthwiseConv2D(3, padding="same"),
        "recurrent": layers.LSTM(4),
        "attention": lambda x: attention(x, x),
        "applied twice": lambda x: dense(dense(x)),
        "embedding": lambda x: layers.Dense(1)(layers.Flatten()(layers.Embedding(9, 3)(x))),
    }[name](inputs)
    return keras.Model(inputs, outputs), np.ones((2, *inputs.shape[1:]), "float32")


@pytest.mark.parametrize("name", FORWARD)
def test_a_pass_forward_is_counted_as_by_hand(name: str) -> None:
    from practica.training.arithmetic import step_flop

    model, inputs = net(name)
    model(inputs)
    assert step_flop(model, inputs, 10) == 3 * 10 * FORWARD[name]
    assert "call" not in {key for layer in model.layers for key in vars(layer)}


def test_the_rehearsal_counts_a_step_of_at_most_all_samples() -> None:
    from practica.training.rehearsal import rehearse

    recipe = {"optimizer": "adam", "learning_rate": 0.01, "epochs": 2, "validation_fraction": 0.25, "units": [8]}
    arrays = {f"x_{part}": np.zeros((80, 16), "int8") for part in ("train", "test")}
    arrays |= {f"y_{part}": np.arange(80) % 3 for part in ("train", "test")}
    by_batch = {
        size: rehearse(Block("steps", "dense", (0,), "dense", "walks", {**recipe, "batch_size": size}), arrays)
        for size in (1, 20, 1000)
    }
    assert by_batch[1] > 0
    assert by_batch[20] == 20 * by_batch[1]
    assert by_batch[1000] == 60 * by_batch[1]


def test_a_net_by_hand_needs_no_gpu() -> None:
    from practica.training.rehearsal import rehearse

    arrays = {"x": np.random.default_rng(0).normal(size=(20, 2)), "y": np.arange(20) % 2}
    assert rehearse(few("dense_numpy", epochs=2, validation_fraction=0.5), arrays) == 0


@pytest.mark.parametrize(("gpu", "visible"), [("0", "-1"), ("1", "0")])
def test_a_training_of_the_workflow_uses_a_gpu_only_if_it_requested_one(
    gpu: str, visible: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from practica.cli import main

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    spec = Block("moons", "raw", (0,), "dense", "crescents", {}).specification()
    words = ["train", "--spec", spec, "--data", str(tmp_path / "none"), "--results", str(tmp_path), "--gpu", gpu]
    assert CliRunner().invoke(main, words).exit_code
    assert os.environ["CUDA_VISIBLE_DEVICES"] == visible


def test_what_comes_before_any_variable_is_common_to_all_nets() -> None:
    """A layer that drops inputs has variables, too: the state of its random numbers."""
    import keras
    from keras import layers

    from practica.training.arithmetic import values_a_sample

    def net(*first: keras.Layer) -> keras.Model:
        return keras.Sequential([keras.Input((2, 3)), *first, layers.Dense(5), layers.Flatten(), layers.Dense(1)])

    one, rest = np.ones((4, 2, 3), "float32"), 10 + 10 + 1 + 1  # the last is the net's own output
    assert values_a_sample(net(layers.Rescaling(0.5)), one) == (6 + 6, rest)
    assert values_a_sample(net(layers.Dropout(0.5), layers.Rescaling(0.5)), one) == (6, 6 + 6 + rest)
