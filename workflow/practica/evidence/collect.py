"""Collect the files of all blocks in tidy tables, in the order of the study."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from practica.config.study import Study
from practica.evidence.blocks import BlockFiles, check_alike, read_block
from practica.evidence.costs import COSTS, block_cost, costs_table
from practica.evidence.differences import differences
from practica.evidence.results import Results
from practica.evidence.summary import summarise
from practica.evidence.timings import measured_rows
from practica.files import atomic_path

WHOLE = ("attempts", "epochs", "failed", "parameters", "runs", "threads")
"""Columns of whole numbers, in any table."""
RUN = ["exercise", "variant", "seed", "fold"]
METRICS_COLUMNS = [*RUN, "split", "metric", "value", "data"]
HISTORY_COLUMNS = [*RUN, "epoch", "split", "metric", "value", "data"]


def collect(study: Study, results: Path) -> None:
    """Write the tables of all runs and the statistics over their seeds.

    Raises:
        InputError: a file of a block is malformed.
    """
    gather(study, results)
    write_statistics(study, results)


def gather(study: Study, results: Path) -> None:
    """Write ``metrics.csv``, ``history.csv.gz``, ``runs.csv`` and ``costs.csv``.

    ``metrics.csv`` ends with what is measured beside the runs. Blocks in ``results`` that failed or did not run appear
    only in ``runs.csv``, with the reason.

    Raises:
        InputError: a file of a block is malformed, or lacks what others of its variant have.
    """
    files = [read_block(block, results) for block in study.blocks()]
    check_alike(files, results)
    write_table(results / "metrics.csv", pd.concat([metrics_table(files), measured_rows(study, results)]))
    write_table(results / "history.csv.gz", history_table(files))
    write_table(results / "runs.csv", pd.DataFrame([run_row(each, results) for each in files]))
    write_table(results / COSTS, costs_table(study, results))


def write_statistics(study: Study, results: Path) -> None:
    """Write ``summary.csv`` and ``differences.csv``, which are computed from ``metrics.csv`` and ``runs.csv``.

    Raises:
        InputError: one of them is missing or malformed.
    """
    values = Results(study, results)
    metrics = values.metrics
    # Convert the keys to text: a group-by over categories would list combinations that never ran.
    metrics = metrics.astype(dict.fromkeys(metrics.select_dtypes("category"), "str") | {"fold": "Int64"})
    write_table(results / "summary.csv", summarise(metrics, sequential=study.sequential))
    write_table(results / "differences.csv", differences(values, metrics))


def metrics_table(files: Iterable[BlockFiles]) -> pd.DataFrame:
    """Return one row per run, split and metric."""
    rows = [
        (each.block.exercise, each.block.variant, seed, fold, split, metric, value, each.data)
        for each in files
        for (seed, fold, split, metric), value in each.metrics.items()
    ]
    return pd.DataFrame(rows, columns=METRICS_COLUMNS).astype({"fold": "Int64"})


def history_table(files: Iterable[BlockFiles]) -> pd.DataFrame:
    """Return one row per run, epoch, split and metric."""
    curves = [
        ((each.block.exercise, each.block.variant, seed, fold, split, metric, each.data), epochs, values)
        for each in files
        for (seed, fold, split, metric), (epochs, values) in each.history.items()
    ]
    keys = pd.DataFrame([key for key, _, _ in curves], columns=[*RUN, "split", "metric", "data"])
    # Text that is repeated a million times costs one byte a row as a category.
    keys = keys.astype(
        {"fold": "Int64"} | dict.fromkeys(["exercise", "variant", "split", "metric", "data"], "category")
    )
    table = keys.loc[keys.index.repeat([len(epochs) for _, epochs, _ in curves])]
    table["epoch"] = np.array([epoch for _, epochs, _ in curves for epoch in epochs], dtype=int)
    table["value"] = np.array([value for _, _, values in curves for value in values], dtype=float)
    return table[HISTORY_COLUMNS].reset_index(drop=True)


def run_row(files: BlockFiles, results: Path) -> dict[str, Any]:
    """Return the block's row of ``runs.csv``: its status, the cost of all its attempts, and what it ran on."""
    cost = block_cost(files.block, results)
    provenance = files.provenance
    git, versions, data = (_mapping(provenance, key) for key in ("git", "versions", "data"))
    origin = _mapping(data, "origin")
    return {
        "exercise": files.block.exercise,
        "variant": files.block.variant,
        "block": files.block.name,
        "status": files.status,
        "reason": " ".join(files.reason.split()),
        "data": files.data,
        "wall_seconds": wall_seconds(provenance),
        "fit_seconds": provenance.get("fit_seconds"),
        "epochs": files.epochs,
        "peak_memory_mb": provenance.get("peak_memory_mb"),
        "parameters": _mapping(provenance, "model_parameters").get("total"),
        "host": provenance.get("host"),
        "cpu": provenance.get("cpu"),
        "gpu": provenance.get("gpu"),
        "threads": provenance.get("threads"),
        "precision": provenance.get("precision"),
        "commit": git.get("commit"),
        "dirty": git.get("dirty"),
        "rewritten": files.rewritten,
        "started": provenance.get("started"),
        "practica": versions.get("practica"),
        "tensorflow": versions.get("tensorflow"),
        "keras": versions.get("keras"),
        "numpy": versions.get("numpy"),
        "fingerprint": data.get("fingerprint"),
        "origin": ": ".join(str(origin[key]) for key in ("kind", "source") if origin.get(key)),
        "attempts": cost["attempts"],
        "all_seconds": cost["wall_seconds"],
        **{name: cost[name] for name in ("cpu_seconds", "gpu_seconds", "gpu_peak_memory_mb")},
        **{name: cost[name] for name in ("cpu_joules", "gpu_joules")},
    }


def wall_seconds(provenance: Mapping[str, Any]) -> float | None:
    """Return the seconds that a block took: its last attempt, and the training that it kept of earlier ones."""
    last, earlier = provenance.get("wall_seconds"), provenance.get("resumed_seconds")
    if last is None:
        return None
    # Older results lack ``resumed_seconds``: the block took at least as long as the training of all attempts.
    return max(last, provenance.get("fit_seconds") or 0.0) if earlier is None else round(last + earlier, 3)


def _mapping(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = mapping.get(key)
    return value if isinstance(value, Mapping) else {}


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write ``table`` as CSV, whole or not at all; floats read back exactly, and equal tables give equal files."""
    # Keep whole numbers whole if other rows have no value: a missing count must not turn 20 epochs into 20.0.
    whole = {
        name: "Int64" for name in ("epochs", "parameters", "threads", "attempts", "failed", "runs") if name in table
    }
    content = table.astype(whole).to_csv(index=False, lineterminator="\n").encode()
    if path.suffix == ".gz":
        # Leave the time of writing out of the gzip header.
        content = gzip.compress(content, compresslevel=3, mtime=0)
    with atomic_path(path) as part:
        part.write_bytes(content)
