"""The cost of Snakemake and our rules besides training, compared with a bare Snakefile with as many jobs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bench.arithmetic import ratios, spread
from bench.process import Measured, MeasurementError, measure
from bench.rows import Goal, Row, Side
from bench.sides import ROOT, Place, ours
from practica.config.study import Study
from practica.files import read_json

PARTS = ("Snakefile", "config.yaml", "workflow", "profiles", "report", "study", "envs")
TRACE = Path(__file__).with_name("trace")
LONG = 201
"""Epochs of the longer of two trainings from whose difference an epoch is computed."""
BARE = Path(__file__).with_name("bare.smk")


@dataclass(frozen=True)
class Turn:
    """One repetition: our Snakefile and the bare one, with the jobs of each.

    Attributes:
        inside: our seconds by subcommand of the command line.
        blocks: seconds that the blocks took by their manifests, without start, imports and data.
        fitted: seconds of these in training and validation, tracing included.
        epoch: seconds of one epoch of one run; 0 where none was measured.
    """

    jobs: int
    seconds: float
    peak_mb: float
    bare_jobs: int
    bare_seconds: float
    bare_peak_mb: float
    inside: Mapping[str, float] = field(default_factory=dict)
    blocks: float = 0.0
    fitted: float = 0.0
    epoch: float = 0.0

    def training(self, epochs: int) -> dict[str, float]:
        """Return the parts of the seconds in processes that trained so many epochs in all."""
        return {
            "start, imports and data": self.inside["train"] - self.blocks,
            "building, checking and measuring nets": self.blocks - self.fitted,
            "tracing": self.fitted - epochs * self.epoch,
            "epochs": epochs * self.epoch,
        }


Repetition = Turn | str


@dataclass(frozen=True)
class DryRun:
    """The time of a dry run of this many runs (or a few more, to have as many of each variant).

    Attributes:
        one_a_job: whether each run is a job of its own, and the bare Snakefile has as many jobs as ours; otherwise runs
            come in the study's blocks, and the bare Snakefile has one job for each run.
    """

    name: str
    runs: int
    goal: Goal | None
    one_a_job: bool = False
    limit: float = 300

    @property
    def title(self) -> str:
        """Return what is measured."""
        return f"dry run of {self.runs:,} runs, {'each a job' if self.one_a_job else 'in blocks'}"

    def datasets(self, study: Study) -> tuple[str, ...]:
        """Return the data sets to prepare."""
        return ()

    def repeat(self, number: int, study: Study, data: Path) -> Repetition:
        """Plan the whole study, with as many seeds of every variant as needed."""
        variants = sum(len(study.variants(exercise)) for exercise in study.exercises)
        seeds = -(-self.runs // variants)
        config: dict[str, Any] = {"seeds": seeds, **one_protocol(study)}
        if self.one_a_job:
            config["exercises"] = {exercise: {"seeds_per_job": 1} for exercise in study.exercises}
        return _turn(config, ["--dry-run"], self.limit, None if self.one_a_job else seeds * variants)

    def rows(self, study: Study, repetitions: Sequence[Repetition]) -> list[Row]:
        """Return the ratio of the two."""
        title = f"{self.title}: ours / bare"
        turns = [each for each in repetitions if isinstance(each, Turn)]
        if not turns:
            return [Row(title, "x", None, self.goal, note=str(repetitions[0]))]
        values = ratios([turn.seconds for turn in turns], [turn.bare_seconds for turn in turns])
        note = f"{turns[0].jobs:,} jobs of ours, {turns[0].bare_jobs:,} bare"
        return [Row(title, "x", spread(values), self.goal, *_sides(turns), note=note)]

    def record(self, repetition: Repetition) -> Any:
        """Return everything that was measured, for JSON."""
        return vars(repetition) if isinstance(repetition, Turn) else {"error": repetition}


@dataclass(frozen=True)
class Overhead:
    """The time of a study of one exercise, from nothing to the PDF, without its training; one job at a time."""

    name: str
    exercise: str
    runs: int
    goal: Goal | None
    limit: float = 1500

    @property
    def title(self) -> str:
        """Return what is measured."""
        return f"whole DAG of {self.runs} runs"

    def datasets(self, study: Study) -> tuple[str, ...]:
        """Return the data sets to prepare."""
        return (study.dataset(self.exercise, study.variants(self.exercise)[0]),)

    def repeat(self, number: int, study: Study, data: Path) -> Repetition:
        """Run only this exercise, with one epoch for each of its seeds."""
        try:
            epoch = self._epoch(study, data)
        except MeasurementError as error:
            return str(error)
        config = {
            "only": self.exercise,
            "seeds": self.runs,
            "data": {"folder": str(data.absolute())},
            "exercises": {self.exercise: {"seeds_per_job": 1, "settings": {"epochs": 1}}},
            **one_protocol(study),
        }
        turn = _turn(config, [], self.limit)
        return turn if isinstance(turn, str) else replace(turn, epoch=epoch)

    def _epoch(self, study: Study, data: Path) -> float:
        """Return the seconds of one epoch of the first variant, from two lengths of its training in one process."""
        variant = study.variants(self.exercise)[0]
        block = study.block(self.exercise, variant, (0,))
        threads = min(study.resources(self.exercise, variant)["threads"], os.cpu_count() or 1)
        place = Place(data, threads, self.limit)
        short, long = (
            ours(replace(block, settings={**block.settings, "epochs": epochs}), "train", "loss", place)
            for epochs in (1, LONG)
        )
        return max(0.0, long.said["fit_seconds"] - short.said["fit_seconds"]) / (LONG - 1)

    def rows(self, study: Study, repetitions: Sequence[Repetition]) -> list[Row]:
        """Return the overhead of a run, and the time of the bare Snakefile for as many jobs."""
        title = f"{self.title}, outside training, per run"
        turns = [each for each in repetitions if isinstance(each, Turn)]
        if not turns:
            return [Row(title, "s", None, self.goal, note=str(repetitions[0]))]
        values = [(turn.seconds - turn.inside["train"]) / self.runs for turn in turns]
        steps = sorted(turns[0].inside.items(), key=lambda item: -item[1])
        inside = ", ".join(f"{name} {seconds:.0f}" for name, seconds in steps)
        parts = ", ".join(f"{name} {seconds:.2g}" for name, seconds in turns[0].training(self.runs).items())
        note = (
            f"{turns[0].jobs} jobs in both, one at a time; seconds in our processes: {inside}; of train: {parts}, "
            f"an epoch from trainings of 1 and {LONG}"
        )
        return [Row(title, "s", spread(values), self.goal, *_sides(turns), note=note)]

    def record(self, repetition: Repetition) -> Any:
        """Return everything that was measured, for JSON."""
        return vars(repetition) if isinstance(repetition, Turn) else {"error": repetition}


@dataclass(frozen=True)
class QuickStudy:
    """The time of ``workflow/scripts/report.sh``: the quick study on all cores, from prepared data to both reports.

    Attributes:
        only: the exercise that it is cut to; empty for all.
    """

    name: str
    only: str = ""
    goal: Goal | None = None
    limit: float = 7200

    def datasets(self, study: Study) -> tuple[str, ...]:
        """Return the data sets to prepare."""
        exercises = [self.only] if self.only else study.exercises
        return tuple(sorted({study.dataset(e, variant) for e in exercises for variant in study.variants(e)}))

    def repeat(self, number: int, study: Study, data: Path) -> Measured | str:
        """Run the study in a fresh folder."""
        return self.at(ROOT, data)

    def at(self, root: Path, data: Path) -> Measured | str:
        """Run the study of a checkout with its own code in a fresh folder; its data sets are in ``data``."""
        with project({}, root) as folder:
            (folder / "data").symlink_to(data)
            if self.only:
                config = yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))
                (folder / "config.yaml").unlink()
                (folder / "config.yaml").write_text(yaml.safe_dump({**config, "only": self.only}), encoding="utf-8")
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            env = {**os.environ, "PATH": path, "PYTHONPATH": _python_path(root / "workflow")}
            try:
                return measure(["bash", "workflow/scripts/report.sh"], env=env, cwd=folder, limit=self.limit)
            except MeasurementError as error:
                return str(error)

    @property
    def title(self) -> str:
        """Return what is measured."""
        return f"quick study{f' of {self.only}' if self.only else ''}, to both reports"

    def rows(self, study: Study, repetitions: Sequence[Measured | str]) -> list[Row]:
        """Return its time."""
        turns = [each for each in repetitions if isinstance(each, Measured)]
        if not turns:
            return [Row(self.title, "s", None, self.goal, note=str(repetitions[0]))]
        seconds = spread([each.seconds for each in turns])
        return [Row(self.title, "s", seconds, self.goal, ours=Side(seconds))]

    def record(self, repetition: Measured | str) -> Any:
        """Return everything that was measured, for JSON."""
        if isinstance(repetition, str):
            return {"error": repetition}
        return {"seconds": repetition.seconds}


def one_protocol(study: Study) -> dict[str, Any]:
    """Return a layer that keeps only the first of several protocols; the benchmark's own settings lie over it."""
    protocols = study.config.get("protocols")
    return {"protocols": protocols[:1]} if protocols else {}


