"""Compare what is measured at the end of a run with the end of its own history.

Both are measured on the same part of the data with the same net, so they agree, unless the net is another by then: of
the best epoch, or as code of the study has changed it.
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
"""The part that is measured at every point of a history as at its end; what is told of training are running means."""
TOLERANCE = 0.02
"""Relative: on a GPU, sums differ by their order, and samples on the border change sides."""
LEAST = 1e-4
CHANGES = re.compile(r"callbacks|\bcompile\b|test_step|\.assign|SeedGenerator|keras\.random|training=True")
"""What code does that gives a net other weights when training ends, or lets it draw while it is measured."""


def agree(value: float, recorded: Iterable[float]) -> bool:
    """Return whether a final value is one of those that its history may end with."""
    return any(abs(value - each) <= max(TOLERANCE * max(abs(value), abs(each)), LEAST) for each in recorded)


def ends_as_recorded(exercise: str, settings: Mapping[str, Any]) -> bool:
    """Return whether runs with these settings end with what their history ends with, as far as is known."""
    optimizer = settings.get("optimizer")
    averaged = isinstance(optimizer, Mapping) and optimizer.get("use_ema")
    return not averaged and not _changes(exercise)


def may_be_best(settings: Mapping[str, Any]) -> bool:
    """Return whether a run may end with the net of its best epoch."""
    return bool(settings.get("early_stopping"))


@cached
def _changes(exercise: str) -> bool:
    """Return whether code of the exercise may change a net at the end, or is not there to be asked."""
    try:
        modules = reach(exercises.module_name(exercise)).modules
        return any(
            CHANGES.search(module_path(module).read_text(encoding="utf-8"))
            for module in modules
            if module.startswith(f"{PACKAGE}.")
        )
    except (InputError, OSError, ValueError, SyntaxError):
        return True
