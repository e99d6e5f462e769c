"""Rows of the collected metrics that no run writes: measurements of variants beside their training."""

from __future__ import annotations

from collections.abc import Iterable, Set
from pathlib import Path

import pandas as pd

from practica.address import TIMING
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.blocks import REAL, STAND_IN

FOLDER = "measured"
MEASURE = "timing"
"""The module of an exercise's folder that measures beside the runs; it has ``METRIC`` and ``measure(study, load)``."""
TYPES = {
    **dict.fromkeys(["exercise", "variant"], "str"),
    **{"seed": "int64", "fold": "Int64"},
    **dict.fromkeys(["split", "metric"], "str"),
    **{"value": "float64", "data": "str"},
}
"""The columns of ``metrics.csv`` with their types."""


def measured_file(results: str | Path, exercise: str) -> Path:
    """Return the file with the measurements of an exercise."""
    return Path(results) / FOLDER / f"{exercise}.csv"


def timed_rows(
    study: Study, exercise: str, metric: str, values: Iterable[tuple[str, int, float]], stand_ins: Set[str]
) -> pd.DataFrame:
    """Return times by variant and repetition as rows of ``metrics.csv``.

    Args:
        study: the study that has the variants.
        exercise: the exercise.
        metric: the name of the metric that the times are.
        values: variant, repetition and value; values of one repetition were measured side by side.
        stand_ins: the data sets that are stand-ins.
    """
    rows = [
        (exercise, variant, repetition, None, TIMING, metric, value, data)
        for variant, repetition, value in values
        for data in [STAND_IN if study.dataset(exercise, variant) in stand_ins else REAL]
    ]
    return pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES)


def measured_rows(study: Study, results: Path) -> pd.DataFrame:
    """Return the measured rows of the variants in play, as far as their files exist.

    Raises:
        InputError: a file does not hold such rows.
    """
    parts = [pd.DataFrame(columns=list(TYPES)).astype(TYPES)]
    for exercise in study.exercises:
        path = measured_file(results, exercise)
        if path.is_file():
            rows = _read(path)
            parts.append(rows[(rows["exercise"] == exercise) & rows["variant"].isin(study.variants(exercise))])
    return pd.concat(parts, ignore_index=True)


def _read(path: Path) -> pd.DataFrame:
    try:
        rows = pd.read_csv(path, dtype=TYPES, keep_default_na=False, na_values=[""])
        if list(rows) != list(TYPES):
            raise ValueError(f"its columns are not {', '.join(TYPES)}")
        if rows.drop(columns=["fold", "value"]).isna().any(axis=None) or not set(rows["data"]) <= {REAL, STAND_IN}:
            raise ValueError("a row lacks a name, or its data are neither real nor STAND-IN")
    except (OSError, EOFError, ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{path} is malformed ({error}); delete it and run again") from error
    return rows
