"""Keep the trials that searches choose after their first batch, in a file that extends the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from practica.address import parts
from practica.config.space import ADAPTIVE, Values
from practica.errors import InputError
from practica.files import read_json, write_json

FILE = Path("search/asked.json")
"""The file, below the folder of the results."""
CHANGING = ("trials", "asked")
"""Keys that may change in the same search: how many trials it has in the end, and the trials chosen so far."""


def layer(file: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the file adds to a configuration: the trials of each search that has not changed since.

    Raises:
        InputError: the file is malformed.
    """
    exercises: dict[str, Any] = {}
    for name, entry in read(file).items():
        exercise, variant = parts(name)
        if entry["search"] == identity(_search(config, exercise, variant)):
            over = exercises.setdefault(exercise, {}).setdefault("variants", {})
            over[variant] = {"search": {"asked": entry["asked"]}}
    return {"exercises": exercises} if exercises else {}


def identity(search: Mapping[str, Any]) -> dict[str, Any]:
    """Return what identifies a search that decides from scores; empty for any other."""
    adaptive = search.get("method") in ADAPTIVE
    return {key: value for key, value in search.items() if key not in CHANGING} if adaptive else {}


def read(file: Path) -> dict[str, Any]:
    """Return the searches and their trials by the names of variants, such as ``digits/dense``.

    Raises:
        InputError: the file is malformed.
    """
    content = read_json(file) if file.is_file() else {}
    entries = content.values() if isinstance(content, dict) else [None]
    if not all(
        isinstance(each, dict) and each.get("search") and isinstance(each.get("asked"), list) for each in entries
    ):
        raise InputError(f"{file} does not hold the trials of searches; delete it and search anew")
    return dict(content)


def write(file: Path, name: str, config: Mapping[str, Any], trials: Sequence[Values]) -> None:
    """Write the trials that a variant's search chooses under a merged configuration; those of other variants stay."""
    exercise, variant = parts(name)
    search = identity(_search(config, exercise, variant))
    write_json(file, {**read(file), name: {"search": search, "asked": list(trials)}})


def _search(config: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Return the search of a variant in an unchecked configuration; empty if there is none."""
    exercise, variant = path
    entry: Any = config
    for key in ("exercises", exercise, "variants", variant, "search"):
        entry = entry.get(key) if isinstance(entry, Mapping) else None
    return entry if isinstance(entry, Mapping) else {}
