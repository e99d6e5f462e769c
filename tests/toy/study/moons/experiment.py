"""moons: on which of two crescents does a point lie? In folds, with and without zeros that stand for nothing."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from sklearn.model_selection import StratifiedKFold
from study.moons.numpy_net import NumpyNet

from practica.exercises.problem import (
    BINARY,
    Arrays,
    Problem,
    Samples,
    Settings,
    by_hand,
    data_rng,
    hold_out,
    model,
    standardise,
)


@model
def dense(settings: Settings) -> keras.Model:
    """Layers of hyperbolic tangents, and one output."""
    inputs = x = keras.Input((2,))
    for units in settings.units:
        x = layers.Dense(units, activation="tanh", kernel_regularizer=keras.regularizers.L2(settings.l2))(x)
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(x), name="dense")


@by_hand
def dense_numpy(settings: Settings) -> NumpyNet:
    """Return the hand-written twin of ``dense`` with one hidden layer."""
    return NumpyNet(settings)


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return one of the seed's folds as validation and the others as train; without folds, a part that is held out."""
    every = Samples(np.asarray(arrays["x"], dtype=np.float64), np.asarray(arrays["y"]))
    if fold is None:
        parts = hold_out(every, settings.validation_fraction, seed)
    else:
        state = int(data_rng(seed, "folds").integers(2**31))
        folds = StratifiedKFold(settings.folds, shuffle=True, random_state=state).split(every.x, every.y)
        parts = tuple(map(every.take, list(folds)[fold]))
    train, validation = (part.x for part in parts)
    if settings.correct_zeros:
        mean = train[train[:, 1] != 0, 1].mean()
        train, validation = (np.where(part == 0, mean, part) for part in (train, validation))
    train, validation = standardise(train, validation)
    return Problem(BINARY, Samples(train, parts[0].y), Samples(validation, parts[1].y))
