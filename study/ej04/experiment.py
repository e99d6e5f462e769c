"""ej04: film reviews as sequences through an embedding, with a dense and a convolutional net (figures 8 and 9)."""

from __future__ import annotations

import keras
from keras import layers

from practica.exercises.problem import BINARY, Arrays, Problem, Samples, Settings, model
from practica.exercises.sequences import official_texts, padded


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
    inputs = keras.Input((settings.review_length,))
    x = layers.Embedding(settings.words, settings.embedding_dim)(inputs)
    x = layers.BatchNormalization(momentum=settings.bn_momentum)(x)
    for filters in (16, 64):
        x = layers.Conv1D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling1D()(x)
        x = layers.BatchNormalization(momentum=settings.bn_momentum)(x)
    x = layers.Dropout(settings.dropout)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(x), name="conv")


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return IMDB with its official test set, each review cut or padded to one length."""
    length, words = settings.review_length, settings.words
    parts = official_texts(arrays, settings, seed)
    train, validation, test = (Samples(padded(part.x, length, words), part.y) for part in parts)
    return Problem(BINARY, train, validation, test)
