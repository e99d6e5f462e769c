"""Texts as sequences of word numbers: split with the data seed, and padded."""

from __future__ import annotations

import numpy as np

from practica.exercises.problem import Arrays, Ragged, Samples, Settings, hold_out, subset

PADDING, UNKNOWN = 0, 2  # Keras' conventions, as 1 for the start of a text


def official_texts(arrays: Arrays, settings: Settings, seed: int) -> tuple[Samples, Samples, Samples]:
    """Return train, validation and test, ``x`` ragged and ``y`` ``(n,)`` 0 or 1; the official test set stays apart."""
    full = subset(_texts(arrays, "train"), settings.get("train_samples"), seed)
    test = subset(_texts(arrays, "test"), settings.get("test_samples"), seed)
    train, validation = hold_out(full, settings.validation_fraction, seed)
    return train, validation, test


def padded(texts: Ragged, length: int, words: int) -> np.ndarray:
    """Return the last ``length`` words of each text ``(n, length)``, padded in front; rarer words become unknown."""
    result = np.full((len(texts), length), PADDING, dtype=np.uint16)
    for row, start, end in zip(result, texts.offsets[:-1], texts.offsets[1:], strict=True):
        tail = texts.values[max(start, end - length) : end]
        row[length - len(tail) :] = np.where(tail < words, tail, UNKNOWN)
    return result


def _texts(arrays: Arrays, part: str) -> Samples:
    tokens, offsets = np.asarray(arrays[f"tokens_{part}"]), np.asarray(arrays[f"offsets_{part}"])
    return Samples(Ragged(tokens, offsets), np.asarray(arrays[f"y_{part}"]))
