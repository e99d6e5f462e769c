"""What a configuration may contain, checked before anything else reads it: few, finite, printable values."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from practica.errors import InputError

DEPTH = 20
SIZE = 100_000  # characters in total; the resolved study is one word of a command, and Linux allows 131,072
LARGEST = 2**63  # of whole numbers; numpy and readers of JSON do not agree on larger ones


def plain(config: Any, where: str = "configuration") -> Any:
    """Return ``config`` if it is a tree of mappings, lists, text, finite numbers, booleans and nulls, like JSON.

    YAML allows more: trees that contain themselves or expand to gigabytes, dates, and keys that are not text.

    Raises:
        InputError: it holds something else, or is too large or too deep; the message names the key's path.
    """
    _Budget(where).spend(config, ())
    return config


class _Budget:
    """Count the content of a configuration, so that a small file that expands to a huge tree is refused in time."""

    def __init__(self, where: str) -> None:
        self.where, self.rest = where, SIZE

    def spend(self, value: Any, path: tuple[str, ...]) -> None:
        """Check a value and everything in it."""
        if len(path) > DEPTH:
            self.refuse(path[:3], f"more than {DEPTH} levels deep; does it contain itself?")
        if isinstance(value, Mapping):
            for key, item in value.items():
                if not isinstance(key, str):
                    looks = " (yes, no, on and off are true or false to YAML)" if isinstance(key, bool) else ""
                    self.refuse(path, f"the key {reprlib.repr(key)}{looks} is not text; put it in quotes")
                if not key.isprintable():
                    self.refuse(path, f"the key {reprlib.repr(key)} holds a character that cannot be printed")
                self.spend(item, (*path, key))
                self.count(len(key), path)
        elif isinstance(value, list | tuple):
            for number, item in enumerate(value):
                self.spend(item, (*path, str(number)))
        elif problem := _problem(value):
            self.refuse(path, problem)
        self.count(len(value) + 3 if isinstance(value, str) else 3, path)

    def count(self, size: int, path: tuple[str, ...]) -> None:
        """Subtract ``size`` characters from the rest."""
        self.rest -= size
        if self.rest < 0:
            self.refuse(path[:3], f"here the configuration has grown beyond the possible {SIZE:,} characters")

    def refuse(self, path: tuple[str, ...], problem: str) -> None:
        """Raise the error for a key."""
        keys = ".".join(reprlib.repr(key).strip("'") if len(key) > 30 else key for key in path)
        raise InputError(": ".join(part for part in (self.where, keys, problem) if part))


def _problem(value: Any) -> str | None:
    """Return what is wrong with a single value."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        wrong = next((c for c in value if not c.isprintable() and not c.isspace()), None)
        # Format characters, such as those that join emoji or set the direction, are harmless; surrogates are not.
        if wrong is not None and (wrong < " " or "\x7f" <= wrong < "\xa0" or "\ud800" <= wrong <= "\udfff"):
            return f"it holds the character {wrong!r}, which cannot be printed"
        return None
    if isinstance(value, int):
        return None if abs(value) < LARGEST else f"a number beyond the possible {LARGEST:,}"
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{value} is not a finite number"
    text = str(value) if isinstance(value, date) else reprlib.repr(value)
    return f"{text} is read as {type(value).__name__}; if it is meant as text, put it in quotes"
