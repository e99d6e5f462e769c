"""The collected tables, checked, each alone and against the others: none may lack what another has.

They stay in memory as long as neither they nor the study change. So a process that forks for each figure reads and
checks them once for all figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.typing import SeriesGroupBy

from practica.address import BEST, TIMING
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.blocks import METRICS
from practica.evidence.differences import PAIR, paired_values
from practica.evidence.estimates import NOISE
from practica.evidence.final_values import SPLIT, agree, ends_as_recorded, may_be_best
from practica.evidence.plausibility import ROUNDING, check_table
from practica.evidence.results import TYPES, Results
from practica.evidence.run_files import run_name
from practica.evidence.summary import GROUP, over_folds
from practica.files import read_json

VARIANT = ["exercise", "variant"]
BESIDE = {
    "metrics.csv": ("runs.csv",),
    "history.csv.gz": ("runs.csv",),
    "summary.csv": ("metrics.csv",),
    "differences.csv": ("metrics.csv",),
    "runs.csv": ("metrics.csv",),
}
"""The tables against which each table is checked."""
EXACT = {"n": "count", "mean": "mean", "sd": "std", "median": "median", "least": "min", "greatest": "max"}
"""Columns of the summary and the differences by the statistic over the seeds, in pandas' words, that they hold."""
RUN_METRIC = ["exercise", "variant", "seed", "fold", "split", "metric"]
"""The columns of the metrics that identify a row."""
ORDER = ("runs.csv", "metrics.csv", "history.csv.gz", "summary.csv", "differences.csv")
"""The order of checks: every table comes after those it is computed from, so that an error names the damaged one."""


def check_tables(study: Study, folder: Path, names: Iterable[str] = TYPES) -> Results:
    """Check those of the named tables that exist: somebody may have edited them since they were collected.

    Returns:
        All collected tables, the others unchecked.

    Raises:
        InputError: a table is malformed, or holds what no study can have produced.
    """
    last = _collected(study, folder)
    results, selection = last.results, frozenset(names) & {*ORDER}
    if selection in last.checked:
        return results
    looked_at = selection | {"runs.csv", "metrics.csv"} if selection else selection
    tables = [name for name in ORDER if name in looked_at and (folder / name).is_file()]
    for name in tables:
        check_table(name, getattr(results, name.partition(".")[0]), folder / name, study)
    for name in tables:
        if all(other in tables for other in BESIDE[name]) and (reason := _disagreement(name, results)):
            raise InputError(f"{folder / name}{reason}; delete it and run snakemake again")
    if {"metrics.csv", "history.csv.gz"} <= {*tables} and (reason := _ends(results)):
        raise InputError(f"{folder / 'metrics.csv'}{reason}; delete it and run snakemake again")
    if "metrics.csv" in tables and (reason := _runs_say_otherwise(results)):
        raise InputError(f"{folder / 'metrics.csv'}{reason}; delete it and run snakemake again")
    last.checked.add(selection)
    return results


def collected_tables(study: Study, folder: Path) -> Results:
    """Return the collected tables, read when first asked for; the same object until the study or a table changes."""
    return _collected(study, folder).results


class _Collected(NamedTuple):
    """Tables as they are in a folder, and the sets of names that have been checked."""

    state: tuple[object, ...]
    results: Results
    checked: set[frozenset[str]]


_last: list[_Collected] = []


def _collected(study: Study, folder: Path) -> _Collected:
    # The state is taken before any table is read: one that changes in between is read again the next time.
    state = (study.config, folder.absolute(), *(_stamp(folder / name) for name in ORDER))
    if not _last or _last[0].state != state:
        _last[:] = [_Collected(state, Results(study, folder), set())]
    return _last[0]


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written, replaced or removed."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _disagreement(name: str, results: Results) -> str:
    """Return what a table lacks, or has too much, compared with the others."""
    if name == "runs.csv":
        return _runs(results)
    if name == "summary.csv":
        return _summary(results)
    if name == "differences.csv":
        return _differences(results)
    table = results.metrics if name == "metrics.csv" else results.history
    return _of_no_run(table, results) or _runs_without_rows(table, results)


