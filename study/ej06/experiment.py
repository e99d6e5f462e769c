"""ej06: diabetes from eight measurements, with and without the correction of impossible zeros (figure 11)."""

from __future__ import annotations

from functools import lru_cache

import keras
import numpy as np
from keras import layers
from sklearn.model_selection import KFold, StratifiedKFold

from practica.exercises.problem import (
    BINARY,
    Arrays,
    Problem,
    Samples,
    Settings,
    data_rng,
    hold_out,
    model,
    standardise,
)

# Glucose, blood pressure, skin fold, insulin and body mass index of the living are not zero; pregnancies may be.
MEASURED = slice(1, 6)


@model
def dense(settings: Settings) -> keras.Model:
    """Dense 24 - BN - Dense 12 - BN - Dense 1 with the source's units: 673 parameters."""
    inputs = x = keras.Input((8,))
    for units in settings.units:
        x = layers.Dense(units, activation="relu", kernel_regularizer=keras.regularizers.L2(settings.l2))(x)
        x = layers.BatchNormalization(momentum=settings.bn_momentum)(x)
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(x), name="dense")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return one of the seed's stratified folds as validation and the others as train; there is no test part.

    With ``plain_folds``, the folds are neighbouring rows of what a test part of ``test_fraction`` leaves.
    """
    if fold is None:
        raise ValueError("ej06 is a cross-validation: give the fold")
    x, y = np.asarray(arrays["x"], dtype=np.float64), np.asarray(arrays["y"])
    if settings.get("plain_folds"):
        rest, held_out = hold_out(Samples(x, y), settings.test_fraction, seed)
        rows = rest.places()
        train, validation = [rows[part] for part in list(KFold(settings.folds).split(rows))[fold]]
        places = [train, validation, held_out.places()]
    else:
        places = list(_folds(y.tobytes(), y.dtype.str, settings.folds, seed)[fold])
    parts = [x[rows] for rows in places]
    if settings.correct_zeros:
        parts = correct_zeros(*parts, count_zeros=settings.get("count_zeros", False))
    parts = standardise(*parts) if settings.get("standardise", True) else [part.astype(np.float32) for part in parts]
    return Problem(BINARY, *(Samples(part, y[rows]) for part, rows in zip(parts, places, strict=True)))


@lru_cache(maxsize=1)  # the folds of a seed come one after another
def _folds(targets: bytes, dtype: str, count: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the rows of train and validation in each of the seed's folds."""
    y = np.frombuffer(targets, dtype)
    state = int(data_rng(seed, "folds").integers(2**31))
    return list(StratifiedKFold(count, shuffle=True, random_state=state).split(y, y))


def correct_zeros(train: np.ndarray, *others: np.ndarray, count_zeros: bool = False) -> list[np.ndarray]:
    """Replace impossible zeros in all parts by the mean of ``train``, which ignores zeros unless ``count_zeros``."""
    missing = (train[:, MEASURED] == 0) & (not count_zeros)
    means = np.ma.masked_array(train[:, MEASURED], missing).mean(axis=0).filled(0)
    parts = [part.copy() for part in (train, *others)]
    for part in parts:
        part[:, MEASURED] = np.where(part[:, MEASURED] == 0, means, part[:, MEASURED])
    return parts
