"""ej08: MNIST digits with a dense and a convolutional net (figures 13 and 14, table 2)."""

from __future__ import annotations

from practica.exercises.inputs import scale_pixels
from practica.exercises.problem import MULTICLASS, Arrays, Problem, Settings, official
from study.shared.classes import confusion_of
from study.shared.mnist_nets import CLASSES, conv, dense

__all__ = ["conv", "dense", "problem"]


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return MNIST with its official test set, pixels scaled to [0, 1]."""
    train, validation, test = official(arrays, settings, seed)
    artefacts = confusion_of(test, CLASSES)
    return Problem(MULTICLASS, train, validation, test, to_input=scale_pixels, artefacts=artefacts)
