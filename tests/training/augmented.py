"""An exercise for tests: images that are randomly mirrored, shifted and rotated, and Dropout after a convolution."""

from __future__ import annotations

import keras
from keras import layers

from practica.exercises.inputs import scale_pixels
from practica.exercises.problem import MULTICLASS, Arrays, Problem, Settings, model, official
from study.ej10.experiment import augmentation


@model
def small(settings: Settings) -> keras.Model:
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(2, 5, strides=3, activation="relu")(inputs)
    x = layers.Dropout(settings.dropout)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10)(x))


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    train, validation, test = official(arrays, settings, seed)
    return Problem(
        MULTICLASS,
        train,
        validation,
        test,
        to_input=lambda x: scale_pixels(x)[..., None],
        augment=lambda: augmentation(settings),
        artefacts=lambda predict: {"logits": predict(test.x[:3])},
    )
