"""ej05: the logistic map x(t) = 4 x(t-1) (1 - x(t-1)) learnt from a trajectory (figure 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from practica.exercises.problem import REGRESSION, Arrays, Problem, Samples, Settings, hold_out, model, subset

STARTS = 500
"""Points of the test part from which the net goes on by itself."""
NEAR = 0.1
"""How far from the exact path it may be: a tenth of the interval."""
LONGEST = 100
"""Steps after which nobody looks; an error of the last bit has grown over all in some fifty."""


@model
def tanh5(settings: Settings) -> keras.Model:
    """Dense 5 tanh - concatenation with the input - Dense 1: 17 parameters."""
    inputs = keras.Input((1,))
    x = layers.Concatenate()([inputs, layers.Dense(5, activation="tanh")(inputs)])
    return keras.Model(inputs, layers.Dense(1)(x), name="tanh5")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return pairs (x(t-1), x(t)); the test pairs come last in time, after all that training and validation see.

    With ``grid_points``, x(t-1) lies on a grid in [0, 1], and parts are drawn at random.
    """
    if points := settings.get("grid_points"):
        x = np.linspace(0, 1, points, dtype=np.float32)[:, None]
        full, test = hold_out(Samples(x, 4 * x * (1 - x)), settings.test_fraction, seed, stratify=False)
    else:
        x = np.asarray(arrays["x"], dtype=np.float32)[:, None]
        pairs = Samples(x[:-1], x[1:])
        past = len(pairs) - round(settings.test_fraction * len(pairs))
        full = subset(pairs.take(np.arange(past)), settings.get("train_samples"), seed, stratify=False)
        test = subset(pairs.take(np.arange(past, len(pairs))), settings.get("test_samples"), seed, stratify=False)
    train, validation = hold_out(full, settings.validation_fraction, seed, stratify=False)

    def artefacts(predict: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
        return {"x": test.x[:, 0], "target": test.y[:, 0], "predicted": predict(test.x)[:, 0]}

    return Problem(REGRESSION, train, validation, test, measure=_measure, artefacts=artefacts)


def _measure(part: str, inputs: np.ndarray, targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return for how many steps the net, fed with its own predictions, stays near the path: of the test part alone.

    Between the inputs of the test part, which lie close together, what the net has learnt is a straight line.
    """
    if part != "test":
        return {}
    order = np.argsort(inputs[:, 0])
    grid, curve = inputs[order, 0].astype(float), predictions[order, 0].astype(float)
    exact = inputs[:STARTS, 0].astype(float)
    own, near, steps = exact.copy(), np.ones(len(exact), bool), np.zeros(len(exact))
    for _ in range(LONGEST):
        exact, own = 4.0 * exact * (1.0 - exact), np.interp(own, grid, curve)
        near &= np.abs(own - exact) <= NEAR
        if not near.any():
            break
        steps += near
    return {"horizon": float(steps.mean())}
