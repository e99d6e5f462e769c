"""Find numbers and rows in results that no study can have produced."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from practica.address import SPLITS, TIMING, bare
from practica.config.study import Study
from practica.errors import InputError

LARGEST = 3.4028235e38
"""The largest number in float32, in which nets compute; its square is still a number in our own arithmetic."""
LARGEST_RATIO = LARGEST**2
"""The largest ratio of two errors; errors are compared by their ratio."""
SHARES = ("accuracy", "auc", "precision", "recall", "f1", "f1_score", "ece")
ERRORS = ("mse", "mae", "rmse")
ROUNDING = 1e-6
MEASURED = (*SPLITS, TIMING)
"""The splits that a problem can have, and the times."""
STOPPING = ("stop", "patience")
"""Parts of the names of settings that let runs of one variant end at different epochs."""

STATUSES = ("done", "failed", "missing")
"""What a block of runs can be."""

KEYS: Mapping[str, list[str]] = {
    "metrics.csv": ["exercise", "variant", "seed", "fold", "split", "metric"],
    "history.csv.gz": ["exercise", "variant", "seed", "fold", "split", "metric", "epoch"],
    "summary.csv": ["exercise", "variant", "split", "metric"],
    "differences.csv": ["exercise", "variant", "minus", "split", "metric"],
    "runs.csv": ["exercise", "variant", "block"],
}
"""The columns that identify a row of each table."""
RUN = ["exercise", "variant", "seed", "fold"]
SAMPLE = ("mean", "median", "least", "greatest", "value")
"""Columns with values of a metric, or with statistics that lie between such values."""
AMOUNTS = ("sd", "n", "epochs", "parameters", "threads", "wall_seconds", "fit_seconds", "peak_memory_mb")
"""Columns that cannot be below zero."""


def limits(metric: str) -> tuple[float, float]:
    """Return the least and the greatest value that a metric can have."""
    name = bare(metric)
    if name in SHARES or name.endswith("_accuracy"):
        return 0.0, 1.0
    return (0.0 if name in ERRORS else -LARGEST), (1.0 if name == "r2" else LARGEST)


def complaint(metric: str, value: float) -> str:
    """Return what is wrong with a value of a metric; empty if it may be right, as NaN may after divergence."""
    low, high = limits(metric)
    if math.isnan(value) or low - ROUNDING <= value <= high + ROUNDING:
        return ""
    return (
        f"{metric} is {value:g}, which cannot be {'below' if value < low else 'above'} {low if value < low else high:g}"
    )


def stops_early(settings: Any) -> bool:
    """Return whether runs with these settings may end at different epochs."""
    if not isinstance(settings, Mapping):
        return False
    return any(any(part in key for part in STOPPING) or stops_early(value) for key, value in settings.items())


def check_table(name: str, table: pd.DataFrame, path: Path, study: Study | None = None) -> None:
    """Check a table of results against itself and, if it is given, against the study.

    Raises:
        InputError: a value is impossible, a row appears twice, or a run lacks rows or epochs that its variant's other
            runs have; the message names the file, and the line or run.
    """
    mistake = (
        _unreadable(table, KEYS[name])
        or _unknown(table, study)
        or _twice(table, KEYS[name])
        or _impossible(name, table)
        or (_lacking(table, study) if name in ("metrics.csv", "history.csv.gz") else "")
        or (_unequal_epochs(table, study) if name in ("history.csv.gz", "runs.csv") else "")
    )
    if mistake:
        raise InputError(f"{path}{mistake}; delete it and run snakemake again")


def _line(place: int) -> str:
    return f", line {place + 2}: "


def _name(row: pd.Series, keys: list[str]) -> str:
    """Return a name for a row, such as ``digits/raw, seed 0, fold 3, test accuracy``."""
    fields = {key: row[key] for key in keys if not pd.isna(row[key])}
    run = "/".join(str(fields.pop(key)) for key in ("exercise", "variant", "block") if key in fields)
    run += f" minus {fields.pop('minus')}" if "minus" in fields else ""
    measure = " ".join(str(fields.pop(key)) for key in ("split", "metric") if key in fields)
    return ", ".join([run, *(f"{key} {value}" for key, value in fields.items()), *([measure] if measure else [])])


def _groups(table: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Return a number for each row, equal for equal keys; a missing fold counts as a fold of its own."""
    return table.groupby(keys, sort=False, observed=True, dropna=False).ngroup()


