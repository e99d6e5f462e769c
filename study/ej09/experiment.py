"""ej09: MNIST with one fixed permutation of the pixels, through the nets of ej08 (figures 15 and 16, table 3)."""

from __future__ import annotations

import numpy as np

from practica.exercises.inputs import scale_pixels
from practica.exercises.problem import MULTICLASS, Arrays, Problem, Samples, Settings, data_rng, official
from study.shared.mnist_nets import conv, dense

__all__ = ["conv", "dense", "problem"]


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return MNIST with the same permutation of the 784 pixels in train, validation and test."""
    parts = official(arrays, settings, seed)
    order = data_rng(seed, "permutation").permutation(28 * 28) if settings.permute else np.arange(28 * 28)
    train, validation, test = (Samples(_permuted(part.x, order), part.y) for part in parts)
    return Problem(MULTICLASS, train, validation, test, to_input=scale_pixels)


def _permuted(images: np.ndarray, order: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), 28 * 28)[:, order].reshape(images.shape)
