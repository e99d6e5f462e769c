"""Find the exercises: one module an exercise, whose ``@model`` functions are the models that variants can name."""

from __future__ import annotations

import importlib
from types import ModuleType

from practica.code import mentioned
from practica.errors import InputError
from practica.syntax import decorated_functions, module_path

TRAINING = frozenset(
    [
        "batch_size",
        "class_weight",
        "early_stopping",
        "epochs",
        "folds",
        "label_smoothing",
        "learning_rate",
        "log_every",
        "loss",
        "metrics",
        "momentum",
        "optimizer",
        "precision",
        "schedule",
    ]
)
"""Settings of training, whatever is trained."""


def module_name(exercise: str) -> str:
    """Return the name of the exercise's module.

    Raises:
        InputError: there is no such module.
    """
    name = f"practica.exercises.{exercise}"
    if not module_path(name).is_file():
        raise InputError(f"exercise {exercise!r} has no module: write workflow/practica/exercises/{exercise}.py")
    return name


def models(exercise: str) -> tuple[str, ...]:
    """Return the names of the models that the exercise offers, without importing it (Keras takes seconds)."""
    return decorated_functions(module_name(exercise), "model")


def uses(exercise: str, model: str) -> frozenset[str]:
    """Return what a model and the problem of its exercise can use, settings among it; ``**`` stands for anything."""
    module = module_name(exercise)
    return TRAINING | mentioned(module, model) | mentioned(module, "problem")


def load(exercise: str) -> ModuleType:
    """Import the exercise's module."""
    return importlib.import_module(module_name(exercise))
