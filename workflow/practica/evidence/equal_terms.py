"""Find the terms on which two variants were trained: only what a comparison is about may differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from practica.address import VariantAddress, base_of
from practica.config.declarations import DATA, of_role
from practica.evidence.blocks import REAL, STAND_IN
from practica.evidence.claims import Claim
from practica.evidence.results import Results

PROTOCOL = "protocol"
COLUMNS = {"epochs": "epochs", "precision": "precision", "fingerprint": "data"}
"""The terms that the runs themselves record: the column of ``runs.csv``, and its name in messages."""
TIMED = ("threads", "device", "seeds_per_job")
"""The terms on which only times depend."""


def unequal(
    results: Results, first: VariantAddress, second: VariantAddress, varies: Iterable[str], *, timed: bool = False
) -> str:
    """Return what two variants differ in beyond what a claim ``varies``, as ``epochs 36 / 14``, or an empty text.

    Compares all settings, and the epochs, the precision and the data that the runs recorded; for times (``timed``),
    also threads, device and how many seeds share a job.
    """
    if differs := _protocols(results, first, second):
        return differs
    settings = [results.study.settings(*each) if _there(results, each) else {} for each in (first, second)]
    times = _time_differences(results, first, second) if timed else {}
    return _undeclared_text({**_settings(*settings), **_column_differences(results, first, second), **times}, varies)


def unlike(results: Results, first: VariantAddress, second: VariantAddress, claims: Mapping[str, Claim]) -> str:
    """Return the same for a comparison outside the claims.

    If any of the ``claims`` compares the two variants, only what it declares may differ. Otherwise only epochs,
    precision, data and samples must be the same, because variants differ on purpose.
    """
    if differs := _protocols(results, first, second):
        return differs
    pair = {(exercise, base_of(variant)) for exercise, variant in (first, second)}
    parts = [part for claim in claims.values() for part in claim.parts]
    matches = (part for part in parts if {(each.exercise, each.variant) for each in part.quantities} == pair)
    if exceptions := dict.fromkeys(part.varies for part in matches):
        differences = [unequal(results, first, second, varies) for varies in exceptions]
        return differences[0] if all(differences) else ""
    names = ("epochs", *of_role(DATA))
    settings = [
        {key: value for key, value in results.study.settings(*each).items() if key in names}
        if _there(results, each)
        else {}
        for each in (first, second)
    ]
    return _undeclared_text({**_settings(*settings), **_column_differences(results, first, second)}, ())


def _protocols(results: Results, first: VariantAddress, second: VariantAddress) -> str:
    """Return the two protocols if they differ: runs of two protocols are never compared, whatever a claim declares."""
    pair = [results.study.protocol_of(name) for _, name in (first, second)]
    return f"{PROTOCOL} {' / '.join(pair)}" if pair[0] != pair[1] else ""


def _there(results: Results, variant: VariantAddress) -> bool:
    exercises = results.study.config["exercises"]
    return variant[0] in exercises and variant[1] in results.study.every_variant(variant[0])


def _settings(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        key: (first.get(key), second.get(key))
        for key in dict.fromkeys([*first, *second])
        if first.get(key) != second.get(key)
    }


def _column_differences(results: Results, first: VariantAddress, second: VariantAddress) -> dict[str, tuple[Any, Any]]:
    if first == second or not (results.folder / "runs.csv").is_file():
        return {}
    its_rows, other = (results.terms(*each) for each in (first, second))
    if its_rows.empty or other.empty:
        return {}
    differences: dict[str, tuple[Any, Any]] = {}
    for column, name in COLUMNS.items():
        pair = _values(its_rows, column), _values(other, column)
        if all(pair) and (pair[0] != pair[1] or _apart(results, first, second, column)):
            differences[name] = pair
    ours, theirs = (STAND_IN if (rows["data"] == STAND_IN).any() else REAL for rows in (its_rows, other))
    return {**differences, "data": (ours, theirs)} if ours != theirs else differences


def _apart(results: Results, first: VariantAddress, second: VariantAddress, column: str) -> bool:
    """Return whether the runs of a seed differ in a column, although both variants have the same values in it."""
    if results.terms(*first)[column].nunique() < 2:
        return False
    ours, theirs = (results.by_seed(*each, column) for each in (first, second))
    return any(ours[seed] != theirs[seed] for seed in ours.keys() & theirs.keys())


def _time_differences(results: Results, first: VariantAddress, second: VariantAddress) -> dict[str, tuple[Any, Any]]:
    """Return the ``TIMED`` terms in which the runs of any seed of both variants differ."""
    ours, theirs = (_time_terms(results, each) for each in (first, second))
    seeds = sorted(ours.keys() & theirs.keys())
    pairs = {
        name: tuple(" + ".join(dict.fromkeys(side[seed][place] for seed in seeds)) for side in (ours, theirs))
        for place, name in enumerate(TIMED)
        if any(ours[seed][place] != theirs[seed][place] for seed in seeds)
    }
    return {name: (pair[0], pair[1]) for name, pair in pairs.items()}


def _time_terms(results: Results, variant: VariantAddress) -> dict[int, tuple[str, ...]]:
    """Return the ``TIMED`` terms of a variant's runs by seed."""
    columns = (results.by_seed(*variant, column) for column in ("threads", "gpu", "cpu"))
    threads, gpus, cpus = columns
    jobs = results.jobs(*variant)
    sizes = Counter(jobs[seed] for seed in threads)
    return {seed: (str(threads[seed]), gpus[seed] or cpus[seed], str(sizes[jobs[seed]])) for seed in threads}


def _values(rows: pd.DataFrame, column: str) -> str:
    """Return every different value of a column, joined; fingerprints are cut to their first letters."""
    values = dict.fromkeys(str(value)[:8] if column == "fingerprint" else str(value) for value in rows[column].dropna())
    return " + ".join(value for value in values if value)


def _undeclared_text(terms: Mapping[str, tuple[Any, Any]], varies: Iterable[str]) -> str:
    declared = set(varies)
    undeclared = {name: pair for name, pair in terms.items() if name not in declared}
    return ", ".join(f"{name} {' / '.join(map(_value, pair))}" for name, pair in undeclared.items())


def _value(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
