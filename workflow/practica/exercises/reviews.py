"""The IMDB reviews as ej03 and ej04 share them: sequences of word numbers, split with the data seed."""

from __future__ import annotations

import numpy as np

from practica.exercises.problem import Arrays, Ragged, Samples, Settings, hold_out, subset

PADDING, UNKNOWN = 0, 2  # Keras' conventions for IMDB, as 1 for the start of a review


def official_reviews(arrays: Arrays, settings: Settings, seed: int) -> tuple[Samples, Samples, Samples]:
    """Return train, validation and test, ``x`` ragged and ``y`` ``(n,)`` 0 or 1; the official test set stays whole."""
    full = subset(_reviews(arrays, "train"), settings.get("train_samples"), seed)
    test = subset(_reviews(arrays, "test"), settings.get("test_samples"), seed)
    train, validation = hold_out(full, settings.validation_fraction, seed)
    return train, validation, test


def padded(reviews: Ragged, length: int, words: int) -> np.ndarray:
    """Return the last ``length`` words of each review ``(n, length)``, padded in front; rarer words become unknown."""
    result = np.full((len(reviews), length), PADDING, dtype=np.uint16)
    for row, start, end in zip(result, reviews.offsets[:-1], reviews.offsets[1:], strict=True):
        kept = reviews.values[max(start, end - length) : end]
        row[length - len(kept) :] = np.where(kept < words, kept, UNKNOWN)
    return result


def _reviews(arrays: Arrays, part: str) -> Samples:
    tokens, offsets = np.asarray(arrays[f"tokens_{part}"]), np.asarray(arrays[f"offsets_{part}"])
    return Samples(Ragged(tokens, offsets), np.asarray(arrays[f"y_{part}"]))
