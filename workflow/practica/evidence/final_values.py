"""Compare the final values of a run with the end of its own history.

Both are measured on the same split with the same net, so they agree, unless the net has changed in between: to that of
the best epoch, or by code of the study.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from practica import exercises
from practica.code.digest import reach
from practica.code.syntax import module_path
from practica.errors import InputError
from practica.study_folder import PACKAGE, cached

SPLIT = "validation"
"""The split that is measured the same way at every point of the history and at the end; training has running means."""
TOLERANCE = 0.02
"""Relative: on a GPU, the order of sums varies, and samples near the decision boundary change sides."""
LEAST = 1e-4
CHANGES = re.compile(r"callbacks|\bcompile\b|test_step|\.assign|SeedGenerator|keras\.random|training=True")
"""Code that gives a net other weights when training ends, or that makes it draw random numbers while it is measured."""


def agree(value: float, ends: Iterable[float]) -> bool:
    """Return whether a final value is one of those with which its history may end."""
    return any(abs(value - each) <= max(TOLERANCE * max(abs(value), abs(each)), LEAST) for each in ends)


def ends_as_recorded(exercise: str, settings: Mapping[str, Any]) -> bool:
    """Return whether runs with these settings end with the last values of their history, as far as the code shows."""
    optimizer = settings.get("optimizer")
    averaged = isinstance(optimizer, Mapping) and optimizer.get("use_ema")
    return not averaged and not _changes(exercise)


def may_be_best(settings: Mapping[str, Any]) -> bool:
    """Return whether a run may end with the weights of its best epoch."""
    return bool(settings.get("early_stopping"))


@cached
def _changes(exercise: str) -> bool:
    """Return whether code of the exercise may change a net at the end; also if the code cannot be read."""
    try:
        modules = reach(exercises.module_name(exercise)).modules
        return any(
            CHANGES.search(module_path(module).read_text(encoding="utf-8"))
            for module in modules
            if module.startswith(f"{PACKAGE}.")
        )
    except (InputError, OSError, ValueError, SyntaxError):
        return True
