"""Run the two sides of a comparison as processes with the same specification: a plain script, and our command line."""

from __future__ import annotations

import compileall
import csv
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any
from unittest import mock

from bench.process import Measured, MeasurementError, interrupt, measure, measure_until
from practica.config.study import Block
from practica.files import read_json
from practica.jobs.history import NAME as HISTORY
from practica.plan.wiring import prepare_jobs

ROOT = Path(__file__).parents[1]
PLAIN = Path(__file__).with_name("plain")
CODE = ("workflow", "study", "plugins")
"""The folders of the project that hold the code of jobs."""


@dataclass(frozen=True)
class Place:
    """Where a training runs.

    Attributes:
        data: folder of the data sets.
        threads: CPU threads of our side; the plain script uses TensorFlow's default, all cores.
        limit: seconds after which a process is killed.
    """

    data: Path
    threads: int
    limit: float


@dataclass(frozen=True)
class Done:
    """The cost and the outcome of one process.

    Attributes:
        results: seed -> the compared metric, the mean over the folds.
        said: further output: what a plain script printed; for our side, engine, precision and seconds in ``fit``.
    """

    seconds: float
    peak_mb: float
    results: Mapping[int, float] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)


def plain(block: Block, part: str, metric: str, place: Place) -> Done:
    """Train the block's only seed with the plain script of its exercise."""
    process = _run(_script(block, place), os.environ, place)
    output = last_json(process.output)
    (seed,) = block.seeds
    return Done(process.seconds, process.peak_mb, {seed: output["metrics"][part][metric]}, output)


def ours(block: Block, part: str, metric: str, place: Place) -> Done:
    """Train the block with ``practica train``, as the workflow does, into a new folder."""
    with tempfile.TemporaryDirectory() as results:
        return _finished(block, part, metric, place, Path(results), job_environment())


def _finished(
    block: Block, part: str, metric: str, place: Place, results: Path, env: Mapping[str, str], before: float = 0.0
) -> Done:
    """Train the block to its end, from what earlier processes left in the folder; these took ``before`` seconds."""
    process = _run(_train(block, place, results), env, place)
    result = read_json(block.folder(results) / "metrics.json")
    values: dict[int, list[float]] = {}
    for run in result["runs"]:
        values.setdefault(run["seed"], []).append(run["metrics"][part][metric])
    details = {name: result["provenance"][name] for name in ("engine", "precision", "fit_seconds")}
    return Done(
        before + process.seconds, process.peak_mb, {seed: mean(folds) for seed, folds in values.items()}, details
    )


def _script(block: Block, place: Place) -> list[str | Path]:
    return [PLAIN / f"{block.exercise}.py", "--spec", block.specification(), "--data", place.data]


def _train(block: Block, place: Place, results: Path) -> list[str | Path]:
    words = ["-m", "practica", "train", "--spec", block.specification(), "--threads", str(place.threads)]
    return [*words, "--data", place.data, "--results", results]


