"""Compare with another commit of this project: the same cases, each side with its own code, study and configuration."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from bench.arithmetic import ratios, same_band, spread
from bench.measures import Job
from bench.orchestration import DryRun, Overhead, QuickStudy
from bench.process import MeasurementError, measure
from bench.rows import Goal, Row, Side
from bench.sides import ROOT, compile_code, last_json
from bench.training import TrainingCase
from practica.config.study import Study
from practica.errors import InputError

BEFORE, NOW = "before", "now"
PROGRAM = """
import json, os, subprocess, sys
from dataclasses import asdict
from pathlib import Path
from bench.__main__ import CASES, ROOT, Study, read_config
from bench.measures import Job
from bench.sides import SIDES, Place
name, seeds, epochs, number, data = sys.argv[1:]
study = Study.resolve(read_config([ROOT / "config.yaml"]))
case = next((each for each in CASES if each.name == name), None) or sys.exit(f"it has no case {name}")
job = Job("ours", int(seeds), int(epochs))
for each in case.datasets(study):
    words = [sys.executable, "-m", "practica", "prepare", each, "--folder", data]
    subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
threads = min(study.resources(case.exercise, case.variant)["threads"], os.cpu_count() or 1)
place = Place(Path(data), threads, case.limit)
done = SIDES["ours"](case.block(job, int(number), study), case.band.part, case.band.metric, place)
print(json.dumps(asdict(done)))
"""
"""What both sides run, each in its own checkout: it uses only what the harness has always had."""
WHOLE = """
import json, sys
from dataclasses import asdict, replace
from pathlib import Path
from bench.__main__ import CASES, ROOT, Study, read_config
name, runs, limit, number, data = sys.argv[1:]
study = Study.resolve(read_config([ROOT / "config.yaml"]))
case = next((each for each in CASES if each.name == name), None) or sys.exit(f"it has no case {name}")
turn = replace(case, runs=int(runs), limit=float(limit)).repeat(int(number), study, Path(data))
sys.exit(turn) if isinstance(turn, str) else print(json.dumps(asdict(turn)))
"""
"""The same for a case of the orchestration."""
PREPARE = """
import subprocess, sys
from bench.__main__ import ROOT, Study, read_config
only, data = sys.argv[1:]
study = Study.resolve(read_config([ROOT / "config.yaml"]))
exercises = [only] if only else study.exercises
for each in sorted({study.dataset(e, variant) for e in exercises for variant in study.variants(e)}):
    subprocess.run([sys.executable, "-m", "practica", "prepare", each, "--folder", data], cwd=ROOT, check=True)
print("{}")
"""
"""Prepare the data sets of a checkout's study with its own code."""
FIRST = "4870b84"
"""The commit that the goals of ``--against`` are about."""


def check_commit(commit: str) -> None:
    """Raise ``InputError`` unless this repository has the commit; an empty name is not a commit."""
    command = ["git", "-C", str(ROOT), "cat-file", "-e", f"{commit}^{{commit}}"]
    if commit and subprocess.run(command, capture_output=True, check=False).returncode:
        raise InputError(f"--against: there is no commit {commit!r} in this repository")


