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
    """Return one of the seed's folds as validation and the others as train; there is no test part."""
    if fold is None:
        raise ValueError("moons is a cross-validation: give the fold")
    x, y = np.asarray(arrays["x"], dtype=np.float64), np.asarray(arrays["y"])
    state = int(data_rng(seed, "folds").integers(2**31))
    folds = list(StratifiedKFold(settings.folds, shuffle=True, random_state=state).split(x, y))
    train, validation = (x[rows] for rows in folds[fold])
    if settings.correct_zeros:
        mean = train[train[:, 1] != 0, 1].mean()
        train, validation = (np.where(part == 0, mean, part) for part in (train, validation))
    train, validation = standardise(train, validation)
    targets = [y[rows] for rows in folds[fold]]
    return Problem(BINARY, Samples(train, targets[0]), Samples(validation, targets[1]))
