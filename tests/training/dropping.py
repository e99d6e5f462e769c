"""An exercise for tests: a small dense net with every kind of layer that replicas can have."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from practica.exercises.problem import BINARY, Arrays, Problem, Samples, Settings, hold_out, model, standardise


@model
def dropping(settings: Settings) -> keras.Model:
    inputs = x = keras.Input((8,))
    for units in (12, 6):
        x = layers.Dense(units, kernel_regularizer=keras.regularizers.L2(settings.l2))(x)
        x = layers.BatchNormalization(momentum=settings.bn_momentum)(layers.Activation("relu")(x))
        x = layers.Dropout(settings.dropout)(x)
    x = layers.Concatenate()([inputs, x])
    return keras.Model(inputs, layers.Dense(1)(x))


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    (x,) = standardise(np.asarray(arrays["x"], dtype=np.float64))
    return Problem(BINARY, *hold_out(Samples(x, np.asarray(arrays["y"])), 0.25, seed))
