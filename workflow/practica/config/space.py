"""The values that a tuning tries: every combination of a ``grid``, or those that a ``search`` draws."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from itertools import product
from typing import Any

from practica.config import declarations
from practica.config.levels import laid
from practica.config.schema import config_schema
from practica.errors import InputError

MOST = 1000
"""Most combinations of a grid; more are a mistake, or a case for a search."""

TPE, ASHA = "tpe", "asha"
ADAPTIVE = (TPE, ASHA)
"""Methods of search that decide from scores what to train next."""
BATCH = 4
"""Trials that such a search trains at a time, unless it says otherwise."""
ETA = 3
"""Of this many trials at a rung of a search by ASHA, one is promoted, unless the search says otherwise."""
OF_METHODS: Mapping[str, tuple[tuple[str, ...], Any]] = {
    "batch": (ADAPTIVE, BATCH),
    "asked": (ADAPTIVE, []),
    "eta": ((ASHA,), ETA),
    "min_epochs": ((ASHA,), 1),
}
"""Keys of a search that only some methods have: those methods, and the default, as in the schema."""
EPOCHS = "epochs"

Values = dict[str, Any]


def check_spaces(config: Mapping[str, Any]) -> None:
    """Check what the schema cannot say of every ``grid`` and ``search``.

    Raises:
        InputError: one of them is wrong; the message names the key.
    """
    for exercise, entry in config["exercises"].items():
        for variant, own in entry["variants"].items():
            where = f"configuration: exercises.{exercise}.variants.{variant}"
            if "grid" in own and "search" in own:
                raise InputError(f"{where}: grid and search: give one of them")
            if "grid" in own:
                _check_names(f"{where}.grid", own["grid"])
                count = math.prod(map(len, own["grid"].values()))
                if count > MOST:
                    raise InputError(f"{where}.grid: {count} combinations, more than {MOST}; use search")
            if "search" in own:
                _check_search(f"{where}.search", own["search"])
                # At reduced size there are fewer epochs than the rungs are made for, and nothing is promoted.
                if own["search"].get("method") == ASHA and not config.get("demonstration"):
                    _check_rungs(f"{where}.search", own["search"], _epochs(own, entry))


def combinations(space: Mapping[str, Any], epochs: int = 0) -> list[Values]:
    """Return the values of every trial of a variant's ``grid`` or ``search``; empty if it has neither.

    A search with more trials begins with those of one with fewer. It has fewer trials than it asks for if its lists do
    not have that many combinations. A search by ``tpe`` or ``asha`` has its first batch, and the trials chosen since;
    with ``asha``, each has the epochs of its rung, and the last rung has the ``epochs`` of the variant.
    """
    if "grid" in space:
        return [dict(zip(space["grid"], values, strict=True)) for values in product(*space["grid"].values())]
    if "search" not in space:
        return []
    search = space["search"]
    if search.get("method") == TPE:
        first = draws(search, min(search["trials"], search.get("batch", BATCH)))
        return [*first, *search.get("asked", ())][: search["trials"]]
    if search.get("method") == ASHA:
        levels = rungs(search, epochs)
        first = draws(search, min(search["trials"], search.get("batch", BATCH)))
        later = [values for values in search.get("asked", ()) if values.get(EPOCHS) in levels]
        return [{**values, EPOCHS: levels[0]} for values in first] + later
    return draws(search, search["trials"])


def rungs(search: Mapping[str, Any], epochs: int) -> list[int]:
    """Return the epochs of each rung of a search by ASHA, the last with all ``epochs`` of the variant."""
    levels, level = [], search.get("min_epochs", 1)
    while level < epochs:
        levels.append(level)
        level *= search.get("eta", ETA)
    return [*levels, epochs]


def draws(search: Mapping[str, Any], count: int) -> list[Values]:
    """Return the first ``count`` different random draws of a search, or all combinations if there are fewer."""
    distinct: list[Values] = []
    for place in range(100 * count):  # this many draws miss no combination that is worth waiting for
        draw = _draw(search, random.Random(f"{search.get('seed', 0)}/{place}"))
        if draw not in distinct:
            distinct.append(draw)
        if len(distinct) == count:
            break
    return distinct


def names(space: Mapping[str, Any]) -> list[str]:
    """Return the names of the settings that are tuned."""
    search = space.get("search", {})
    rung = [EPOCHS] if search.get("method") == ASHA else []
    return [*space.get("grid", {}), *search.get("values", {}), *search.get("ranges", {}), *rung]


def _check_names(where: str, settings: Mapping[str, Any]) -> None:
    for name in settings:
        if declarations.role(name) == declarations.DATA:
            raise InputError(f"{where}.{name}: it decides what trials are judged on, and cannot be tuned")


def _check_search(where: str, search: Mapping[str, Any]) -> None:
    values, ranges = search.get("values", {}), search.get("ranges", {})
    if not values and not ranges:
        raise InputError(f"{where}: nothing to draw; give values, ranges or both")
    for key, (methods, default) in OF_METHODS.items():  # a resolved study has every default
        if search.get(key, default) != default and search.get("method") not in methods:
            raise InputError(f"{where}.{key}: only a search with method: {' or '.join(methods)} has one")
    _check_names(f"{where}.values", values)
    _check_names(f"{where}.ranges", ranges)
    for name, span in ranges.items():
        if name in values:
            raise InputError(f"{where}.ranges.{name}: it is also under values; remove one of them")
        if not span["low"] < span["high"]:
            raise InputError(f"{where}.ranges.{name}: low ({span['low']}) is not below high ({span['high']})")
        if span.get("scale") == "log" and span["low"] <= 0:
            raise InputError(f"{where}.ranges.{name}.low: {span['low']} has no logarithm; begin above 0")


def _epochs(own: Mapping[str, Any], entry: Mapping[str, Any]) -> int:
    """Return the epochs of a variant in a configuration without defaults; 0 if it gives none."""
    return int(laid(entry.get("settings", {}), own.get("settings", {})).get(EPOCHS, 0))


def _check_rungs(where: str, search: Mapping[str, Any], epochs: int) -> None:
    for part in ("values", "ranges"):
        if EPOCHS in search.get(part, {}):
            raise InputError(f"{where}.{part}.{EPOCHS}: {ASHA} decides on the epochs of each trial; remove it")
    least, eta = search.get("min_epochs", 1), search.get("eta", ETA)
    if least >= epochs:
        raise InputError(
            f"{where}.min_epochs: {least} leaves no rung below the {epochs} epochs of the variant; give fewer, or the "
            "variant more settings.epochs"
        )
    least_trials, count = eta ** (len(rungs(search, epochs)) - 1), len(draws(search, search["trials"]))
    if count < least_trials:
        raise InputError(
            f"{where}.trials: {count} are too few for one to reach {epochs} epochs: with min_epochs {least} and eta "
            f"{eta}, {least_trials} are needed; give more trials, a larger min_epochs or a smaller eta"
        )


def _draw(search: Mapping[str, Any], rng: random.Random) -> Values:
    values = {name: choices[int(rng.random() * len(choices))] for name, choices in search.get("values", {}).items()}
    return values | {name: _between(name, span, rng.random()) for name, span in search.get("ranges", {}).items()}


def _between(name: str, span: Mapping[str, Any], share: float) -> float | int:
    """Return the number at a ``share`` (0 to 1) of a range."""
    low, high = span["low"], span["high"]
    return rounded(
        name, span, low * (high / low) ** share if span.get("scale") == "log" else low + (high - low) * share
    )


def rounded(name: str, span: Mapping[str, Any], value: float) -> float | int:
    """Round a number of a range to three significant figures, or to a whole number if the setting is one."""
    low, high = span["low"], span["high"]
    whole = "integer" in config_schema()["$defs"]["settings"]["properties"][name]["type"]
    near = round(value) if whole else float(f"{value:.3g}")
    return min(max(near, low), high)
