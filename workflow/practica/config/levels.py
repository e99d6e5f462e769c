"""Settings on several levels: those of a variant or a protocol lie over those of its exercise, and null removes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from practica.config import declarations


def laid(*levels: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of all levels, each laid over those before it, without those that a level sets to null."""
    together = {name: value for level in levels for name, value in level.items()}
    return {name: value for name, value in together.items() if value is not None or not _goes_without(name)}


def with_values(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an unchecked configuration without the settings that variants and protocols set to null."""
    exercises = config.get("exercises") if isinstance(config, Mapping) else None
    if not isinstance(exercises, Mapping):
        return config  # the schema refuses it
    return {**config, "exercises": {name: _inside(entry) for name, entry in exercises.items()}}


def _inside(entry: Any) -> Any:
    """Return an exercise, or a protocol of one, in which the levels inside it set nothing to null."""
    if not isinstance(entry, Mapping):
        return entry
    inside: dict[str, Any] = {}
    for part in ("variants", "protocols"):
        if isinstance(holder := entry.get(part), Mapping):
            inside[part] = {name: _inside(_without(each)) for name, each in holder.items()}
    return {**entry, **inside}


def _without(level: Any) -> Any:
    settings = level.get("settings") if isinstance(level, Mapping) else None
    return {**level, "settings": laid(settings)} if isinstance(settings, Mapping) else level


def _goes_without(name: str) -> bool:
    """Return whether a setting may be left out by null, which is no value of it."""
    declaration = {**declarations.engine(), **declarations.own()}.get(name)
    return declaration is not None and not declarations.may_be_null(declaration)
