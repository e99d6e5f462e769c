"""Keys of the configuration that have no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from practica.study_folder import folder_of
from practica.yamlfiles.overlay import files_to_cut, lay


def idle_keys(layers: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Yield a sentence about each key of layers, by name, that has no effect.

    It is null where nothing is, a setting that all variants have, or a cut that no exercise has.
    """
    merged: dict[str, Any] = {}
    for place, (name, over) in enumerate(layers):
        before, merged = merged, lay(merged, over)
        cut = over.get("cut")
        if isinstance(cut, str) and not files_to_cut(cut, folder_of(merged), _mapping(merged, "exercises")):
            yield f"cut of {name} changes nothing, for no exercise in {folder_of(merged)} has a file {cut}.yaml"
        if place:
            for key, names in _removed_from(over, before):
                yield f"{key} of {name} removes nothing, for there is none of that name (there: {names})"
            for exercise, key, variants in _hidden(over, merged):
                whose = f"{', '.join(variants)} {'have' if len(variants) > 1 else 'has'}"
                own = "their own" if len(variants) > 1 else "its own"
                yield (
                    f"exercises.{exercise}.settings.{key} of {name} changes nothing, for {whose} {key} of {own}; "
                    "set it there"
                )


def _removed_from(over: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each exercise and variant that a layer sets to null but no earlier layer has, with the names that exist."""
    exercises = _mapping(over, "exercises")
    for holder in (["exercises"], *(["exercises", name, "variants"] for name in exercises)):
        there = _mapping(before, *holder)
        for name, entry in _mapping(over, *holder).items():
            if entry is None and name not in there:
                yield ".".join([*holder, name]), ", ".join(there) or "none"


def _hidden(over: Mapping[str, Any], merged: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield exercise, key and variants where a layer gives an exercise a setting that all its variants already have."""
    for exercise, entry in {**_mapping(over, "exercises"), **_mapping(over, "cut")}.items():
        there = _mapping(merged, "exercises", exercise, "variants")
        variants = [name for name, each in there.items() if each is not None]
        for key in _mapping({"": entry}, "", "settings"):
            own = [name for name in variants if key in _mapping(there, name, "settings")]
            same = [name for name in variants if key in _mapping({"": entry}, "", "variants", name, "settings")]
            if variants and own == variants != same:
                yield exercise, key, variants


def _mapping(tree: Any, *keys: str) -> Mapping[str, Any]:
    """Return the mapping under keys in an unchecked configuration; an empty one for anything else."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree if isinstance(tree, Mapping) else {}