def _ends(results: Results) -> str:
    """Return which run has a final value other than the end of its history, or a best value that its history lacks."""
    metrics, history = (
        table[table["split"] == SPLIT].astype(dict.fromkeys(GROUP, "str"))
        for table in (results.metrics, results.history)
    )
    run = [*VARIANT, "seed", "fold"]
    curves = history.rename(columns={"metric": "of"}).sort_values("epoch")
    curves = curves.groupby([*run, "of"], dropna=False)["value"].agg(list).rename("curve").reset_index()
    metrics = metrics.assign(of=metrics["metric"].str.removeprefix(BEST))
    for exercise, variant in _names(metrics):
        configured = (exercise, variant) in results.study.in_play
        settings = results.study.settings(exercise, variant) if configured else {}
        if not configured or not ends_as_recorded(exercise, settings):
            continue
        rows = metrics[(metrics["exercise"] == exercise) & (metrics["variant"] == variant)]
        ends = rows.merge(curves, on=[*run, "of"])
        columns = ("seed", "fold", "metric", "of", "value", "curve")
        for seed, fold, metric, of, value, curve in zip(*(ends[name].tolist() for name in columns), strict=True):
            any_point = metric != of or may_be_best(settings)
            if not agree(value, curve if any_point else curve[-1:]):
                which = f"seed {seed}" if pd.isna(fold) else f"seed {seed}, fold {fold}"
                difference = f"{exercise}/{variant}, {which}, {SPLIT} {metric} is {value:g}"
                where = "a value of no epoch in" if any_point else f"and {curve[-1]:g} at the end of"
                return f": {difference}, {where} history.csv.gz"
    return ""


def _runs(results: Results) -> str:
    """Return which variant has metrics but no row among the runs; a new variant has neither."""
    there, metrics = set(_names(results.runs)), results.metrics[results.metrics["split"] != TIMING]
    for exercise, variant in _names(metrics):
        if (exercise, variant) not in there:
            return f" has no row of {exercise}/{variant}, which metrics.csv has"
    return "" if there else " has no row, although every study has runs"


def _of_no_run(table: pd.DataFrame, results: Results) -> str:
    """Return which variant has rows although none of its runs is done."""
    with_runs = set(_names(results.runs[results.runs["status"] == "done"]))
    for exercise, variant in _names(table[table["split"] != TIMING]):
        if (exercise, variant) not in with_runs:
            return f" has rows of {exercise}/{variant}, but runs.csv has no finished run of it"
    return ""


def _runs_without_rows(table: pd.DataFrame, results: Results) -> str:
    """Return which finished run has no row, or ends at another epoch; blocks with other seeds than the study's pass."""
    rows = table[table["split"] != TIMING]
    last = rows.assign(epoch=0) if "epoch" not in rows else rows
    ends = last.groupby([*VARIANT, "seed"], observed=True)["epoch"].max().to_dict()
    blocks = {(block.exercise, block.variant, block.name): block.seeds for block in results.study.blocks()}
    for row in results.runs[results.runs["status"] == "done"].to_dict("records"):
        variant = (row["exercise"], row["variant"])
        seeds = blocks.get((*variant, row["block"]), ())
        for seed in seeds:
            if (*variant, seed) not in ends:
                return f" has no row of {'/'.join(variant)}, seed {seed}, which runs.csv says is done"
        end = max((ends[*variant, seed] for seed in seeds), default=0)
        if end and not pd.isna(row["epochs"]) and end != row["epochs"]:
            name = f"{'/'.join(variant)}, block {row['block']}"
            return f": {name}, ends at epoch {end} here, and at {row['epochs']} in runs.csv"
    return ""


