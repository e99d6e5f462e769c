"""ej09: MNIST with one fixed permutation of the pixels, through the nets of ej08 (figures 15 and 16, table 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from practica.exercises.inputs import scale_pixels
from practica.exercises.problem import MULTICLASS, Arrays, Problem, Samples, Settings, data_rng, official
from study.shared.classes import confusion_of
from study.shared.mnist_nets import CLASSES, conv, dense

__all__ = ["conv", "dense", "problem"]

SHOWN = 6
"""Test images that are kept for a figure."""


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return MNIST with the same permutation of the 784 pixels in train, validation and test."""
    parts = official(arrays, settings, seed)
    order = data_rng(seed, "permutation").permutation(28 * 28) if settings.permute else np.arange(28 * 28)
    train, validation, test = (Samples(_permuted(part.x, order), part.y) for part in parts)
    confusion = confusion_of(test, CLASSES)

    def artefacts(predict: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
        images = {"original": parts[2].x[:SHOWN], "permuted": test.x[:SHOWN]}
        return {name: np.asarray(each) for name, each in images.items()} | confusion(predict)

    return Problem(MULTICLASS, train, validation, test, to_input=scale_pixels, artefacts=artefacts)


def _permuted(images: np.ndarray, order: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), 28 * 28)[:, order].reshape(images.shape)
