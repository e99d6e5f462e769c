"""Read the collected tables: everything that figures, tables and text need from the results."""

from __future__ import annotations

import warnings
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from practica.address import RUNNING, bare
from practica.config.study import Block, Study
from practica.errors import InputError
from practica.evidence.blocks import STAND_IN, read_arrays
from practica.evidence.curves import Curve, curve_of
from practica.evidence.estimates import Estimate
from practica.evidence.summary import NUMBERS, estimate_fields, over_folds

NORMALISED = "normalised_"
# Text that is repeated a million times costs one byte a row as a category.
KEYS = dict.fromkeys(["exercise", "variant", "split", "metric", "data"], "category")
TIDY = KEYS | {"seed": "int64", "fold": "Int64", "value": "float64"}

ESTIMATES = KEYS | dict.fromkeys(NUMBERS, "float64") | {"n": "int64", "scale": "str", "skewed": "bool"}
COST = ["all_seconds", "cpu_seconds", "gpu_seconds", "gpu_peak_memory_mb", "cpu_joules", "gpu_joules"]
RUN_NUMBERS = dict.fromkeys(["wall_seconds", "fit_seconds", "peak_memory_mb", *COST], "float64") | dict.fromkeys(
    ["attempts", "epochs", "parameters", "threads"], "Int64"
)
BLOCK = ["exercise", "variant", "block", "status", "reason", "data"]
MADE_ON = ["host", "cpu", "gpu", "precision", "commit", "dirty", "started", "fingerprint", "origin"]
VERSIONS = ["practica", "tensorflow", "keras", "numpy"]
# The type of every column that is read: pandas would guess text for a column without values.
TYPES: Mapping[str, Mapping[str, str]] = {
    "metrics.csv": TIDY,
    "history.csv.gz": TIDY | {"epoch": "int64"},
    "summary.csv": ESTIMATES,
    "differences.csv": ESTIMATES
    | {"minus": "str", "kind": "str", "p": "float64", "p_holm": "float64", "significant": "bool", "unequal": "str"},
    # Everything else in runs.csv is text: a commit may be all digits, and a version such as 2.4 is not a number.
    "runs.csv": defaultdict(lambda: "str", dict.fromkeys([*BLOCK, *MADE_ON, *VERSIONS], "str") | RUN_NUMBERS),
}


@dataclass(frozen=True)
class Missing:
    """Why a result is not there."""

    reason: str
    status: str = "missing"


@dataclass(frozen=True)
class Value(Estimate):
    """A metric over the seeds."""

    stand_in: bool = False


