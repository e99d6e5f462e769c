"""Compare two studies line by line: statistics, verdicts, and what only one of them has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from practica.address import METRIC, TIMING, parts
from practica.config import Study
from practica.errors import InputError
from practica.evidence.blocks import STAND_IN
from practica.evidence.reference import MANIFESTS
from practica.evidence.rules import NOT_EVALUATED
from practica.evidence.summary import GROUP
from practica.evidence.verdicts import FEW
from practica.files import read_json

AGREES, DIFFERS, OPEN = "agrees", "differs", "open"
ALPHA = 0.001
"""How often a line of two equal studies differs by chance: of 300 lines, none in three comparisons out of four."""
ROUNDING = 1e-6
NUMBERS = ["mean", "low", "high", "n"]
TEXT = [*GROUP, "data"]


@dataclass(frozen=True)
class Line:
    """One metric of one variant in both studies; ``ours`` and ``theirs`` are rows of ``summary.csv``."""

    name: str
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    state: str


@dataclass(frozen=True)
class Comparison:
    """What came of it.

    Attributes:
        lines: every metric that both studies have.
        verdicts: claims, or parts of them, with another verdict: name, ours, theirs, and whether it counts.
        settings: what of a variant was set otherwise, or is of other data: name and how.
        missing: what only one of the studies has: name, and where it is missing.
    """

    lines: list[Line]
    verdicts: list[tuple[str, str, str, bool]]
    settings: list[tuple[str, str]]
    missing: list[tuple[str, str]]

    @property
    def agrees(self) -> bool:
        """Say whether there is something to compare and none of it differs."""
        states = {line.state for line in self.lines}
        return AGREES in states and DIFFERS not in states and not any(counts for *_, counts in self.verdicts)


def compare(ours: Path, theirs: Path) -> Comparison:
    """Compare the results in ``ours`` with those in ``theirs``.

    Raises:
        InputError: a file is missing or malformed; the message names it.
    """
    left, right = _summary(ours), _summary(theirs)
    lines = [Line(name, left[name], right[name], _state(left[name], right[name])) for name in left if name in right]
    verdicts, alone = _verdicts(_claims(ours), _claims(theirs))
    here, there = str(ours), str(theirs)
    missing = [(name, here) for name in _variants(right) if name not in _variants(left)]
    missing += [(name, there) for name in _variants(left) if name not in _variants(right)]
    both = set(_variants(left)) & set(_variants(right))
    missing += [(name, here) for name in right if name not in left and _variant(name) in both]
    missing += [(name, there) for name in left if name not in right and _variant(name) in both]
    missing += [(f"claim {name}", here if first else there) for name, first in alone]
    return Comparison(lines, verdicts, _settings(ours, theirs), missing)


def _state(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """Return whether two means over seeds agree: Welch's t test, or Student's where one is of a single seed."""
    if STAND_IN in (ours["data"], theirs["data"]):
        return OPEN
    mine, other = float(ours["mean"]), float(theirs["mean"])
    if math.isclose(mine, other, rel_tol=ROUNDING, abs_tol=ROUNDING):
        return AGREES
    sizes = int(ours["n"]), int(theirs["n"])
    if max(sizes) < 2:
        return OPEN
    deviations = [0.0 if pd.isna(row["sd"]) else float(row["sd"]) for row in (ours, theirs)]
    if not any(deviations):
        return DIFFERS
    test = stats.ttest_ind_from_stats(
        mine, deviations[0], sizes[0], other, deviations[1], sizes[1], equal_var=min(sizes) < 2
    )
    return AGREES if test.pvalue >= ALPHA else DIFFERS


def _summary(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of ``summary.csv`` by their names."""
    path = folder / "summary.csv"
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[""])
        table = table.astype(dict.fromkeys([*NUMBERS, "sd"], float) | {"n": int} | dict.fromkeys(TEXT, str))
        rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
        # How long things take is a matter of the machine.
        rows = [row for row in rows if row["split"] != TIMING]
        return {"/".join(str(row[key]) for key in GROUP): row for row in rows}
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a folder of results or a reference") from error
    except (ValueError, KeyError, OverflowError) as error:
        raise InputError(f"{path} is malformed ({error}); collect it again") from error