def is_first(commit: str) -> bool:
    """Return whether ``commit`` names the commit that the goals are about."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"]
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.startswith(FIRST)


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Yield a temporary checkout of a commit of this repository."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", place, commit], check=True)
        compile_code(place)
        try:
            yield place
        finally:
            subprocess.run([*git, "remove", "--force", place], check=True)


@dataclass(frozen=True)
class Against:
    """A training of ours, at another commit and now.

    Attributes:
        case: what is trained.
        before: the checkout of the other commit.
    """

    case: TrainingCase
    before: Path

    @property
    def name(self) -> str:
        """Return the name of the case."""
        return self.case.name

    def datasets(self, study: Study) -> tuple[str, ...]:
        """Return the names of the data sets to prepare."""
        return self.case.datasets(study)

    def jobs(self, study: Study) -> list[Job]:
        """Return our trainings that the case measures."""
        work = self.case.work(study)
        jobs = [
            job for each in self.case.measures for job in each.jobs(work) if job.side == "ours" and job.level is None
        ]
        return list(dict.fromkeys(jobs))

    def repeat(self, number: int, study: Study, data: Path) -> dict[tuple[str, Job], Mapping[str, Any] | str]:
        """Measure each training once on both sides, which take turns at going first."""
        places = {BEFORE: (self.before, self.before / "data"), NOW: (ROOT, data)}
        sides = list(places)[:: -1 if number % 2 else 1]
        return {(side, job): self._trained(job, number, *places[side]) for job in self.jobs(study) for side in sides}

    def rows(self, study: Study, repetitions: Sequence[Mapping[tuple[str, Job], Any]]) -> list[Row]:
        """Return a row for each training: its time before, as a multiple of its time now."""
        return [
            self._row(job, [(turn[BEFORE, job], turn[NOW, job]) for turn in repetitions]) for job in self.jobs(study)
        ]

    def record(self, repetition: Mapping[tuple[str, Job], Any]) -> list[dict[str, Any]]:
        """Return everything that was measured, for JSON."""
        return [
            {**asdict(job), "side": side, **({"error": outcome} if isinstance(outcome, str) else outcome)}
            for (side, job), outcome in repetition.items()
        ]

    def _trained(self, job: Job, number: int, root: Path, data: Path) -> Mapping[str, Any] | str:
        words: list[str | Path] = [self.name, str(job.seeds), str(job.epochs), str(number), data]
        return _ran(PROGRAM, words, root, 2 * self.case.limit)

    def _row(self, job: Job, turns: Sequence[Sequence[Mapping[str, Any] | str]]) -> Row:
        title = f"before / now, {job.seeds} seed{'s' * (job.seeds > 1)}, {job.epochs} epochs"
        whole = [(one, two) for one, two in turns if not isinstance(one, str) and not isinstance(two, str)]
        if not whole:
            return Row(title, "", None, note=next(each for turn in turns for each in turn if isinstance(each, str)))
        sides, results = [], []
        for outcomes in zip(*whole, strict=True):
            results.append(mean(value for each in outcomes for value in each["results"].values()))
            peak = max(each["peak_mb"] for each in outcomes)
            sides.append(Side(spread([each["seconds"] for each in outcomes]), peak, results[-1]))
        values = ratios(*([turn[place]["seconds"] for turn in whole] for place in (0, 1)))
        note = "{engine}, {precision}".format(**whole[0][1]["said"])
        same = same_band(results[0], results[1], self.case.band.tolerance)
        return Row(title, "x", spread(values), None, sides[0], sides[1], same, note)


@dataclass(frozen=True)
class WholeAgainst:
    """A dry run, a whole DAG or the quick study, at another commit and now.

    Attributes:
        case: what is run.
        before: the checkout of the other commit.
        goal: how many times as long it must have taken before, if anything.
    """

    case: DryRun | Overhead | QuickStudy
    before: Path
    goal: Goal | None = None

    @property
    def name(self) -> str:
        """Return the name of the case."""
        return self.case.name

    def datasets(self, study: Study) -> tuple[str, ...]:
        """Return the names of the data sets to prepare."""
        return self.case.datasets(study)

    def repeat(self, number: int, study: Study, data: Path) -> dict[str, Mapping[str, Any] | str]:
        """Run the case once on both sides, which take turns at going first."""
        places = {BEFORE: (self.before, self.before / "data"), NOW: (ROOT, data)}
        sides = list(places)[:: -1 if number % 2 else 1]
        return {side: self._run(number, *places[side]) for side in sides}

    def rows(self, study: Study, repetitions: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Return its time before, as a multiple of its time now."""
        title = f"before / now, {self.case.title}"
        turns = [(each[BEFORE], each[NOW]) for each in repetitions]
        whole = [turn for turn in turns if not any(isinstance(each, str) for each in turn)]
        if not whole:
            return [Row(title, "", None, self.goal, note=next(e for turn in turns for e in turn if isinstance(e, str)))]
        seconds = [[turn[place]["seconds"] for turn in whole] for place in (0, 1)]
        sides = [Side(spread(each)) for each in seconds]
        values = ratios(*seconds)
        return [Row(title, "x", spread(values), self.goal, sides[0], sides[1], note=_note(*whole[0]))]

    def record(self, repetition: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return everything that was measured, for JSON."""
        return [
            {"side": side, **({"error": outcome} if isinstance(outcome, str) else outcome)}
            for side, outcome in repetition.items()
        ]

    def _run(self, number: int, root: Path, data: Path) -> Mapping[str, Any] | str:
        if not isinstance(self.case, DryRun):
            only = self.case.exercise if isinstance(self.case, Overhead) else self.case.only
            preparation = _ran(PREPARE, [only, data], root, self.case.limit)
            if isinstance(preparation, str):
                return preparation
        if isinstance(self.case, QuickStudy):
            turn = self.case.at(root, data)
            return turn if isinstance(turn, str) else self.case.record(turn)
        words: list[str | Path] = [self.name, str(self.case.runs), str(self.case.limit), str(number), data]
        return _ran(WHOLE, words, root, 3 * self.case.limit)


def _note(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return what the sides have done, of which each has its own idea."""
    notes = ["each side runs its own study"]
    if "jobs" in now:
        notes.append(f"jobs: {before['jobs']:,} before, {now['jobs']:,} now")
    if "train" in now.get("inside", {}):
        seconds = [side["inside"].get("train", 0.0) for side in (before, now)]
        notes.append("seconds in processes that train: {:.0f} before, {:.0f} now".format(*seconds))
    return "; ".join(notes)


def _ran(program: str, words: Sequence[str | Path], root: Path, limit: float) -> Mapping[str, Any] | str:
    """Run a program with the code in ``root``, and return the last line of JSON that it prints, or what went wrong."""
    env = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'workflow'}", "TF_CPP_MIN_LOG_LEVEL": "2"}
    try:
        process = measure([sys.executable, "-c", program, *words], env=env, cwd=root, limit=limit)
        return last_json(process.output)
    except MeasurementError as error:
        return str(error)
