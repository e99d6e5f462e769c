"""Compare two studies line by line: statistics, verdicts, and what only one of them has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from practica.address import METRIC, TIMING, Quantity, parts, under
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.blocks import STAND_IN
from practica.evidence.estimates import ALPHA, CONFIDENCE, LOG, holm
from practica.evidence.findings import FEW
from practica.evidence.full_size import read_summary
from practica.evidence.rules import NOT_EVALUATED
from practica.evidence.summary import GROUP
from practica.evidence.verdicts import MULTIPLE
from practica.files import read_json
from practica.reference.condense import MANIFESTS

AGREES, DIFFERS, OPEN = "agrees", "differs", "open"
ROUNDING = 1e-6
"""Means that differ by less than this share of the larger one agree to six figures."""
TEXT = [*GROUP, "data", "scale"]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One metric of one variant in both studies; ``ours`` and ``theirs`` are rows of ``summary.csv``.

    Attributes:
        p: Welch's p, corrected for all lines; None where the line needs or allows no test.
    """

    name: str
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    state: str
    p: float | None = None


@dataclass(frozen=True)
class Comparison:
    """The result of comparing two studies.

    Attributes:
        lines: every metric that both studies have.
        verdicts: claims, or parts of them, with different verdicts: name, ours, theirs, and whether the difference
            counts.
        settings: variants with different settings or data: name and difference.
        missing: what only one of the studies has: name, and where it is missing.
    """

    lines: list[Line]
    verdicts: list[tuple[str, str, str, bool]]
    settings: list[tuple[str, str]]
    missing: list[tuple[str, str]]

    @property
    def agrees(self) -> bool:
        """Return whether there is something to compare and none of it differs."""
        states = {line.state for line in self.lines}
        return AGREES in states and DIFFERS not in states and not any(counts for *_, counts in self.verdicts)


def compare(ours: Path, theirs: Path) -> Comparison:
    """Compare the results in ``ours`` with those in ``theirs``.

    Raises:
        InputError: a file is missing or malformed; the message names it.
    """
    left, right = _summary(ours), _summary(theirs)
    lines = _lines(left, right)
    verdicts, alone = _verdicts(_claims(ours), _claims(theirs))
    here, there = str(ours), str(theirs)
    missing = [(name, here) for name in _variants(right) if name not in _variants(left)]
    missing += [(name, there) for name in _variants(left) if name not in _variants(right)]
    both = set(_variants(left)) & set(_variants(right))
    missing += [(name, here) for name in right if name not in left and _variant(name) in both]
    missing += [(name, there) for name in left if name not in right and _variant(name) in both]
    missing += [(f"claim {name}", here if first else there) for name, first in alone]
    return Comparison(lines, verdicts, _settings(ours, theirs), missing)


def _lines(ours: Mapping[str, Row], theirs: Mapping[str, Row]) -> list[Line]:
    """Return every metric that both studies have; all tests are corrected together, by Holm's method."""
    names = [name for name in ours if name in theirs]
    test_names = [name for name in names if not _plain_state(ours[name], theirs[name])]
    p = holm([_welch(ours[name], theirs[name]) for name in test_names])
    adjusted = dict(zip(test_names, p.tolist(), strict=True))
    return [
        Line(name, ours[name], theirs[name], _state(ours[name], theirs[name], adjusted.get(name)), adjusted.get(name))
        for name in names
    ]


def _state(ours: Row, theirs: Row, p: float | None = None) -> str:
    """Return whether two means over seeds agree, by their corrected ``p``, or uncorrected without it."""
    return _plain_state(ours, theirs) or (DIFFERS if (_welch(ours, theirs) if p is None else p) < ALPHA else AGREES)


def _plain_state(ours: Row, theirs: Row) -> str:
    """Return the state of a line that needs no test, or allows none; empty for others."""
    if STAND_IN in (ours["data"], theirs["data"]):
        return OPEN
    if math.isclose(float(ours["mean"]), float(theirs["mean"]), rel_tol=ROUNDING):
        return AGREES
    if max(int(ours["n"]), int(theirs["n"])) < 2:
        return OPEN
    spreads = [0.0 if pd.isna(row["sd"]) else float(row["sd"]) for row in (ours, theirs)]
    return "" if any(spreads) else DIFFERS


