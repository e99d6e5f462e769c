"""strokes: handwritten digits with a dense and a convolutional net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from practica.exercises.problem import MULTICLASS, Arrays, Problem, Samples, Settings, hold_out, model

LEVELS = 16.0  # of grey in a pixel


@model
def pixels(settings: Settings) -> keras.Model:
    """Flatten - Dense relu of each of ``units`` - Dense 10."""
    inputs = keras.Input((8, 8, 1))
    x = layers.Flatten()(inputs)
    for units in settings.units:
        x = layers.Dense(units, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10)(x), name="pixels")


@model
def filters(settings: Settings) -> keras.Model:
    """Conv 8 - pool - Conv 16 - pool - Dense 10."""
    inputs = x = keras.Input((8, 8, 1))
    for count in (8, 16):
        x = layers.Conv2D(count, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x)), name="filters")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return train, validation and test, each stratified, and of the test part what was read as what."""
    every = Samples(np.asarray(arrays["x"])[..., None], np.asarray(arrays["y"]))
    rest, test = hold_out(every, settings.test_fraction, seed)
    train, validation = hold_out(rest, settings.validation_fraction, seed)

    def artefacts(predict: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
        return {"written": test.y, "read": predict(test.x).argmax(axis=1)}

    return Problem(MULTICLASS, train, validation, test, to_input=_scaled, measure=_second_guess, artefacts=artefacts)


def _scaled(images: Any) -> Any:
    return ops.cast(images, "float32") / LEVELS


def _second_guess(part: str, inputs: Any, targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return the share of digits that are the likeliest or the second likeliest for the net."""
    guesses = np.argsort(predictions, axis=1)[:, -2:]
    return {"second_guess": float((guesses == targets[:, None]).any(axis=1).mean())}
