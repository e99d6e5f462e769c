"""An exercise for tests: nets of kinds that the toy lacks, on its walks. Its task and recipe are those of ``steps``."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from practica.exercises.problem import MULTICLASS, Arrays, Problem, Samples, Settings, model, official

NAME = "made_up"
SCALE = 16.0
"""Steps of a walk, beyond which it cannot get."""


@model
def normalised(settings: Settings) -> keras.Model:
    """Dense with BatchNormalization: replicas carry moving averages too."""
    inputs = x = keras.Input((16,))
    for units in (24, 12):
        x = layers.BatchNormalization(momentum=settings.bn_momentum)(layers.Dense(units, activation="relu")(x))
    return keras.Model(inputs, layers.Dense(3)(x))


@model
def words(settings: Settings) -> keras.Model:
    """Look up a vector for each height, as for a word, and drop some."""
    inputs = keras.Input((16,))
    x = layers.Flatten()(layers.Embedding(settings.words, settings.embedding_dim)(inputs))
    x = layers.Dropout(settings.dropout)(layers.Dense(8, activation="relu")(x))
    return keras.Model(inputs, layers.Dense(3)(x))


@model
def images(settings: Settings) -> keras.Model:
    """Convolve the walk as an image of four rows, with Dropout after it."""
    inputs = keras.Input((4, 4, 1))
    x = layers.Dropout(settings.dropout)(layers.Flatten()(layers.Conv2D(2, 3, activation="relu")(inputs)))
    return keras.Model(inputs, layers.Dense(3)(x))


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return walks in int8, made words, images or scaled heights by batch; images are altered in training."""
    train, validation, test = official(arrays, settings, seed)
    if settings.get("words"):
        train, validation, test = (Samples(part.x + np.int8(SCALE), part.y) for part in (train, validation, test))
        return Problem(MULTICLASS, train, validation, test, to_input=lambda x: ops.cast(x, "int32"))
    flat = settings.get("shift") is None
    return Problem(
        MULTICLASS,
        train,
        validation,
        test,
        to_input=scaled if flat else lambda x: ops.reshape(scaled(x), (-1, 4, 4, 1)),
        augment=None if flat else lambda: altered(settings),
        artefacts=lambda predict: {"logits": predict(test.x[:3])},
    )


def scaled(x: Any) -> Any:
    """Scale heights to [-1, 1]."""
    return ops.cast(x, "float32") / SCALE


def altered(settings: Settings) -> list[keras.layers.Layer]:
    """Return new layers that mirror, shift and rotate."""
    return [
        layers.RandomFlip("horizontal"),
        layers.RandomTranslation(settings.shift, settings.shift, fill_mode="nearest"),
        layers.RandomRotation(settings.rotation, fill_mode="nearest"),
    ]
