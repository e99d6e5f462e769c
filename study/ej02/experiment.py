"""ej02: three earlier exercises in Keras and by hand: CIFAR-10 with two losses, XOR with two nets (figures 2 to 4)."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from practica.exercises.inputs import flat_pixels
from practica.exercises.problem import (
    MULTICLASS,
    ONEHOT,
    SIGN,
    Arrays,
    Problem,
    Samples,
    Settings,
    by_hand,
    model,
    official,
)
from study.ej02.numpy_net import NumpyNet
from study.shared.pixels import standardised_pixels
from study.shared.right import with_threshold

PIXELS, CLASSES = 32 * 32 * 3, 10


@model
def cifar(settings: Settings) -> keras.Model:
    """Dense 100 sigmoid - Dense 10 linear, L2 on both: 308,310 parameters (figures 2 and 3)."""
    inputs = keras.Input((PIXELS,))
    factor = settings.get("activity_l2")
    penalties = {
        "kernel_regularizer": _penalty(settings),
        "activity_regularizer": keras.regularizers.L2(factor) if factor else None,
    }
    x = layers.Dense(100, activation="sigmoid", **penalties)(inputs)
    outputs = layers.Dense(CLASSES, dtype="float32", **penalties)(x)
    return keras.Model(inputs, outputs, name="cifar")


@model
def xor_221(settings: Settings) -> keras.Model:
    """Two tanh neurons and a tanh output: 9 parameters (figure 4a)."""
    inputs = keras.Input((2,))
    x = layers.Dense(2, activation="tanh", kernel_regularizer=_penalty(settings))(inputs)
    outputs = layers.Dense(1, activation="tanh", kernel_regularizer=_penalty(settings))(x)
    return keras.Model(inputs, outputs, name="xor_221")


@model
def xor_concat(settings: Settings) -> keras.Model:
    """One tanh neuron, concatenated with the input, and a tanh output: 7 parameters (figure 4b)."""
    inputs = keras.Input((2,))
    x = layers.Dense(1, activation="tanh", kernel_regularizer=_penalty(settings))(inputs)
    x = layers.Concatenate()([inputs, x])
    outputs = layers.Dense(1, activation="tanh", kernel_regularizer=_penalty(settings))(x)
    return keras.Model(inputs, outputs, name="xor_concat")


@by_hand
def cifar_numpy(settings: Settings) -> NumpyNet:
    """Return the hand-written twin of ``cifar``."""
    return NumpyNet((PIXELS, 100, CLASSES), ("sigmoid", "linear"), settings)


@by_hand
def xor_221_numpy(settings: Settings) -> NumpyNet:
    """Return the hand-written twin of ``xor_221``."""
    return NumpyNet((2, 2, 1), ("tanh", "tanh"), settings)


@by_hand
def xor_concat_numpy(settings: Settings) -> NumpyNet:
    """Return the hand-written twin of ``xor_concat``."""
    return NumpyNet((2, 1, 1), ("tanh", "tanh"), settings, concat=True)


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return XOR, all four points in train, or CIFAR-10 with the targets that ``settings.loss`` asks for."""
    if settings.dataset == "xor":
        targets = np.asarray(arrays["y"])
        if settings.get("right_above") is not None:  # of outputs for targets 0 and 1
            targets = (targets + 1) / 2
        return Problem(with_threshold(SIGN, settings), Samples(np.asarray(arrays["x"]), targets))
    parts = official(arrays, settings, seed)
    to_input = standardised_pixels(parts[0], flat=True) if settings.get("standardise") else flat_pixels
    if settings.loss == "cross_entropy":
        return Problem(MULTICLASS, *parts, to_input=to_input)
    train, validation, test = (Samples(part.x, _one_hot(part.y)) for part in parts)
    return Problem(ONEHOT, train, validation, test, to_input=to_input)


def _penalty(settings: Settings) -> keras.regularizers.Regularizer:
    return keras.regularizers.L2(settings.get("l2", 0.0))


def _one_hot(labels: np.ndarray) -> np.ndarray:
    return np.eye(CLASSES, dtype=np.float32)[labels]