def _claims(folder: Path) -> dict[str, tuple[str, str | None]]:
    """Return verdict and cause of every part of every claim."""
    path = folder / "claims.json"
    try:
        content = read_json(path)["claims"]
        parts = {f"{c['id']}: {part['name']}": (part["verdict"], part["cause"]) for c in content for part in c["parts"]}
        return {claim["id"]: (claim["verdict"], None) for claim in content} | parts
    except (KeyError, TypeError) as error:
        what = f"no key {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path} is malformed ({what}); judge the claims again") from error


def _verdicts(
    ours: Mapping[str, tuple[str, str | None]], theirs: Mapping[str, tuple[str, str | None]]
) -> tuple[list[tuple[str, str, str, bool]], list[tuple[str, bool]]]:
    """Return the verdicts that differ, and what only one side could evaluate with whether ours is the side without.

    That a side has too few seeds to decide is no disagreement; nor is that of a claim, where its parts show none.
    """
    known = [{name for name, (verdict, _) in side.items() if verdict != NOT_EVALUATED} for side in (ours, theirs)]
    found = []
    for name in (name for name in ours if name in known[0] & known[1] and ours[name][0] != theirs[name][0]):
        found.append((name, ours[name][0], theirs[name][0], FEW not in (ours[name][1], theirs[name][1])))
    counting = {name.partition(":")[0] for name, *_, counts in found if counts and ":" in name}
    found = [(name, a, b, counts if ":" in name else name in counting) for name, a, b, counts in found]
    alone = [(name, True) for name in theirs if name in known[1] - known[0]]
    alone += [(name, False) for name in ours if name in known[0] - known[1]]
    whole = {each for each in alone if ":" not in each[0]}  # with a claim go its parts
    return found, [
        (name, first) for name, first in alone if ":" not in name or (name.partition(":")[0], first) not in whole
    ]


def _variant(name: str) -> str:
    return "/".join(parts(name, METRIC)[:2])


def _variants(rows: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(map(_variant, rows)))


def _settings(ours: Path, theirs: Path) -> list[tuple[str, str]]:
    """Return what was set otherwise, where both sides say how they were made."""
    mine, other = _made(ours), _made(theirs)
    found = []
    for name in (name for name in mine if name in other):
        for key in dict.fromkeys([*mine[name], *other[name]]):
            a, b = mine[name].get(key, "unset"), other[name].get(key, "unset")
            if a != b:
                found.append((name, f"{key} is {a} instead of {b}"))
    return found


def _made(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the settings of every variant, and the fingerprint of its data."""
    try:
        if (folder / MANIFESTS).is_file():
            manifests = read_json(folder / MANIFESTS)
            return {
                name: {**entry["settings"], "data": manifests["data"][entry["dataset"]]["fingerprint"][:12]}
                for name, entry in manifests["variants"].items()
            }
        if not (folder / "study.json").is_file():
            return {}
        study = Study.load(folder / "study.json")
        runs = pd.read_csv(folder / "runs.csv", dtype=str, keep_default_na=False)
        done = runs[runs["status"] == "done"].drop_duplicates(["exercise", "variant"])
        return {
            f"{row['exercise']}/{row['variant']}": {
                **study.settings(row["exercise"], row["variant"]),
                "data": row["fingerprint"][:12],
            }
            for _, row in done.iterrows()
        }
    except (KeyError, TypeError, AttributeError, OSError, ValueError) as error:
        raise InputError(f"{folder}: {MANIFESTS}, or study.json and runs.csv, are malformed ({error})") from error
