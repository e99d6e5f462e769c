"""The dense and the convolutional net for 28x28 images that ej08 and ej09 share."""

from __future__ import annotations

import keras
from keras import layers

from practica.exercises.problem import Settings, model

CLASSES = 10


@model
def dense(settings: Settings) -> keras.Model:
    """Dense 20 - BN - Dense 10 - BN - Dense 10: 16,140 parameters."""
    inputs = keras.Input((28, 28))
    x = layers.Flatten()(inputs)
    for units in (20, 10):
        x = layers.Dense(units, activation="relu", kernel_regularizer=_penalty(settings))(x)
        x = layers.BatchNormalization(momentum=settings.bn_momentum)(x)
    return keras.Model(inputs, _output(settings)(x), name="dense")


@model
def conv(settings: Settings) -> keras.Model:
    """Conv 32 - pool - BN - Conv 16 - pool - BN - Dense 10: 12,986 parameters."""
    inputs = keras.Input((28, 28))
    x = layers.Reshape((28, 28, 1))(inputs)
    for filters in (32, 16):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_regularizer=_penalty(settings))(x)
        x = layers.MaxPooling2D()(x)
        x = layers.BatchNormalization(momentum=settings.bn_momentum)(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, _output(settings)(x), name="conv")


def _output(settings: Settings) -> layers.Dense:
    """Return the layer of the logits, which another activation than the linear one keeps small."""
    return layers.Dense(
        CLASSES, activation=settings.get("output"), kernel_regularizer=_penalty(settings), dtype="float32"
    )


def _penalty(settings: Settings) -> keras.regularizers.Regularizer | None:
    return keras.regularizers.L2(settings.l2) if settings.get("l2") else None