def _welch(ours: Row, theirs: Row) -> float:
    """Return Welch's p for two means over seeds, on logarithms if both studies use them.

    If one side has a single seed, it is Student's p, with the deviation of the other side.
    """
    rows, sizes = (ours, theirs), (int(ours["n"]), int(theirs["n"]))
    on_logarithms = all(row.get("scale") == LOG for row in rows)
    (mine, spread), (its, other) = (_logarithms(row) if on_logarithms else _moments(row) for row in rows)
    test = stats.ttest_ind_from_stats(mine, spread, sizes[0], its, other, sizes[1], equal_var=min(sizes) < 2)
    return float(test.pvalue)


def _moments(row: Row) -> tuple[float, float]:
    return float(row["mean"]), 0.0 if pd.isna(row["sd"]) else float(row["sd"])


def _logarithms(row: Row) -> tuple[float, float]:
    """Return mean and standard deviation of the logarithms, recovered from the ends of the interval."""
    if pd.isna(row["low"]):
        return math.log(float(row["mean"])), 0.0
    low, high, n = math.log(float(row["low"])), math.log(float(row["high"])), int(row["n"])
    return (low + high) / 2, (high - low) / 2 / float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * math.sqrt(n)


def _summary(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of ``summary.csv`` by name, without times, which depend on the machine."""
    rows = read_summary(folder / "summary.csv")
    return {"/".join(key): row for key, row in rows.items() if row["split"] != TIMING}


def _claims(folder: Path) -> dict[str, tuple[str, str | None]]:
    """Return verdict and cause of every part of every claim."""
    path = folder / "claims.json"
    try:
        content = read_json(path)["claims"]
        parts = {_part(claim, part): (part["verdict"], part["cause"]) for claim in content for part in claim["parts"]}
        return {claim["id"]: (claim["verdict"], None) for claim in content} | parts
    except (KeyError, TypeError) as error:
        what = f"no key {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path} is malformed ({what}); judge the claims again") from error


def _part(claim: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    """Return the name of a part; under another protocol than the first it has a name of its own, as variants do."""
    return f"{claim['id']}: {under(part['name'], Quantity.parse(part['of']['quantity']).protocol)}"


def _verdicts(
    ours: Mapping[str, tuple[str, str | None]], theirs: Mapping[str, tuple[str, str | None]]
) -> tuple[list[tuple[str, str, str, bool]], list[tuple[str, bool]]]:
    """Return the verdicts that differ, and the names that only one side evaluated, with whether ours lacks them.

    A side with too few seeds to decide, or with more decisions at once, does not disagree; nor does a claim none of
    whose parts do.
    """
    sides = [{name for name, (verdict, _) in side.items() if verdict != NOT_EVALUATED} for side in (ours, theirs)]
    differences = []
    for name in (name for name in ours if name in sides[0] & sides[1] and ours[name][0] != theirs[name][0]):
        causes = {ours[name][1], theirs[name][1]}
        differences.append((name, ours[name][0], theirs[name][0], not causes & {FEW, MULTIPLE}))
    decisive = {name.partition(":")[0] for name, *_, counts in differences if counts and ":" in name}
    differences = [(name, a, b, counts if ":" in name else name in decisive) for name, a, b, counts in differences]
    alone = [(name, True) for name in theirs if name in sides[1] - sides[0]]
    alone += [(name, False) for name in ours if name in sides[0] - sides[1]]
    # If a side could not evaluate a claim, leave out its parts.
    return differences, [
        each for each in alone if ":" not in each[0] or each[0].partition(":")[0] in sides[0] & sides[1]
    ]


def _variant(name: str) -> str:
    return "/".join(parts(name, METRIC)[:2])


def _variants(rows: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(map(_variant, rows)))


def _settings(ours: Path, theirs: Path) -> list[tuple[str, str]]:
    """Return the settings that differ, if both sides record how they were made."""
    mine, other = _variant_settings(ours), _variant_settings(theirs)
    differences = []
    for name in (name for name in mine if name in other):
        for key in dict.fromkeys([*mine[name], *other[name]]):
            a, b = mine[name].get(key, "unset"), other[name].get(key, "unset")
            if a != b:
                differences.append((name, f"{key} is {a} instead of {b}"))
    return differences


def _variant_settings(folder: Path) -> dict[str, dict[str, Any]]:
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
        finished_runs = runs[runs["status"] == "done"].drop_duplicates(["exercise", "variant"])
        return {
            f"{row['exercise']}/{row['variant']}": {
                **study.settings(row["exercise"], row["variant"]),
                "data": row["fingerprint"][:12],
            }
            for _, row in finished_runs.iterrows()
        }
    except (KeyError, TypeError, AttributeError, OSError, ValueError) as error:
        raise InputError(f"{folder}: {MANIFESTS}, or study.json and runs.csv, are malformed ({error})") from error
