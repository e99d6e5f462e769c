"""Find names in a configuration that do not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from practica.code.syntax import data_sets
from practica.errors import InputError
from practica.study_folder import experiments, relative_path
from practica.yamlfiles.spelling import names


def unknown(kind: str, name: str, names: Iterable[str]) -> str:
    """Say that nothing is called so, and what comes close."""
    names = list(names)
    close = difflib.get_close_matches(name.lower(), names, n=1)
    return f"unknown {kind} {name!r}{f', did you mean {close[0]!r}?' if close else ''} (known: {', '.join(names)})"


def no_exercise(name: str, exercises: Mapping[str, Any]) -> str:
    """Say that the configuration has no such exercise, and whether the study's folder has."""
    if name in experiments():
        return f"exercise {name!r} has a folder but no block: add one under `exercises` in the configuration"
    return unknown("exercise", name, exercises)


def unknown_datasets(exercises: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence about every data set that no module in the study's ``data`` defines."""
    names = data_sets()
    for exercise, entry in exercises.items():
        variants = {
            f"{exercise}.variants.{name}": each for name, each in entry["variants"].items() if "dataset" in each
        }
        for where, part in {exercise: entry, **variants}.items():
            name = part["dataset"]
            if name not in names:
                yield (
                    f"configuration: exercises.{where}.dataset: {unknown('data set', name, list(names))}; "
                    f"a new one is a module {relative_path('data', name)}.py that defines DATASET"
                )


def those_alone(value: str | list[str], exercises: Mapping[str, Any]) -> list[str]:
    """Return the exercises that ``only`` names, in the order of the configuration."""
    selection = names(value, "configuration: only")
    for name in selection:
        if name not in exercises:
            raise InputError(f"configuration: only: {no_exercise(name, exercises)}")
    return [name for name in exercises if name in selection]