def _sides(turns: Sequence[Turn]) -> tuple[Side, Side]:
    bare = Side(spread([turn.bare_seconds for turn in turns]), max(turn.bare_peak_mb for turn in turns))
    return bare, Side(spread([turn.seconds for turn in turns]), max(turn.peak_mb for turn in turns))


def _turn(config: Mapping[str, Any], options: list[str], limit: float, bare_jobs: int | None = None) -> Repetition:
    """Run our Snakefile with ``config`` over the study's, then the bare one with as many jobs, or ``bare_jobs``."""
    try:
        with project(config) as folder:
            note = folder / "trace.tsv"
            env = {"BENCH_TRACE": str(note), "PYTHONPATH": _python_path(TRACE)}
            process = snakemake(["--configfile", "config.yaml", "over.yaml", *options], folder, env, limit)
            inside = traced(note.read_text(encoding="utf-8"))
            blocks, fitted = spent(folder / "results/runs")
        match = re.search(r"^(\d+) jobs to do", process.output, re.MULTILINE)
        if match is None:
            raise MeasurementError(f"no number of jobs in the output:\n{process.output[-2000:]}")
        jobs = int(match[1])
        bare_jobs = bare_jobs or jobs
        with TemporaryDirectory() as name:
            words = ["--snakefile", str(BARE), "--config", f"jobs={bare_jobs - 1}", *options]
            bare = snakemake(words, Path(name), {}, limit)
    except MeasurementError as error:
        return str(error)
    return Turn(jobs, process.seconds, process.peak_mb, bare_jobs, bare.seconds, bare.peak_mb, inside, blocks, fitted)


