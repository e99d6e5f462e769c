"""The numbers that the runs of a block recorded in ``metrics.json`` and ``history.json``, if they can be right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from practica.address import RUNNING
from practica.config.study import Block
from practica.evidence.plausibility import complaint, stops_early

Key = tuple[int, int | None, str, str]
"""Seed, fold, split and metric."""


def metrics_of(content: Any, block: Block) -> dict[Key, float]:
    """Return the final values of every run.

    Raises:
        ValueError: a value is impossible, or a run lacks or has what the others of its block do not.
    """
    rows: dict[Key, float] = {}
    for run in content["runs"]:
        for split, metrics in run["metrics"].items():
            for metric, value in metrics.items():
                rows[*run_key(run), split, metric] = _number(value, metric)
    _check_runs(content, block)
    _check_alike(rows)
    if len({run["epochs"] for run in content["runs"]}) > 1 and not stops_early(block.settings):
        raise ValueError("runs of unequal epochs, although none stops early")
    for run in content["runs"]:
        if run["best_epoch"] > run["epochs"]:
            raise ValueError(
                f"{run_name(*run_key(run))}: epoch {run['best_epoch']} cannot be the best of {run['epochs']}"
            )
    return rows


def history_of(content: Any, block: Block) -> dict[Key, tuple[list[int], list[float]]]:
    """Return the epochs and values of every curve.

    Raises:
        ValueError: as in ``metrics_of``.
    """
    curves: dict[Key, tuple[list[int], list[float]]] = {}
    for run in content["runs"]:
        epochs = [int(epoch) for epoch in run["epoch"]]
        for split, metric, values in _curves(run):
            if len(epochs) != len(values):
                raise ValueError(f"{len(values)} values of {split} {metric} for {len(epochs)} epochs")
            curves[*run_key(run), split, metric] = epochs, [_number(value, metric) for value in values]
    _check_runs(content, block)
    _check_alike(curves)
    _check_epochs(curves, block)
    return curves


def run_key(run: Any) -> tuple[int, int | None]:
    """Return seed and fold of a run."""
    fold = run.get("fold")
    return int(run["seed"]), None if fold is None else int(fold)


def run_name(seed: int, fold: int | None) -> str:
    """Return the name of a run in a sentence."""
    return f"seed {seed}" + ("" if fold is None else f", fold {fold}")


def _curves(run: Any) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield split, metric and values; training metrics are running means, and are named so."""
    # Every mapping in a run is a split.
    for split, metrics in run.items():
        if isinstance(metrics, dict):
            how = RUNNING if split == "train" else ""
            yield from ((split, f"{how}{metric}", values) for metric, values in metrics.items())


def _check_runs(content: Any, block: Block) -> None:
    """Raise ``ValueError`` if a run appears twice, or a seed has other folds than the study or another seed."""
    keys = [run_key(run) for run in content["runs"]]
    study_folds = set[int | None](range(block.settings.get("folds") or 0))
    folds = {fold for _, fold in keys} | study_folds
    for seed, fold in keys:
        if study_folds and fold not in study_folds:
            raise ValueError(f"{run_name(seed, fold)} is none of the {len(study_folds)} folds that the study has")
    for seed in block.seeds:
        for fold in folds:
            if keys.count((seed, fold)) != 1:
                what = "missing" if (seed, fold) not in keys else "there twice"
                raise ValueError(f"{run_name(seed, fold)} is {what}")


def _check_alike(keys: Iterable[Key]) -> None:
    """Raise ``ValueError`` if a run lacks a metric of a split that the block's other runs have."""
    runs: dict[tuple[int, int | None], set[tuple[str, str]]] = {}
    for seed, fold, split, metric in keys:
        runs.setdefault((seed, fold), set()).add((split, metric))
    every = set[tuple[str, str]]().union(*runs.values())
    for run, present in runs.items():
        for split, metric in sorted(every - present):
            raise ValueError(f"{run_name(*run)} has no {split} {metric}, which other runs have")


def _check_epochs(curves: Mapping[Key, tuple[list[int], list[float]]], block: Block) -> None:
    """Raise ``ValueError`` if runs were recorded at different epochs although none stops early."""
    first = next(iter(curves.values()), ([], []))[0]
    for (seed, fold, split, metric), (epochs, _) in curves.items():
        if len(set(epochs)) != len(epochs):
            raise ValueError(f"seed {seed}: an epoch appears twice")
        if epochs != first and not stops_early(block.settings):
            raise ValueError(f"{run_name(seed, fold)}, {split} {metric}: other epochs than the first run")


def _number(value: float, metric: str) -> float:
    """Return a value as a float, if the metric can have it."""
    if reason := complaint(metric, float(value)):
        raise ValueError(reason)
    return float(value)