def preempted(number: int, grace: int, block: Block, part: str, metric: str, place: Place) -> Done:
    """Train the block as ``ours``, but stop it once by a signal, somewhere in its second half, and start it again.

    With ``grace``, the job believes itself in a SLURM that leaves it so many seconds after the signal.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = job_environment()
        if grace:
            env = {**env, **_slurm(folder, grace)}
        progress = folder / "results/checkpoints" / block.path / "progress.json"
        start, moment = time.perf_counter(), float("inf")

        def now() -> bool:
            nonlocal moment
            if moment == float("inf") and progress.is_file():
                state = read_json(progress)
                if 2 * state["epoch"] >= state["epochs"]:
                    moment = time.perf_counter() + random.uniform(0, (time.perf_counter() - start) / 3)
            return time.perf_counter() >= moment

        command = [sys.executable, *_train(block, place, folder / "results")]
        before = interrupt(command, number, now, env=_quiet(env), cwd=ROOT, limit=place.limit)
        return _finished(block, part, metric, place, folder / "results", env, before)


def until(level: float, side: str, block: Block, part: str, metric: str, place: Place) -> Done:
    """Train the block's only seed until the metric first reaches ``level`` at the end of an epoch, and stop it there.

    Both sides write every epoch to a file, the plain script with Keras' ``CSVLogger``, ours to ``history.jsonl``; the
    time runs from the start of the process until the epoch is found there. ``said`` has the number of epochs.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if side == "plain":
            words, history = [*_script(block, place), "--history", folder / "history.csv"], folder / "history.csv"
            env, points = dict(os.environ), partial(csv_points, f"val_{metric}" if part == "validation" else metric)
        else:
            words, history = _train(block, place, folder), block.folder(folder) / HISTORY
            env, points = job_environment(), partial(json_points, part, metric)
        reached_points: list[tuple[int, float]] = []

        def reached() -> bool:
            if history.is_file():
                complete, _, _ = history.read_text(encoding="utf-8").rpartition("\n")
                reached_points[:] = [point for point in points(complete) if point[1] >= level][:1]
            return bool(reached_points)

        command = [sys.executable, *words]
        process = measure_until(command, reached, env=_quiet(env), cwd=ROOT, limit=place.limit)
    ((epochs, value),) = reached_points
    (seed,) = block.seeds
    return Done(process.seconds, process.peak_mb, {seed: value}, {"epochs": epochs})


def csv_points(column: str, text: str) -> list[tuple[int, float]]:
    """Return the epochs, from 1, and the values of a column of what Keras' ``CSVLogger`` has written."""
    return [(int(row["epoch"]) + 1, float(row[column])) for row in csv.DictReader(text.splitlines())]


def json_points(part: str, metric: str, text: str) -> list[tuple[int, float]]:
    """Return the epochs and the values of a metric in our history, a point a line after the first."""
    points = [json.loads(line) for line in text.splitlines()[1:]]
    return [(point["epoch"], point[part][metric]) for point in points]


def _slurm(folder: Path, grace: int) -> dict[str, str]:
    """Return the environment of a job that SLURM has preempted, as far as the job asks."""
    answer = folder / "bin/squeue"
    answer.parent.mkdir()
    answer.write_text(f"#!/bin/sh\necho 2026-01-01T00:00:00 2026-01-01T00:00:{grace:02}\n", encoding="utf-8")
    answer.chmod(0o755)
    return {"SLURM_JOB_ID": "1", "PATH": f"{answer.parent}{os.pathsep}{os.environ['PATH']}"}


def limits(block: Block, part: str, metric: str, place: Place) -> Done:
    """Measure what this machine can do with only the block's arithmetic."""
    command = ["-m", "bench.limit", "--spec", block.specification(), "--threads", str(place.threads)]
    process = _run([*command, "--data", place.data], job_environment(), place)
    return Done(process.seconds, process.peak_mb, said=last_json(process.output))


SIDES: Mapping[str, Callable[[Block, str, str, Place], Done]] = {
    "plain": plain,
    "ours": ours,
    "limits": limits,
    "killed": partial(preempted, signal.SIGKILL, 0),
    "told": partial(preempted, signal.SIGTERM, 0),
    "graced": partial(preempted, signal.SIGTERM, 59),
}


def compile_code(root: Path) -> None:
    """Write the bytecode of a checkout, as Python itself does for a user unless the environment forbids it."""
    for folder in CODE:
        compileall.compile_dir(root / folder, quiet=2)


def job_environment() -> dict[str, str]:
    """Return the environment of a job of the workflow."""
    with mock.patch.dict(os.environ):
        prepare_jobs(on_cluster=False)
        return dict(os.environ)


def last_json(output: str) -> dict[str, Any]:
    """Return the last line of JSON that a process printed.

    Raises:
        MeasurementError: it printed none.
    """
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    raise MeasurementError(f"no JSON in the output:\n{output[-2000:]}")


def _run(words: Sequence[str | Path], env: Mapping[str, str], place: Place) -> Measured:
    return measure([sys.executable, *words], env=_quiet(env), cwd=ROOT, limit=place.limit)


def _quiet(env: Mapping[str, str]) -> dict[str, str]:
    return {**env, "TF_CPP_MIN_LOG_LEVEL": "2"}