def snakemake(options: list[str], folder: Path, env: Mapping[str, str], limit: float) -> Measured:
    """Run Snakemake on one core in a folder, with ``env`` added to the environment."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *options]
    return measure(command, env={**os.environ, **env}, cwd=folder, limit=limit)


@contextmanager
def project(config: Mapping[str, Any], root: Path = ROOT) -> Iterator[Path]:
    """Yield a fresh folder with the parts of the project in ``root``, and with ``config`` as ``over.yaml``."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for part in PARTS:
            if (root / part).exists():  # an earlier commit may not have it
                (folder / part).symlink_to(root / part)
        (folder / "over.yaml").write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
        yield folder


def _python_path(*folders: Path) -> str:
    return os.pathsep.join([*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])])


def spent(runs: Path) -> tuple[float, float]:
    """Return the seconds that all blocks took, and those of them in ``fit``, from the manifests below a folder."""
    provenances = [read_json(path)["provenance"] for path in sorted(runs.rglob("manifest.json"))]
    return sum(each["wall_seconds"] for each in provenances), sum(each["fit_seconds"] for each in provenances)


def traced(text: str) -> dict[str, float]:
    """Return the seconds in processes of our command line by subcommand, from the records of a traced run."""
    seconds: dict[str, float] = {}
    for line in text.splitlines():
        start, end, *words = line.split("\t")
        if words[:2] == ["-m", "practica"]:
            seconds[words[2]] = seconds.get(words[2], 0.0) + float(end) - float(start)
    return seconds
