"""Say on which terms two variants were trained: what differs between them must be what a comparison is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from practica.config.declarations import DATA, of_role
from practica.evidence.blocks import REAL, STAND_IN
from practica.evidence.results import Results

Named = tuple[str, str]
"""An exercise and a variant."""
PROTOCOL = "protocol"
RECORDED = {"epochs": "epochs", "precision": "precision", "fingerprint": "data"}
"""What the runs themselves say of their terms: the column of ``runs.csv``, and what it is called."""


def unequal(results: Results, first: Named, second: Named, varies: Iterable[str]) -> str:
    """Return what two variants differ in beyond what a claim ``varies``, as ``epochs 36 / 14``, or nothing.

    Compared are all settings, and the epochs, the precision and the data that the runs recorded.
    """
    if differs := _protocols(results, first, second):
        return differs
    settings = [results.study.settings(*each) if _there(results, each) else {} for each in (first, second)]
    return _told({**_settings(*settings), **_recorded(results, first, second)}, varies)


def unlike(results: Results, first: Named, second: Named) -> str:
    """Return what two variants differ in that no text declares: epochs, precision, data and samples, or nothing.

    It is what is asked where two variants stand side by side because they are variants, and their settings differ.
    """
    if differs := _protocols(results, first, second):
        return differs
    compared = ("epochs", *of_role(DATA))
    settings = [
        {key: value for key, value in results.study.settings(*each).items() if key in compared}
        if _there(results, each)
        else {}
        for each in (first, second)
    ]
    return _told({**_settings(*settings), **_recorded(results, first, second)}, ())


def _protocols(results: Results, first: Named, second: Named) -> str:
    """Return two protocols, which no claim can declare to vary: their runs are never compared."""
    pair = [results.study.protocol_of(name) for _, name in (first, second)]
    return f"{PROTOCOL} {' / '.join(pair)}" if pair[0] != pair[1] else ""


def _there(results: Results, named: Named) -> bool:
    exercises = results.study.config["exercises"]
    return named[0] in exercises and named[1] in results.study.every_variant(named[0])


def _settings(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        key: (first.get(key), second.get(key))
        for key in dict.fromkeys([*first, *second])
        if first.get(key) != second.get(key)
    }


def _recorded(results: Results, first: Named, second: Named) -> dict[str, tuple[Any, Any]]:
    if first == second or not (results.folder / "runs.csv").is_file():
        return {}
    mine, other = (results.terms(*each) for each in (first, second))
    if mine.empty or other.empty:
        return {}
    found: dict[str, tuple[Any, Any]] = {}
    for column, name in RECORDED.items():
        pair = _values(mine, column), _values(other, column)
        if all(pair) and pair[0] != pair[1]:
            found[name] = pair
    ours, theirs = (STAND_IN if (rows["data"] == STAND_IN).any() else REAL for rows in (mine, other))
    return {**found, "data": (ours, theirs)} if ours != theirs else found


def _values(rows: pd.DataFrame, column: str) -> str:
    """Return every different value of a column; a fingerprint by its first letters."""
    known = dict.fromkeys(str(value)[:8] if column == "fingerprint" else str(value) for value in rows[column].dropna())
    return " + ".join(value for value in known if value)


def _told(found: Mapping[str, tuple[Any, Any]], varies: Iterable[str]) -> str:
    declared = set(varies)
    told = {name: pair for name, pair in found.items() if name not in declared}
    return ", ".join(f"{name} {' / '.join(map(_value, pair))}" for name, pair in told.items())


def _value(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
