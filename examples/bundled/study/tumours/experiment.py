"""tumours: benign or malignant from thirty measurements, cross-validated."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from sklearn.model_selection import StratifiedKFold

from practica.exercises.problem import BINARY, Arrays, Problem, Samples, Settings, data_rng, model, standardise


@model
def logistic(settings: Settings) -> keras.Model:
    """Dense 1: logistic regression."""
    inputs = keras.Input((30,))
    outputs = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(settings.l2))(inputs)
    return keras.Model(inputs, outputs, name="logistic")


@model
def hidden(settings: Settings) -> keras.Model:
    """Dense relu of each of ``units`` - Dense 1."""
    inputs = x = keras.Input((30,))
    for units in settings.units:
        x = layers.Dense(units, activation="relu", kernel_regularizer=keras.regularizers.L2(settings.l2))(x)
    return keras.Model(inputs, layers.Dense(1)(x), name="hidden")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return one of the seed's stratified folds as validation and the others as train; there is no test part."""
    x, y = np.asarray(arrays["x"]), np.asarray(arrays["y"])
    state = int(data_rng(seed, "folds").integers(2**31))
    folds = StratifiedKFold(settings.folds, shuffle=True, random_state=state).split(x, y)
    train, validation = list(folds)[fold or 0]
    x_train, x_validation = standardise(x[train], x[validation])
    return Problem(BINARY, Samples(x_train, y[train]), Samples(x_validation, y[validation]), measure=_recall)


def _recall(part: str, inputs: Any, targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return the share of the malignant tumours that are told as such."""
    return {"recall": float((np.ravel(predictions)[np.ravel(targets) == 1] > 0).mean())}
