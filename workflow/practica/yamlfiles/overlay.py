"""Merge one configuration over another: what it changes, what it removes, and what it cuts if that exists."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from practica.errors import InputError, hint
from practica.study_folder import experiments, folder_of
from practica.yamlfiles.reading import read_yaml

SEEDS = ("seeds", "seeds_per_job")
"""Keys that a study, an exercise and a variant may have. A later layer sets them for everything inside."""


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``over`` merged over it, mapping by mapping."""
    result = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merge(result[key], value) if both else value
    return result


def overlaid(base: Mapping[str, Any], over: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """Return ``base`` with ``over`` merged over it; null removes a key that ``base`` has, at ``path`` and below.

    It stays null for an exercise, a variant or a protocol, which may also come from elsewhere, and for a setting of one
    of the last two, which then goes without that of the exercise.
    """
    names = len(path) % 2 and path[-1] in ("exercises", "variants", "protocols")
    inner = len(path) > 3 and path[-1] == "settings"
    result = dict(base)
    for key, value in over.items():
        there = base.get(key)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            result[key] = overlaid(there, value, *path, key)
        elif value is None and there is not None and not (names or inner):
            del result[key]
        else:
            result[key] = value
    return result


def lay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``over`` laid over it; its ``cut`` applies to the result, so that later layers lie over it.

    Raises:
        InputError: ``cut`` names an exercise that has neither a block nor a folder.
    """
    result = overlaid(_of_all(base, over, "exercises"), over)
    return _cut(result) if "cut" in over else result


def _of_all(base: Mapping[str, Any], over: Mapping[str, Any], inside: str) -> dict[str, Any]:
    """Return ``base`` with the seeds of ``over`` replacing those of everything ``inside`` it."""
    own_seeds = {key: over[key] for key in SEEDS if key in over}
    result = dict(base)
    for name, entry in _mapping(base.get(inside)).items():
        if isinstance(entry, Mapping):
            own = {**own_seeds, **_mapping(_mapping(over.get(inside)).get(name))}
            mine = {key: own_seeds.get(key, each) for key, each in entry.items() if own_seeds.get(key, "") is not None}
            result[inside] = {**result[inside], name: _of_all(mine, own, "variants")}
    return result


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def laid_out(config: Any) -> Any:
    """Return a configuration without the exercises and variants that are null, which is how a later file removes them.

    Raises:
        InputError: ``cut`` names an exercise that has neither a block nor a folder.
    """
    if not (isinstance(config, Mapping) and isinstance(config.get("exercises"), Mapping)):
        return config  # the schema refuses it
    config = _cut(config)
    return {**config, "exercises": _present(config["exercises"])}


def _cut(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with ``cut`` laid over existing exercises and variants, marked as a demonstration."""
    exercises, over = config.get("exercises"), config.get("cut", {})
    if not isinstance(exercises, Mapping):  # a file that is meant to lie over another
        return dict(config)
    folder = folder_of(config)
    if isinstance(over, str):
        over = _files_named(over, folder, exercises)
    if not isinstance(over, Mapping):
        return dict(config)  # the schema refuses this, too
    if wrong := [exercise for exercise, entry in over.items() if not isinstance(entry, Mapping | None)]:
        reason = f"{over[wrong[0]]!r} is not a mapping of settings and variants"
        raise InputError(f"configuration: cut.{wrong[0]}: {reason}; write it as under exercises")
    cut = dict(exercises)
    for exercise, entry in over.items():
        if exercise not in {*exercises, *experiments(folder)}:
            there = _present(exercises)
            raise InputError(f"configuration: cut: there is no exercise {exercise!r}{hint(exercise, there)}")
        if entry is None and exercise in exercises:
            cut[exercise] = None
        elif isinstance(exercises.get(exercise), Mapping):
            there = _of_those_there(entry, exercises[exercise])
            mine = _of_all(exercises[exercise], there, "variants")
            cut[exercise] = overlaid(mine, there, "exercises", exercise)
    whole = {key: value for key, value in {**config, "exercises": cut}.items() if key != "cut"}
    return {**whole, "demonstration": True} if over else whole


def _files_named(name: str, folder: Path, exercises: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of the files of this name in the exercises' folders; exercises without one stay unchanged.

    Raises:
        InputError: the exercises have files to cut them, but none of this name; without any, nothing is cut.
    """
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise InputError(
            f"configuration: cut: {name!r} is not the name of a file in the folders of the exercises, such as quick"
        )
    there = files_to_cut(name, folder, exercises)
    if not there and (others := _other_cuts(folder, exercises)):
        raise InputError(f"configuration: cut: no exercise in {folder} has a file {name}.yaml{hint(name, others)}")
    return {exercise: read_yaml(file) for exercise, file in there.items()}


def files_to_cut(name: str, folder: Path, exercises: Iterable[Any]) -> dict[str, Path]:
    """Return the files of this name in the exercises' folders, by exercise."""
    files = {exercise: folder / exercise / f"{name}.yaml" for exercise in exercises if isinstance(exercise, str)}
    return {exercise: file for exercise, file in files.items() if file.is_file()}


def _other_cuts(folder: Path, exercises: Iterable[Any]) -> list[str]:
    """Return the names of all files in the exercises' folders that ``cut`` may name: neither texts nor protocols."""
    file = folder / "study.yaml"
    protocols = read_yaml(file).get("protocols") if file.is_file() else None
    others = {"about", *(protocols if isinstance(protocols, Mapping) else ())}
    files = [file for exercise in exercises if isinstance(exercise, str) for file in (folder / exercise).glob("*.yaml")]
    return sorted({file.stem for file in files} - others)


def _of_those_there(over: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is laid over an exercise without the variants that it does not have."""
    variants, there = over.get("variants"), entry.get("variants")
    if not (isinstance(variants, Mapping) and isinstance(there, Mapping)):
        return dict(over)
    return {**over, "variants": {name: each for name, each in variants.items() if there.get(name) is not None}}


def _present(exercises: Mapping[str, Any]) -> dict[str, Any]:
    """Return the exercises and variants that are not null."""
    there = {name: entry for name, entry in exercises.items() if entry is not None}
    for name, entry in there.items():
        if isinstance(entry, Mapping) and isinstance(entry.get("variants"), Mapping):
            variants = {key: each for key, each in entry["variants"].items() if each is not None}
            there[name] = {**entry, "variants": variants}
    return there


def check_names(config: Any) -> None:
    """Raise ``InputError`` for an incomplete exercise whose name resembles that of another one."""
    exercises = config.get("exercises") if isinstance(config, Mapping) else None
    if not isinstance(exercises, Mapping):
        return  # the schema refuses it
    whole = sorted(name for name, each in exercises.items() if isinstance(each, Mapping) and "dataset" in each)
    for name, entry in exercises.items():
        close = difflib.get_close_matches(name, whole, n=1, cutoff=0.7)
        if isinstance(entry, Mapping) and name not in whole and close and name not in experiments(folder_of(config)):
            raise InputError(
                f"configuration: exercises.{name}: unknown exercise {name!r}, did you mean {close[0]!r}? "
                f"(known: {', '.join(whole)})"
            )
