"""Run the two sides of a comparison as processes with the same specification: a plain script, and our command line."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any
from unittest import mock

from bench.process import Measured, MeasurementError, measure
from practica.config.study import Block
from practica.files import read_json
from practica.plan.wiring import prepare_jobs

ROOT = Path(__file__).parents[1]
PLAIN = Path(__file__).with_name("plain")


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
        said: further output: what a plain script printed; for our side, engine and precision.
    """

    seconds: float
    peak_mb: float
    results: Mapping[int, float] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)


def plain(block: Block, part: str, metric: str, place: Place) -> Done:
    """Train the block's only seed with the plain script of its exercise."""
    script = PLAIN / f"{block.exercise}.py"
    done = _run([script, "--spec", block.specification(), "--data", place.data], os.environ, place)
    said = last_json(done.output)
    (seed,) = block.seeds
    return Done(done.seconds, done.peak_mb, {seed: said["metrics"][part][metric]}, said)


def ours(block: Block, part: str, metric: str, place: Place) -> Done:
    """Train the block with ``practica train``, as the workflow does, into a new folder."""
    with tempfile.TemporaryDirectory() as results:
        command = ["-m", "practica", "train", "--spec", block.specification(), "--threads", str(place.threads)]
        done = _run([*command, "--data", place.data, "--results", results], job_environment(), place)
        written = read_json(block.folder(results) / "metrics.json")
    values: dict[int, list[float]] = {}
    for run in written["runs"]:
        values.setdefault(run["seed"], []).append(run["metrics"][part][metric])
    said = {name: written["provenance"][name] for name in ("engine", "precision")}
    return Done(done.seconds, done.peak_mb, {seed: mean(folds) for seed, folds in values.items()}, said)


def limits(block: Block, part: str, metric: str, place: Place) -> Done:
    """Measure what this machine can do with only the block's arithmetic."""
    command = ["-m", "bench.limit", "--spec", block.specification(), "--threads", str(place.threads)]
    done = _run([*command, "--data", place.data], job_environment(), place)
    return Done(done.seconds, done.peak_mb, said=last_json(done.output))


SIDES: Mapping[str, Callable[[Block, str, str, Place], Done]] = {"plain": plain, "ours": ours, "limits": limits}


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
    quiet = {**env, "TF_CPP_MIN_LOG_LEVEL": "2"}
    return measure([sys.executable, *words], env=quiet, cwd=ROOT, limit=place.limit)
