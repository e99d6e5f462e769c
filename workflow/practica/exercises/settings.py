"""The settings of one variant, as its exercise reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from practica.errors import InputError


class Settings(Mapping[str, Any]):
    """The settings of one variant, with a clear error for one that the configuration lacks.

    ``settings.l2`` is required; ``settings.get("dropout", 0)`` is optional.
    """

    def __init__(self, values: Mapping[str, Any], where: str = "settings") -> None:
        self._values = dict(values)
        self._where = where
        self._asked: set[object] = set()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        self._asked.add(name)
        return self.quietly(name)

    def quietly(self, name: str) -> Any:
        """Return the setting, and do not count it as asked for."""
        if name not in self._values:
            raise InputError(f"{self._where}: the setting {name!r} is missing; add it to the configuration")
        return self._values[name]

    def given(self, name: str) -> bool:
        """Return whether the configuration has the setting, and do not count it as asked for."""
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:
        """Return the setting, or ``default`` where the configuration lacks it."""
        self._asked.add(name)
        return self._values.get(name, default)

    def asked(self, name: str) -> bool:
        """Return whether somebody has asked for the setting: then what came of it may depend on it."""
        return name in self._asked

    def __contains__(self, name: object) -> bool:
        self._asked.add(name)
        return name in self._values

    def __iter__(self) -> Any:
        self._asked |= self._values.keys()
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
