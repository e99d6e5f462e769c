"""progression: how a disease goes on, from ten measurements of a patient."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from practica.exercises.problem import REGRESSION, Arrays, Problem, Samples, Settings, hold_out, model, standardise


@model
def plane(settings: Settings) -> keras.Model:
    """Dense 1: linear regression."""
    inputs = keras.Input((10,))
    outputs = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(settings.l2))(inputs)
    return keras.Model(inputs, outputs, name="plane")


@model
def bent(settings: Settings) -> keras.Model:
    """Dense tanh of each of ``units`` - Dense 1."""
    inputs = x = keras.Input((10,))
    for units in settings.units:
        x = layers.Dense(units, activation="tanh", kernel_regularizer=keras.regularizers.L2(settings.l2))(x)
    return keras.Model(inputs, layers.Dense(1)(x), name="bent")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return measurements and score, both standardised by the training part; there is no test part."""
    samples = Samples(np.asarray(arrays["x"]), np.asarray(arrays["y"])[:, None])
    train, validation = hold_out(samples, settings.validation_fraction, seed, stratify=False)
    x_train, x_validation = standardise(train.x, validation.x)
    y_train, y_validation = standardise(train.y, validation.y)
    return Problem(REGRESSION, Samples(x_train, y_train), Samples(x_validation, y_validation), measure=_explained)


def _explained(part: str, inputs: Any, targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return R² against the mean of the part itself."""
    residual, total = np.sum((targets - predictions) ** 2), np.sum((targets - targets.mean()) ** 2)
    return {"r2": float(1 - residual / total)}