def _unreadable(table: pd.DataFrame, keys: list[str]) -> str:
    """Return a complaint about a row that lacks a key, its value or its kind of data."""
    for key in keys:
        if key != "fold" and len(blank := table[table[key].isna()]):
            return f"{_line(int(blank.index[0]))}there is no {key}"
    for column in ("value", "data") if "value" in table else ():  # in rows of finished runs
        if len(blank := table[table[column].isna() | (table[column] == "")]):
            return f"{_line(int(blank.index[0]))}{_name(blank.iloc[0], keys)}: there is no {column}"
    if "data" in table:
        # It is not known for a run that failed or is still to come.
        other = table[~(table["data"].isna() | table["data"].isin(("real", "STAND-IN", "")))]
        if len(other):
            row = other.iloc[0]
            return f"{_line(int(other.index[0]))}{_name(row, keys)}: data is {row['data']!r}, neither real nor STAND-IN"
    if "status" in table:
        other = table[~table["status"].isin(STATUSES)]
        if len(other):
            status = str(other["status"].iloc[0])
            return f"{_line(int(other.index[0]))}status is {status!r}, none of {', '.join(STATUSES)}"
    return ""


def _unknown(table: pd.DataFrame, study: Study | None) -> str:
    """Return a complaint about a row of a variant that the study lacks, or of a split that no problem has."""
    exercises = study.config["exercises"] if study else ()
    variants = {(exercise, name) for exercise in exercises for name in (study.every_variant(exercise) if study else ())}
    for column in (each for each in ("variant", "minus") if study and each in table):
        pairs = table[["exercise", column]].drop_duplicates()
        for place, exercise, variant in pairs.itertuples(name=None):
            if (exercise, variant) not in variants:
                return f"{_line(place)}the study has no {exercise}/{variant}"
    if "split" in table:
        other = table[~table["split"].isin(MEASURED)]
        if len(other):
            split = str(other["split"].iloc[0])
            return f"{_line(int(other.index[0]))}split is {split!r}, none of {', '.join(MEASURED)}"
    return ""


def _twice(table: pd.DataFrame, keys: list[str]) -> str:
    """Return a complaint about a row that repeats an earlier one."""
    group = _groups(table, keys)
    again = group.duplicated().to_numpy()
    if not again.any():
        return ""
    place = int(again.argmax())
    first = int((group == group.iloc[place]).to_numpy().argmax())
    return f"{_line(place)}{_name(table.iloc[place], keys)} stands in line {first + 2} already"


def _impossible(name: str, table: pd.DataFrame) -> str:
    """Return a complaint about a number that no study can have."""
    keys, differences = KEYS[name], name == "differences.csv"
    for column in (each for each in SAMPLE if each in table):
        for metric in table["metric"].astype(str).unique():
            # A difference of two metrics may have either sign; errors are compared by their ratio.
            low, high = (-LARGEST_RATIO, LARGEST_RATIO) if differences else limits(metric)
            rows = table[table["metric"] == metric]
            wrong = rows[(rows[column] < low - ROUNDING) | (rows[column] > high + ROUNDING)]
            if len(wrong):
                value = float(wrong[column].iloc[0])
                reason = f"{column} is {value:g}, which no net gives" if differences else complaint(metric, value)
                return f"{_line(int(wrong.index[0]))}{_name(wrong.iloc[0], keys)}: {reason}"
    for column in AMOUNTS:
        most = LARGEST_RATIO if column == "sd" else LARGEST  # two values may have opposite signs
        wrong = table[(table[column] < 0) | (table[column] > most)] if column in table else table[:0]
        if len(wrong):
            row = wrong.iloc[0]
            return f"{_line(int(wrong.index[0]))}{_name(row, keys)}: {column} is {row[column]:g}"
    for column in ("p", "p_holm"):
        wrong = table[(table[column] < 0) | (table[column] > 1 + ROUNDING)] if column in table else table[:0]
        if len(wrong):
            row = wrong.iloc[0]
            return f"{_line(int(wrong.index[0]))}{_name(row, keys)}: {column} is {row[column]:g}, not a probability"
    if {"low", "high"} <= set(table):
        # From few values on logarithms, an interval may reach far beyond what nets compute.
        wrong = table[table["low"] > table["high"]]
        if len(wrong):
            row = wrong.iloc[0]
            ends = f"from {row['low']:g} to {row['high']:g}"
            return f"{_line(int(wrong.index[0]))}{_name(row, keys)}: no interval goes {ends}"
        wrong = table[(table["low"] > table["greatest"]) | (table["high"] < table["least"])]
        if len(wrong):
            row = wrong.iloc[0]
            ends, values = (f"from {row[a]:g} to {row[b]:g}" for a, b in (("low", "high"), ("least", "greatest")))
            return f"{_line(int(wrong.index[0]))}{_name(row, keys)}: the interval {ends} is not of values {values}"
    return ""


