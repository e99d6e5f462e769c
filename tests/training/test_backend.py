"""The backend: faster kernel gradients of convolutions, and where they are used."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from practica.exercises.problem import Settings
from training.convolving import note_convolutions

pytestmark = pytest.mark.keras


@pytest.fixture(autouse=True)
def float32_again() -> Iterator[None]:
    """Restore the dtype policy of float32."""
    import keras

    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("padding", ["VALID", "SAME"])
@pytest.mark.parametrize(
    ("image", "kernel", "strides"),
    [
        ((5, 5), (3, 3), (1, 1)),
        ((13, 13), (3, 3), (2, 2)),
        ((12, 9), (4, 3), (2, 1)),
        ((8, 8), (1, 1), (2, 2)),
        ((7, 8), (2, 5), (3, 2)),
    ],
)
def test_its_convolution_has_the_values_and_gradients_of_tensorflows(
    padding: str, image: tuple[int, int], kernel: tuple[int, int], strides: tuple[int, int]
) -> None:
    import tensorflow as tf

    from practica.backend import convolution

    rng = np.random.default_rng(0)
    x, w = (tf.constant(rng.normal(size=shape), tf.float32) for shape in ((6, *image, 3), (*kernel, 3, 4)))

    # Without a fixed number of samples, since the last batch of an epoch has another.
    @tf.function(input_signature=[tf.TensorSpec((None, *image, 3)), tf.TensorSpec(w.shape)])
    def both(x: Any, w: Any) -> list[Any]:
        result = []
        for each in (tf.nn.conv2d, convolution):
            with tf.GradientTape() as tape:
                tape.watch([x, w])
                y = each(x, w, strides=strides, padding=padding)
                weighted = y * tf.reshape(tf.range(tf.size(y), dtype=tf.float32) % 7, tf.shape(y))
            result.append([y, *tape.gradient(weighted, [x, w])])
        return result

    theirs, ours = both(x, w)
    for expected, value in zip(theirs, ours, strict=True):
        assert expected.shape == value.shape
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    ("policy", "flags", "hastened"),
    [
        ("mixed_bfloat16", "avx512_bf16", [100, 16]),
        ("mixed_bfloat16", "avx512_bf16 amx_bf16", []),
        ("float32", "avx512_bf16", []),
    ],
)
def test_only_convolutions_with_small_outputs_in_bfloat16_take_it(
    policy: str, flags: str, hastened: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras
    from keras import layers

    from practica.training.convolutions import hasten_convolutions

    taken = note_convolutions(flags, tmp_path, monkeypatch)
    keras.config.set_dtype_policy(policy)
    convolutions = [layers.Conv2D(2, 3), layers.Conv2D(2, 2), layers.Conv2D(2, 3, strides=3, padding="same")]
    others = [layers.SeparableConv2D(2, 2), layers.Conv2D(2, 2, dilation_rate=2)]
    net = keras.Sequential([keras.Input((13, 13, 1)), *convolutions, *others])
    hasten_convolutions(net)
    net(np.zeros((1, 13, 13, 1), "float32"))
    assert [math.prod(size) for size in taken] == hastened


def test_training_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from practica.exercises.problem import MULTICLASS, Problem, Samples
    from practica.training.checkpoint import Checkpoints
    from practica.training.fit import Trainer

    def build(settings: Settings) -> keras.Model:
        layers = [keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(2, dtype="float32")]
        return keras.Sequential([keras.Input((6, 6, 1)), *layers])

    taken = note_convolutions("avx512_bf16", tmp_path, monkeypatch)
    rng = np.random.default_rng(0)
    samples = Samples(rng.normal(size=(20, 6, 6, 1)).astype("float32"), np.arange(20) % 2)
    settings = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 8, "epochs": 2}
    losses, calls = {}, {}
    for policy in ("mixed_bfloat16", "float32"):
        taken.clear()
        trainer = Trainer(build, Settings({**settings, "precision": policy}))
        outcome = trainer.fit(Problem(MULTICLASS, samples), 0, Checkpoints(tmp_path, policy).of(0, None))
        losses[policy], calls[policy] = outcome.metrics["train"]["loss"], len(taken)
    assert calls["mixed_bfloat16"] > 0
    assert calls["float32"] == 0
    assert losses["mixed_bfloat16"] == pytest.approx(losses["float32"], abs=0.02)