class Results:
    """The collected results of a study, read when first asked for."""

    def __init__(self, study: Study, folder: Path) -> None:
        """Remember the folder that holds the tables of ``study``."""
        self.study = study
        self.folder = folder

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Return ``metrics.csv``: one row per run, split and metric."""
        return self._table("metrics.csv")

    @cached_property
    def history(self) -> pd.DataFrame:
        """Return ``history.csv.gz``: one row per run, epoch, split and metric."""
        return self._table("history.csv.gz")

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Return ``summary.csv``: one row per variant, split and metric."""
        return self._table("summary.csv")

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Return ``differences.csv``: one row per two variants, split and metric."""
        return self._table("differences.csv")

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Return ``runs.csv``: one row per expected block, with empty text for unknown values."""
        table = self._table("runs.csv")
        return table.fillna(dict.fromkeys(table.columns.difference(list(RUN_NUMBERS)), ""))

    def value(self, exercise: str, variant: str, split: str, metric: str) -> Value | Missing:
        """Return a metric's mean over the seeds with its spread, or why there is none."""
        row = self._summarised.get((exercise, variant, split, metric))
        if row is None:
            return self.why_missing(exercise, variant, f"{split} {metric}")
        return Value(**estimate_fields(row), stand_in=row["data"] == STAND_IN)

    @cached_property
    def _summarised(self) -> dict[tuple[str, ...], dict[Any, Any]]:
        """Return the rows of the summary by exercise, variant, split and metric: a report asks for hundreds."""
        keys = ("exercise", "variant", "split", "metric")
        return {tuple(row[key] for key in keys): row for row in self.summary.to_dict("records")}

    @cached_property
    def _metrics(self) -> Mapping[tuple[str, str], pd.DataFrame]:
        return _by_variant(self.metrics)

    @cached_property
    def _runs(self) -> Mapping[tuple[str, str], pd.DataFrame]:
        return _by_variant(self.runs)

    @cached_property
    def _histories(self) -> Mapping[tuple[str, str], pd.DataFrame]:
        return _by_variant(self.history)

    def per_seed(self, exercise: str, variant: str, split: str, metric: str) -> pd.Series:
        """Return a metric by seed, averaged over folds, as paired comparisons need it; empty if there is none."""
        return over_folds(self.per_run(exercise, variant, split, metric), ["seed"])

    def per_run(self, exercise: str, variant: str, split: str, metric: str) -> pd.DataFrame:
        """Return the rows of a metric at the last epoch: one for each run, so several for a seed that has folds."""
        return _select(self._metrics[exercise, variant], split=split, metric=metric)

    def by_epoch(self, exercise: str, variant: str, split: str, metric: str) -> pd.DataFrame:
        """Return the rows of a metric's history; ``fold`` is -1 for runs without folds."""
        rows = _select(self._histories[exercise, variant], split=split, metric=metric)
        return rows.assign(fold=rows["fold"].fillna(-1).astype(int))

    def curves(self, exercise: str, variant: str, metric: str, split: str, spread: str = "seeds") -> Curve | Missing:
        """Return a metric's curve over the epochs, or why there is none; for training, that of its running mean.

        ``normalised_loss`` is the loss divided by its largest value in that run, over all splits, so that training and
        validation stay comparable. ``spread="seeds"`` averages the folds within a seed and takes the band over the
        seeds; ``spread="folds"`` takes the sd over the folds within a seed and averages that over the seeds.
        """
        key = (exercise, variant, metric, split, spread)
        if key not in self._curves:
            self._curves[key] = self._curve(*key)
        return self._curves[key]

    @cached_property
    def _curves(self) -> dict[tuple[str, ...], Curve | Missing]:
        """Return the curves computed so far: pages draw the same ones in several charts and languages."""
        return {}

    def _curve(self, exercise: str, variant: str, metric: str, split: str, spread: str) -> Curve | Missing:
        base = metric.removeprefix(NORMALISED)
        rows = self._histories[exercise, variant]
        rows = rows[rows["metric"].isin([base, f"{RUNNING}{base}"])]
        rows = rows.assign(fold=rows["fold"].fillna(-1).astype(int))
        largest = rows.groupby(["seed", "fold"])["value"].max() if metric != base else None
        rows = _select(rows, split=split)
        if rows.empty:
            return self.why_missing(exercise, variant, f"{split} {base} by epoch")
        table = rows.pivot(index="epoch", columns=["seed", "fold"], values="value")
        if largest is not None:
            table = table / largest
        curve = curve_of(table, spread, stand_in=bool((rows["data"] == STAND_IN).any()))
        running = rows["metric"].astype(str).str.startswith(RUNNING).all()
        return replace(curve, evaluated=self._evaluated(exercise, variant, split, base, largest)) if running else curve

    def _evaluated(
        self, exercise: str, variant: str, split: str, metric: str, largest: pd.Series | None
    ) -> float | None:
        """Return the mean of a metric evaluated at the end, divided by ``largest``, by run; None if there is none."""
        rows = self.per_run(exercise, variant, split, metric)
        rows = rows.assign(fold=rows["fold"].fillna(-1).astype(int))
        if largest is not None:
            rows["value"] = (
                rows["value"].to_numpy() / largest.reindex(rows.set_index(["seed", "fold"]).index).to_numpy()
            )
        value = float(over_folds(rows, ["seed"]).mean())
        return value if np.isfinite(value) else None

    def metrics_by_epoch(self, exercise: str, variant: str) -> list[str]:
        """Return the metrics in the variant's history, running or evaluated, in the order of recording."""
        names = self._histories[exercise, variant]["metric"].astype(str).unique()
        return list(dict.fromkeys(map(bare, names)))

    def expected(self, exercise: str, variant: str) -> int:
        """Return how many seeds the study has for a variant, whether they ran or not."""
        return len(self.study.seeds(exercise, variant))

    def finished(self, exercise: str, variant: str) -> int:
        """Return how many seeds of a variant are finished."""
        names = _select(self._runs[exercise, variant], status="done")["block"].tolist()
        return sum(len(block.seeds) for block in self._blocks(exercise, variant) if block.name in names)

    def stand_in(self, exercise: str, variants: Iterable[str] | None = None) -> bool:
        """Return whether any of the variants (default: all of the exercise) has results from generated data."""
        rows = _select(self.runs, exercise=exercise)
        if variants is not None:
            rows = rows[rows["variant"].isin(list(variants))]
        return bool((rows["data"] == STAND_IN).any())

    def missing(self, exercise: str, variant: str) -> list[Missing]:
        """Return one entry per block of the variant that failed or did not run."""
        rows = self._runs[exercise, variant]
        rows = rows[rows["status"] != "done"]
        return [Missing(reason, status) for reason, status in zip(rows["reason"], rows["status"], strict=True)]

    def arrays(self, exercise: str, variant: str, *names: str) -> tuple[int, dict[str, np.ndarray]] | Missing:
        """Return the first finished seed and its named arrays, with folds those of the first, or why there are none."""
        finished_blocks = _select(self._runs[exercise, variant], status="done")["block"].tolist()
        for block in self._blocks(exercise, variant):
            path = block.folder(self.folder) / "arrays.npz"
            if block.name in finished_blocks:
                run = f"s{block.seeds[0]}"
                for name in (run, f"{run}f0"):
                    arrays_of_run = read_arrays(path, name, names)
                    if arrays_of_run is not None:
                        return block.seeds[0], arrays_of_run
        return self.why_missing(exercise, variant, f"arrays {', '.join(names)}")

    def terms(self, exercise: str, variant: str) -> pd.DataFrame:
        """Return the rows of ``runs.csv`` of a variant's finished blocks."""
        return _select(self._runs[exercise, variant], status="done")

    def by_seed(self, exercise: str, variant: str, column: str) -> dict[int, Any]:
        """Return what ``runs.csv`` holds in a column for the block of each finished seed of a variant."""
        values = self.terms(exercise, variant).set_index("block")[column]
        blocks = (block for block in self._blocks(exercise, variant) if block.name in values)
        return {seed: values[block.name] for block in blocks for seed in block.seeds}

    def jobs(self, exercise: str, variant: str) -> dict[int, int]:
        """Return the first seed of the job that each seed of a variant is trained in, by seed."""
        return {seed: block.seeds[0] for block in self._blocks(exercise, variant) for seed in block.seeds}

    def seconds_per_epoch(self, exercise: str, variant: str) -> pd.Series:
        """Return the seconds of training per epoch, by seed: the block's seconds divided by its seeds."""
        blocks = self.terms(exercise, variant).set_index("block")
        per_epoch = (blocks["fit_seconds"] / blocks["epochs"].astype(float)).dropna()
        seconds = {
            seed: per_epoch[block.name] / len(block.seeds)
            for block in self._blocks(exercise, variant)
            if block.name in per_epoch
            for seed in block.seeds
        }
        return pd.Series(seconds, dtype=float)

    def why_missing(self, exercise: str, variant: str, what: str) -> Missing:
        """Say why ``what`` is not there: the variant is unknown, failed, did not run, or did not record it."""
        if self._runs[exercise, variant].empty:
            return Missing(f"{exercise}/{variant} is not in the study")
        # A failure says more than a block that never started.
        gaps = sorted(self.missing(exercise, variant), key=lambda each: each.status != "failed")
        has_run = not _select(self._runs[exercise, variant], status="done").empty
        return Missing(f"{exercise}/{variant} recorded no {what}", "unrecorded") if has_run else gaps[0]

    def _blocks(self, exercise: str, variant: str) -> list[Block]:
        return [each for each in self.study.blocks() if (each.exercise, each.variant) == (exercise, variant)]

    def _table(self, name: str) -> pd.DataFrame:
        path = self.folder / name
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # about a text among numbers; the error follows
                table = pd.read_csv(
                    path,
                    dtype=TYPES[name],
                    # A variant may be named "null".
                    keep_default_na=False,
                    na_values=[""],
                )
        except FileNotFoundError as error:
            raise InputError(f"cannot read {path}: {error.strerror}; run `python -m practica collect` first") from error
        except PermissionError as error:
            raise InputError(f"cannot read {path}: {error.strerror}; change its rights") from error
        except (OSError, EOFError, ValueError, TypeError, OverflowError, zlib.error) as error:
            raise InputError(
                f"{path} is malformed ({' '.join(str(error).split())}); delete it and run snakemake again"
            ) from error
        missing_columns = [column for column in TYPES[name] if column not in table]
        if missing_columns:
            raise InputError(f"{path} has no column {', '.join(missing_columns)}; delete it and run snakemake again")
        return table


def _by_variant(table: pd.DataFrame) -> Mapping[tuple[str, str], pd.DataFrame]:
    """Return the rows of each exercise and variant, without any for others: a figure asks for them dozens of times."""
    parts = table.groupby(["exercise", "variant"], observed=True, sort=False)
    return defaultdict(lambda: table[:0], {(str(exercise), str(variant)): rows for (exercise, variant), rows in parts})


def _select(table: pd.DataFrame, **fields: Any) -> pd.DataFrame:
    for name, value in fields.items():
        table = table[table[name] == value]
    return table
