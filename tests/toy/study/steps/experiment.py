"""steps: does a walk end above, below or at its start? Its heights are given, and a test set is kept apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from practica.exercises.problem import MULTICLASS, Arrays, Problem, Samples, Settings, model, official

SHOWN = 3
"""Walks in the figure."""
CLASSES = 3


@model
def dense(settings: Settings) -> keras.Model:
    """Read all heights at once."""
    inputs = x = keras.Input((16,))
    for units in settings.units:
        x = layers.Dense(units, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(CLASSES, dtype="float32")(x), name="dense")


@model
def conv(settings: Settings) -> keras.Model:
    """Run a filter along the walk."""
    inputs = keras.Input((16,))
    x = layers.Reshape((16, 1))(inputs)
    for units in settings.units:
        x = layers.Conv1D(units, 3, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(CLASSES, dtype="float32")(layers.Flatten()(x)), name="conv")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return heights in float32 and classes; the test set is the data set's own."""
    parts = official(arrays, settings, seed)
    train, validation, test = (Samples(part.x.astype(np.float32), part.y) for part in parts)

    def artefacts(predict: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
        return {"heights": test.x[:SHOWN], "scores": predict(test.x[:SHOWN])}

    return Problem(MULTICLASS, train, validation, test, measure=_measure, artefacts=artefacts)


def _measure(part: str, inputs: np.ndarray, targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return how often a walk turns, on average."""
    return {"turns": float((np.diff(np.diff(inputs)) != 0).sum(axis=1).mean())}
