"""Judge the trials of a variant on validation: a row for each, and the winner."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from practica.config.space import ASHA, EPOCHS, names
from practica.config.study import Study
from practica.config.trials import Trial, folder, method, table_file, trials
from practica.errors import InputError
from practica.evidence.blocks import REAL, STAND_IN, BlockFiles, read_block, train_again
from practica.evidence.collect import write_table
from practica.evidence.summary import statistics
from practica.jobs.journal import DIVERGED
from practica.jobs.status import MONITORED
from practica.tuning import halving
from practica.tuning.tpe import Scores, key

DONE = "done"
MISSING = "missing"
OUTCOME = "outcome"
"""The column with the outcome of a trial at a rung; only a search by ASHA has it."""
PROMOTED, PRUNED, WAITING, COMPLETE = "promoted", "pruned", "waiting", "complete"
JUDGED = ["split", "metric", "mean", "sd", "low", "high", "n", "seeds", "status", "reason", "data", "date", "winner"]


def write_trials(study: Study, exercise: str, variant: str, results: Path) -> pd.DataFrame:
    """Judge the trials of a variant, write their table and return it.

    Raises:
        InputError: a file of a trial is malformed, or was changed since its run.
    """
    table = judge(study, exercise, variant, results)
    write_table(table_file(results, exercise, variant), table)
    return table


def judge(study: Study, exercise: str, variant: str, results: Path) -> pd.DataFrame:
    """Return one row for each trial: its values, and its metric at the last epoch over the seeds.

    The metric is the accuracy, else the squared error, else the loss; on validation, or on train if there is no
    validation. The winner has the best mean of the trials that are done on every seed; of equals, the first. With ASHA,
    there is a row for each rung of a trial, only trials with all epochs can win, and the last column is ``promoted``,
    ``pruned``, ``complete`` or ``waiting`` (for the scores of others).
    """
    every = trials(study, exercise, variant)
    files = [[read_block(block, folder(results)) for block in trial.blocks] for trial in every]
    for each in chain(*files):
        if each.rewritten:
            metrics = each.block.folder(folder(results)) / "metrics.json"
            raise InputError(f"{each.block.id}: {each.rewritten}; {train_again(metrics)}")
    split, metric = _judge(files)
    rows = [
        {"trial": trial.name, **{name: cell(value) for name, value in trial.values.items()}}
        | _row(trial, blocks, split, metric)
        for trial, blocks in zip(every, files, strict=True)
    ]
    samples = [_values(blocks, split, metric) for blocks in files]
    places = [place for place, values in enumerate(samples) if len(values)]
    table = pd.DataFrame(rows)
    summary = statistics([samples[place] for place in places], [metric] * len(places)).set_axis(places)
    for column in ("mean", "sd", "low", "high"):
        table[column] = summary[column].reindex(table.index)
    table["n"] = [len(values) for values in samples]
    means = table["mean"].where((table["status"] == DONE) & (table["n"] == table["seeds"]))
    by_rungs = method(study, exercise, variant) == ASHA
    if by_rungs:
        table[OUTCOME] = _outcomes(study, exercise, variant, table)
        means = means.where(table[EPOCHS] == study.settings(exercise, variant)[EPOCHS])
    best = None if means.isna().all() else means.idxmax() if metric == "accuracy" else means.idxmin()
    table["winner"] = table.index == best
    return table[["trial", *names(study.space(exercise, variant)), *JUDGED, *([OUTCOME] if by_rungs else [])]]


def scores_of(study: Study, exercise: str, variant: str, table: pd.DataFrame) -> Scores:
    """Return the score of each trial of a table that has run; None unless it has a score on every seed."""
    rows = {row["trial"]: row for _, row in table.iterrows()}
    scores: dict[str, float | None] = {}
    for trial in trials(study, exercise, variant):
        row = rows.get(trial.name)
        if row is not None and row["status"] != MISSING:
            whole = row["status"] == DONE and row["n"] == row["seeds"]
            scores[key(trial.values)] = float(row["mean"]) if whole else None
    return scores


def maximised(table: pd.DataFrame) -> bool:
    """Return whether larger scores of a table are better."""
    return bool((table["metric"] == "accuracy").any())


def may_go_on(table: pd.DataFrame) -> set[str]:
    """Return the trials of a search by ASHA whose last states a higher rung may still need."""
    if OUTCOME not in table:
        return set()
    missing = {trial.partition("_")[0] for trial in table.loc[table["status"] == MISSING, "trial"]}
    outcome, base = table[OUTCOME], table["trial"].str.split("_").str[0]
    return set(table.loc[(outcome == WAITING) | ((outcome == PROMOTED) & base.isin(missing)), "trial"])


def cell(value: Any) -> Any:
    """Return a setting as the table has it: lists, booleans and null as JSON."""
    return json.dumps(value) if isinstance(value, list | bool) or value is None else value


def read_trials(results: Path, exercise: str, variant: str) -> pd.DataFrame:
    """Return the table of a variant's trials.

    Raises:
        InputError: it is missing or malformed.
    """
    path = table_file(results, exercise, variant)
    try:
        gaps = {name: [""] for name in ("mean", "sd", "low", "high")}
        text = dict.fromkeys(["trial", "date", "reason"], "str")
        table = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=gaps)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; run `snakemake tuning` first") from error
    except ValueError as error:
        raise InputError(f"{path} is malformed ({error}); delete it and run `snakemake tuning`") from error
    if absent := [name for name in ("trial", *JUDGED) if name not in table]:
        raise InputError(f"{path} has no column {absent[0]}; delete it and run `snakemake tuning`")
    return table


def lines(table: pd.DataFrame) -> list[str]:
    """Return a line for each trial, the best first, for people at a terminal; with ASHA, the last rung comes first."""
    by_rungs = OUTCOME in table
    order = ([(EPOCHS, False)] if by_rungs else []) + [("mean", not maximised(table))]
    keys, ascending = map(list, zip(*order, strict=True))
    output = []
    width = max(map(len, table["trial"]), default=0)
    for _, row in table.sort_values(keys, ascending=ascending, na_position="last", kind="stable").iterrows():
        values = ", ".join(f"{name} {row[name]}" for name in table.columns[1 : table.columns.get_loc("split")])
        score = f"{row['mean']:.6g} (n = {row['n']})" if row["n"] else row["status"]
        outcome = f"{row[OUTCOME]:<10}" if by_rungs else ""
        output.append(f"{'*' if row['winner'] else ' '} {row['trial']:<{width}}  {score:<22}{outcome}{values}")
    return output


def _outcomes(study: Study, exercise: str, variant: str, table: pd.DataFrame) -> list[str]:
    """Return the outcome of each trial at each rung of a search by ASHA."""
    search, epochs = study.space(exercise, variant)["search"], study.settings(exercise, variant)[EPOCHS]
    here = [dict(trial.values) for trial in trials(study, exercise, variant)]
    scores = scores_of(study, exercise, variant, table)
    ended = len(scores) == len(here) == len(halving.trials_of(search, epochs, scores, maximise=maximised(table)))
    highest: dict[str, int] = {}
    for values in here:
        name = key({**values, EPOCHS: epochs})
        highest[name] = max(highest.get(name, 0), values[EPOCHS])
    outcomes = []
    for values in here:
        if highest[key({**values, EPOCHS: epochs})] > values[EPOCHS]:
            outcomes.append(PROMOTED)
        elif key(values) in scores and values[EPOCHS] == epochs:
            outcomes.append(COMPLETE)
        else:
            outcomes.append(PRUNED if ended else WAITING)
    return outcomes


def _row(trial: Trial, files: Sequence[BlockFiles], split: str, metric: str) -> dict[str, Any]:
    bad = next((each for each in files if each.status != DONE), None)
    finished_files = [each for each in files if each.status == DONE]
    status = bad.status if bad else DONE
    return {
        "split": split,
        "metric": metric,
        "seeds": trial.seeds,
        "status": DIVERGED if bad and bad.diverged else status,
        "reason": " ".join(bad.reason.split()) if bad else "",
        "data": "" if not finished_files else STAND_IN if any(each.stand_in for each in finished_files) else REAL,
        "date": max((str(each.provenance.get("started", ""))[:10] for each in finished_files), default=""),
    }


def _judge(files: Sequence[Sequence[BlockFiles]]) -> tuple[str, str]:
    """Return the split and the metric by which all trials are judged."""
    pairs = {(split, metric) for blocks in files for each in blocks for _, _, split, metric in each.metrics}
    split = "validation" if not pairs or any(part == "validation" for part, _ in pairs) else "train"
    return split, next((metric for metric in MONITORED if (split, metric) in pairs), MONITORED[0])


def _values(files: Sequence[BlockFiles], split: str, metric: str) -> np.ndarray:
    """Return the metric of every seed, the mean of its folds; a seed that diverged is left out."""
    folds: dict[int, list[float]] = {}
    for each in files:
        for (seed, _, part, name), value in each.metrics.items():
            if (part, name) == (split, metric):
                folds.setdefault(seed, []).append(value)
    values = np.array([np.mean(each) for _, each in sorted(folds.items())], dtype=float)
    return values[np.isfinite(values)]
