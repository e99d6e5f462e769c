"""ej01: house prices in Boston with a linear model (figure 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from practica.exercises.problem import (
    REGRESSION,
    Arrays,
    Problem,
    Samples,
    Settings,
    hold_out,
    model,
    standardise,
)


@model
def linear(settings: Settings) -> keras.Model:
    """Dense 1 on the 13 features: 14 parameters."""
    inputs = keras.Input((13,))
    penalty = settings.get("activity_l2")
    outputs = layers.Dense(
        1,
        kernel_regularizer=keras.regularizers.L2(settings.l2),
        activity_regularizer=keras.regularizers.L2(penalty) if penalty else None,
    )(inputs)
    return keras.Model(inputs, outputs, name="linear")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return standardised features and prices [k$] in train and validation; the source has no test part."""
    samples = Samples(np.asarray(arrays["x"]), np.asarray(arrays["y"], dtype=np.float32)[:, None])
    train, validation = hold_out(samples, settings.validation_fraction, seed, stratify=False)
    x_train, x_validation = standardise(train.x, validation.x)
    validation = Samples(x_validation, validation.y)

    def artefacts(predict: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
        return {"target": validation.y[:, 0], "predicted": predict(validation.x)[:, 0]}

    return Problem(REGRESSION, Samples(x_train, train.y), validation, measure=_measure, artefacts=artefacts)


def _measure(part: str, inputs: Any, targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return R² against the mean of the part itself, and the mean absolute error [k$]."""
    residual = targets - predictions
    r2 = 1 - np.sum(residual**2) / np.sum((targets - targets.mean()) ** 2)
    return {"r2": float(r2), "mae": float(np.abs(residual).mean())}
