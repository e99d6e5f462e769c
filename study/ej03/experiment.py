"""ej03: film reviews as word counts, with three regularisations (figures 5 to 7, table 1)."""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from practica.exercises.inputs import count_words
from practica.exercises.problem import BINARY, Arrays, Problem, Settings, model
from practica.exercises.sequences import official_texts
from study.shared.right import with_threshold


@model
def l2(settings: Settings) -> keras.Model:
    """Dense 100 - Dense 10 - concatenation with the input - Dense 1, all with L2: 1,011,121 parameters (figure 5)."""
    return _net(settings, "l2", None)


@model
def dropout_l2(settings: Settings) -> keras.Model:
    """Add Dropout after both hidden layers: 1,011,121 parameters (figure 6)."""
    return _net(settings, "dropout_l2", lambda: layers.Dropout(settings.dropout))


@model
def bn_l2(settings: Settings) -> keras.Model:
    """Add BatchNormalization after both hidden layers: 1,011,561 parameters (figure 7)."""
    return _net(settings, "bn_l2", lambda: layers.BatchNormalization(momentum=settings.bn_momentum))


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return IMDB with its official test set; a batch of reviews becomes word counts only when it is needed."""
    train, validation, test = official_texts(arrays, settings, seed)
    return Problem(with_threshold(BINARY, settings), train, validation, test, to_input=count_words(settings.words))


def _net(settings: Settings, name: str, after: Callable[[], keras.layers.Layer] | None) -> keras.Model:
    """Build the net with a layer from ``after``, if any, after each hidden layer."""
    inputs = x = keras.Input((settings.words,))
    for units in (100, 10):
        x = layers.Dense(units, activation="relu", kernel_regularizer=keras.regularizers.L2(settings.l2))(x)
        x = after()(x) if after else x
    x = layers.Concatenate()([inputs, x])
    outputs = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(settings.l2), dtype="float32")(x)
    return keras.Model(inputs, outputs, name=name)