def _summary(results: Results) -> str:
    """Return what the summary lacks of the metrics, has beyond them, or says otherwise."""
    metrics, summary = (table.astype(dict.fromkeys(GROUP, "str")) for table in (results.metrics, results.summary))
    summary = summary.set_index(GROUP)
    present = set(summary.index)
    expected = set(metrics[GROUP].drop_duplicates().itertuples(index=False, name=None))
    seeds = over_folds(metrics, [*GROUP, "seed"]).groupby(level=GROUP)  # without what diverged in every seed
    groups = set(seeds.groups)
    for gaps, what in ((groups - present, " has no row"), (present - expected, ": metrics.csv has no row")):
        for exercise, variant, split, metric in sorted(gaps):
            return f"{what} of {exercise}/{variant} for {split} {metric}"
    for (exercise, variant, split, metric), pair in _contradiction(summary, seeds):
        return f": {exercise}/{variant}, {split} {metric}: {pair}"
    return ""


def _differences(results: Results) -> str:
    """Return what the comparisons lack, or say otherwise than the metrics."""
    metrics, differences = (
        table.astype(dict.fromkeys(table.select_dtypes("category"), "str"))
        for table in (results.metrics, results.differences)
    )
    differences = differences.set_index(PAIR)
    comparisons = {row[: len(PAIR)]: row[-3] for row in paired_values(results, metrics)}
    present = set(differences.index)
    for exercise, variant, minus, split, metric in (key for key in comparisons if key not in present):
        return f" has no row of {exercise}/{variant} minus {minus} for {split} {metric}"
    rows = [(*key, value) for key, values in comparisons.items() for value in values]
    seeds = pd.DataFrame(rows, columns=[*PAIR, "value"]).groupby(PAIR, sort=False)["value"]
    for (exercise, variant, minus, split, metric), pair in _contradiction(differences, seeds):
        return f": {exercise}/{variant} minus {minus}, {split} {metric}: {pair}"
    return ""


def _runs_say_otherwise(results: Results) -> str:
    """Return where the metrics are not those of the runs that are there: tables may be kept without them."""
    files = [block.folder(results.folder) / METRICS for block in results.study.blocks()]
    if not any(file.is_file() for file in files):
        return ""
    table = results.metrics
    keys = (["" if pd.isna(part) else str(part) for part in table[key]] for key in RUN_METRIC)
    values = dict(zip(zip(*keys, strict=True), table["value"], strict=True))
    for file in (file for file in files if file.is_file()):
        for key, value in _of_runs(read_json(file)):
            entry = values.get(key, value)
            if not np.isclose(entry, value, rtol=ROUNDING, atol=NOISE, equal_nan=True):
                exercise, variant, seed, fold, split, metric = key
                run = run_name(int(seed), int(fold) if fold else None)
                return f": {exercise}/{variant}, {run}, {split} {metric} is {entry:g}, and {value:g} in {file}"
    return ""


def _of_runs(content: Any) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield key and value of every metric in a file of runs, up to where it is malformed: collecting names that."""
    try:
        for run in content["runs"]:
            fold = "" if run["fold"] is None else str(run["fold"])
            for split, metrics in run["metrics"].items():
                for metric, value in metrics.items():
                    yield (content["exercise"], content["variant"], str(run["seed"]), fold, split, metric), float(value)
    except (LookupError, TypeError, AttributeError, ValueError):
        return


def _contradiction(statistics: pd.DataFrame, seeds: SeriesGroupBy) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each row of statistics that disagrees with the values by seed, with its value and the one they give."""
    computed = seeds.agg(list(EXACT.values())).set_axis([*EXACT], axis=1).astype(float)  # an empty table has no type
    statistics = statistics.reindex(computed.index)
    rounding = NOISE * computed[["least", "greatest"]].abs().max(axis=1)
    for name in EXACT:
        pair = statistics[name].astype(float), computed[name]
        wrong = ~np.isclose(*pair, rtol=ROUNDING, atol=rounding, equal_nan=True)
        for key, stored, true in zip(computed.index[wrong], *(each[wrong] for each in pair), strict=True):
            yield key, f"{name} is {stored:g}, and {true:g} in metrics.csv"


def _names(table: pd.DataFrame) -> list[tuple[str, str]]:
    return [(str(exercise), str(variant)) for exercise, variant in table[VARIANT].drop_duplicates().to_numpy()]
