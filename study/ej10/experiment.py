"""ej10: CIFAR images with augmentation, through nets after AlexNet and VGG16 (figures 17 and 18, table 4)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from practica.exercises.inputs import scale_pixels
from practica.exercises.problem import MULTICLASS, Arrays, Problem, Settings, model, official
from study.shared.classes import confusion_of
from study.shared.pixels import standardised_pixels

CLASSES = {"cifar10": 10, "cifar100": 100}


@model
def alexnet(settings: Settings) -> keras.Model:
    """Return AlexNet cut down to 32x32 images: 5,744,964 parameters on 100 classes."""

    def normalised(x: Any) -> Any:
        return layers.BatchNormalization(momentum=settings.bn_momentum)(x)

    penalty = _penalty(settings)
    inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(96, 4, strides=2, activation="relu", kernel_regularizer=penalty)(inputs)
    x = normalised(layers.MaxPooling2D(3, strides=1)(x))
    x = layers.Conv2D(256, 3, strides=2, activation="relu", kernel_regularizer=penalty)(x)
    x = normalised(layers.MaxPooling2D(2, strides=1)(x))
    for _ in range(2):
        x = normalised(layers.Conv2D(384, 3, padding="same", activation="relu", kernel_regularizer=penalty)(x))
    x = layers.Conv2D(256, 3, padding="same", activation="relu", kernel_regularizer=penalty)(x)
    x = normalised(layers.MaxPooling2D(2, strides=1)(x))
    return keras.Model(inputs, _head(layers.Flatten()(x), (512, 512), settings), name="alexnet")


@model
def vgg16(settings: Settings) -> keras.Model:
    """Return VGG16 with fewer filters and a BN before every convolution: 5,799,440 parameters on 100 classes."""
    inputs = x = keras.Input((32, 32, 3))
    blocks = [(32, 32), (64, 64), (128, 128, 128), (256, 256, 256), (256, 256, 128)]
    for place, block in enumerate(blocks):
        for filters in block:
            x = layers.BatchNormalization(momentum=settings.bn_momentum)(x)
            penalty = None if place else _penalty(settings)  # of the convolutions, the first two bear one
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_regularizer=penalty)(x)
        # Only the first pooling halves the image; the source's others move by one pixel.
        x = layers.MaxPooling2D(2, strides=1 if place else 2)(x)
    return keras.Model(inputs, _head(layers.Flatten()(x), (128, 128, 128), settings), name="vgg16")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return CIFAR-10 or CIFAR-100 with its official test set; the training images are altered anew in every epoch."""
    train, validation, test = official(arrays, settings, seed)
    to_input = standardised_pixels(train) if settings.get("standardise") else scale_pixels
    return Problem(
        *(MULTICLASS, train, validation, test),
        to_input=to_input,
        augment=lambda: augmentation(settings),
        artefacts=confusion_of(test, CLASSES[settings.dataset]),
    )


def augmentation(settings: Settings) -> list[keras.layers.Layer]:
    """Return new layers that mirror, shift and rotate as the settings say; borders repeat the outermost pixels."""
    transforms = []
    if settings.flip:
        transforms.append(layers.RandomFlip("horizontal"))
    if settings.shift:
        transforms.append(layers.RandomTranslation(settings.shift, settings.shift, fill_mode="nearest"))
    if settings.rotation:
        transforms.append(layers.RandomRotation(settings.rotation, fill_mode="nearest"))
    return transforms


def _head(x: Any, units: tuple[int, ...], settings: Settings) -> Any:
    """Add dense layers, each with Dropout and BN, and the logits of the data set's classes."""
    penalty = _penalty(settings)
    for width in units:
        x = layers.Dense(width, activation="relu", kernel_regularizer=penalty)(x)
        x = layers.Dropout(settings.dropout)(x)
        x = layers.BatchNormalization(momentum=settings.bn_momentum)(x)
    return layers.Dense(CLASSES[settings.dataset], kernel_regularizer=penalty, dtype="float32")(x)


def _penalty(settings: Settings) -> keras.regularizers.Regularizer | None:
    return keras.regularizers.L2(settings.l2) if settings.get("l2") else None