def _lacking(table: pd.DataFrame, study: Study | None) -> str:
    """Return a complaint about a run that lacks a row, or a fold, that its variant's other runs have."""
    table = table[table["split"] != TIMING]  # its repetitions are in the column of seeds
    table = table.drop_duplicates([*RUN, "split", "metric"])  # ignoring the epochs
    for (exercise, variant), rows in table.groupby(["exercise", "variant"], sort=False, observed=True):
        count = _settings(study, str(exercise), str(variant)).get("folds")
        folds = {None if pd.isna(fold) else int(fold) for fold in rows["fold"].unique()}
        if isinstance(count, int) and (other := sorted(fold for fold in folds if fold is not None and fold >= count)):
            return f": {exercise}/{variant} has rows of fold {other[0]}, and the study has {count} folds"
        if None not in folds:
            folds |= set(range(count if isinstance(count, int) else max(map(int, filter(None, folds)), default=0)))
        runs = {(int(seed), fold) for seed in rows["seed"].unique() for fold in folds}
        pairs = rows[["split", "metric"]].astype(str).drop_duplicates()
        if len(rows) == len(runs) * len(pairs):
            continue  # no row appears twice, so none can be missing
        for split, metric in pairs.itertuples(index=False, name=None):
            these = rows[(rows["split"] == split) & (rows["metric"] == metric)]
            there = {
                (int(seed), None if pd.isna(fold) else int(fold))
                for seed, fold in zip(these["seed"], these["fold"], strict=True)
            }
            for seed, fold in sorted(runs - there, key=str):
                where = f"seed {seed}" + ("" if fold is None else f", fold {fold}")
                return f": {exercise}/{variant}, {where}, has no row for {split} {metric}"
    return ""


def _unequal_epochs(table: pd.DataFrame, study: Study | None) -> str:
    """Return a complaint about a run recorded at other epochs than the first of its variant, if none stops early."""
    curves = "epoch" in table
    if curves:
        table = table.assign(epochs=pd.util.hash_array(table["epoch"].to_numpy()))
        keys = [*RUN, "split", "metric"]
        runs = table.groupby(keys, sort=False, observed=True, dropna=False)["epochs"].sum().reset_index()
    else:
        keys = KEYS["runs.csv"]
        runs = table[table["status"] == "done"].dropna(subset="epochs")
    first = runs.groupby(["exercise", "variant"], sort=False, observed=True)["epochs"].transform("first")
    for _, row in runs[runs["epochs"] != first].iterrows():
        exercise, variant = str(row["exercise"]), str(row["variant"])
        if not stops_early(_settings(study, exercise, variant)):
            what = "was recorded at" if curves else f"has {row['epochs']}: these are"
            return f": {_name(row, keys)}, {what} other epochs than the first run of its variant"
    return ""


def _settings(study: Study | None, exercise: str, variant: str) -> Mapping[str, Any]:
    """Return the settings of a variant; empty for one that the study lacks."""
    configured = study and exercise in study.config["exercises"] and variant in study.every_variant(exercise)
    return study.settings(exercise, variant) if study and configured else {}
