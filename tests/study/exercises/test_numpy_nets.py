"""The hand-written nets: their gradients compared with finite differences, their training with their Keras twins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from practica import exercises
from practica.config.study import Study
from practica.exercises.problem import MULTICLASS, ONEHOT, SIGN, Samples, Settings
from study.ej02.numpy_net import NumpyNet
from ten import runs

NETS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "mse": ({"sizes": (6, 4, 3), "activations": ("sigmoid", "linear")}, {"loss": "mse", "l2": 0.01}),
    "cross_entropy": ({"sizes": (6, 4, 3), "activations": ("sigmoid", "linear")}, {"loss": "cross_entropy", "l2": 0.1}),
    "tanh": ({"sizes": (2, 2, 1), "activations": ("tanh", "tanh")}, {}),
    "concat": ({"sizes": (2, 1, 1), "activations": ("tanh", "tanh"), "concat": True}, {"l2": 0.02}),
}

TWINS = ("cifar_mse", "cifar_xent", "xor_221", "xor_concat")
"""The nets of Keras that have a twin by hand."""
OPTIMIZERS = [
    {"optimizer": "adam", "learning_rate": 0.001},
    {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9},
]


@pytest.mark.parametrize("name", NETS)
def test_gradients_agree_with_finite_differences(name: str) -> None:
    shape, settings = NETS[name]
    net = NumpyNet(**shape, settings=Settings({"optimizer": "sgd", "learning_rate": 0.1, **settings}), dtype=np.float64)
    net.initialise(1)
    rng = np.random.default_rng(0)
    inputs, _, outputs = shape["sizes"]
    x = rng.normal(size=(5, inputs))
    y = rng.integers(0, outputs, 5) if name == "cross_entropy" else rng.normal(size=(5, outputs))
    _, gradients = net.gradients(x, y)
    for key, weight in net.parameters().items():
        numeric = np.empty_like(weight)
        for place in np.ndindex(weight.shape):
            losses = []
            for step in (1e-6, -1e-6):
                weight[place] += step
                losses.append(net.evaluate(x, y)["loss"])
                weight[place] -= step
            numeric[place] = (losses[0] - losses[1]) / 2e-6
        np.testing.assert_allclose(gradients[key], numeric, rtol=1e-6, atol=1e-9)


@pytest.mark.keras
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("variant", [net for net in TWINS if runs(f"ej02/{net}") and runs(f"ej02/{net}_numpy")])
def test_twins_train_alike(
    variant: str, optimizer: dict[str, Any], study: Study, settings_of: Callable[..., Settings]
) -> None:
    import keras

    from practica.exercises.problem import Problem
    from practica.feed import Feed
    from practica.seeds import epoch_order
    from practica.training.batches import training_batches
    from practica.training.recipe import compile_model

    settings = settings_of("ej02", variant, **optimizer, batch_size=16)
    module = exercises.load("ej02")
    keras.utils.set_random_seed(0)
    model = getattr(module, study.model("ej02", variant))(settings)
    twin = getattr(module, study.model("ej02", variant + "_numpy"))(settings)
    twin.set_weights(model.get_weights())
    samples, task = _samples(variant)
    batch_size, epochs = 16, range(4)
    compile_model(model, Problem(task, samples), settings, 1)
    steps = -(-len(samples) // batch_size)
    batches = training_batches(Feed(None), samples, batch_size, 0, epochs)
    fitted = model.fit(batches, epochs=len(epochs), steps_per_epoch=steps, shuffle=False, verbose=0)
    for epoch in epochs:
        measured = twin.train_epoch(samples.x, samples.y, epoch_order(0, epoch, len(samples)), batch_size)
        assert measured == pytest.approx({key: values[epoch] for key, values in fitted.history.items()}, rel=1e-4)
    # Not the weights: where a gradient is nearly zero, Adam makes a full step of its rounding error.
    np.testing.assert_allclose(twin.predict(samples.x), model.predict(samples.x, verbose=0), rtol=1e-3, atol=1e-3)


def _samples(variant: str) -> tuple[Samples, Any]:
    if variant.startswith("xor"):
        x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], dtype=np.float32)
        return Samples(x, -x[:, :1] * x[:, 1:]), SIGN
    rng = np.random.default_rng(0)
    x, y = rng.random((50, 3072), dtype=np.float32), rng.integers(0, 10, 50)
    if variant == "cifar_xent":
        return Samples(x, y), MULTICLASS
    return Samples(x, np.eye(10, dtype=np.float32)[y]), ONEHOT


def test_initialisation_is_glorot_in_float32_and_repeats_with_the_seed() -> None:
    net = NumpyNet((300, 100, 10), ("sigmoid", "linear"), Settings({"optimizer": "adam", "learning_rate": 0.1}))
    net.initialise(3)
    weights = net.get_weights()
    assert {values.dtype for values in weights} == {np.dtype(np.float32)}
    assert np.abs(weights[0]).max() == pytest.approx(np.sqrt(6 / 400), rel=1e-3)
    assert not weights[1].any()
    net.train_epoch(np.ones((4, 300), np.float32), np.ones((4, 10), np.float32), np.arange(4), 2)
    assert not np.array_equal(net.get_weights()[0], weights[0])
    net.initialise(3)
    for again, before in zip(net.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(again, before)
