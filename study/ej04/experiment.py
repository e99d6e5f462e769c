"""ej04: film reviews as sequences through an embedding, with a dense and a convolutional net (figures 8 and 9)."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from practica.exercises.problem import BINARY, Arrays, Problem, Ragged, Samples, Settings, hold_out, model
from practica.exercises.sequences import official_texts, padded
from study.shared.right import with_threshold


@model
def dense(settings: Settings) -> keras.Model:
    """Embedding 32 - Dense 100 - Dense 10 - concatenation with the embedding - Dense 1: 1,937,121 parameters."""
    inputs = keras.Input((settings.review_length,))
    x = layers.Embedding(settings.words, settings.embedding_dim)(inputs)
    embedded = x = layers.Flatten()(x)
    for units in (100, 10):
        x = layers.Dense(units, activation="relu", kernel_regularizer=keras.regularizers.L2(settings.l2))(x)
        x = layers.Dropout(settings.dropout)(x)
    x = layers.Concatenate()([embedded, x])
    outputs = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(settings.l2), dtype="float32")(x)
    return keras.Model(inputs, outputs, name="dense")


@model
def conv(settings: Settings) -> keras.Model:
    """Embedding 16 - BN - twice (Conv1D - MaxPool - BN), 16 and 64 filters - Dropout - Dense 1: 172,305 parameters."""
    penalty = keras.regularizers.L2(settings.l2) if settings.get("l2") else None
    inputs = keras.Input((settings.review_length,))
    x = layers.Embedding(settings.words, settings.embedding_dim)(inputs)
    x = layers.BatchNormalization(momentum=settings.bn_momentum)(x)
    for filters in (16, 64):
        x = layers.Conv1D(filters, 3, padding="same", activation="relu", kernel_regularizer=penalty)(x)
        x = layers.MaxPooling1D()(x)
        x = layers.BatchNormalization(momentum=settings.bn_momentum)(x)
    x = layers.Dropout(settings.dropout)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(x), name="conv")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return IMDB, each review cut or padded to one length; the official test set stays apart unless told to merge."""
    length, words = settings.review_length, settings.words
    parts = merged_texts(arrays, settings, seed) if settings.get("merge") else official_texts(arrays, settings, seed)
    train, validation, test = (Samples(padded(part.x, length, words), part.y) for part in parts)
    return Problem(with_threshold(BINARY, settings), train, validation, test)


def merged_texts(arrays: Arrays, settings: Settings, seed: int) -> tuple[Samples, Samples, Samples]:
    """Return train, validation and test of all reviews, those of the official test set mixed in."""
    offsets = [np.asarray(arrays[f"offsets_{part}"]) for part in ("train", "test")]
    tokens, targets = (
        np.concatenate([np.asarray(arrays[f"{name}_{part}"]) for part in ("train", "test")]) for name in ("tokens", "y")
    )
    every = Samples(Ragged(tokens, np.concatenate([offsets[0], offsets[1][1:] + offsets[0][-1]])), targets)
    rest, test = hold_out(every, settings.test_fraction, seed)
    train, validation = hold_out(rest, settings.validation_fraction, seed)
    return train, validation, test
