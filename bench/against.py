"""Compare with another commit of this project: the same cases, each side with its own code and configuration."""

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
from bench.process import MeasurementError, measure
from bench.rows import Row, Side
from bench.sides import ROOT, last_json
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
case = next(each for each in CASES if each.name == name)
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


def check_commit(commit: str) -> None:
    """Raise ``InputError`` unless this repository has the commit; an empty name is not a commit."""
    asked = ["git", "-C", str(ROOT), "cat-file", "-e", f"{commit}^{{commit}}"]
    if commit and subprocess.run(asked, capture_output=True, check=False).returncode:
        raise InputError(f"--against: there is no commit {commit!r} in this repository")


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Yield a temporary checkout of a commit of this repository."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", place, commit], check=True)
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
            {**asdict(job), "side": side, **({"error": done} if isinstance(done, str) else done)}
            for (side, job), done in repetition.items()
        ]

    def _trained(self, job: Job, number: int, root: Path, data: Path) -> Mapping[str, Any] | str:
        env = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'workflow'}", "TF_CPP_MIN_LOG_LEVEL": "2"}
        words: list[str | Path] = [self.name, str(job.seeds), str(job.epochs), str(number), data]
        try:
            done = measure([sys.executable, "-c", PROGRAM, *words], env=env, cwd=root, limit=2 * self.case.limit)
            return last_json(done.output)
        except MeasurementError as error:
            return str(error)

    def _row(self, job: Job, turns: Sequence[Sequence[Mapping[str, Any] | str]]) -> Row:
        title = f"before / now, {job.seeds} seed{'s' * (job.seeds > 1)}, {job.epochs} epochs"
        whole = [(one, two) for one, two in turns if not isinstance(one, str) and not isinstance(two, str)]
        if not whole:
            return Row(title, "", None, note=next(each for turn in turns for each in turn if isinstance(each, str)))
        sides, results = [], []
        for done in zip(*whole, strict=True):
            results.append(mean(value for each in done for value in each["results"].values()))
            peak = max(each["peak_mb"] for each in done)
            sides.append(Side(spread([each["seconds"] for each in done]), peak, results[-1]))
        values = ratios(*([turn[place]["seconds"] for turn in whole] for place in (0, 1)))
        note = "{engine}, {precision}".format(**whole[0][1]["said"])
        same = same_band(results[0], results[1], self.case.band.tolerance)
        return Row(title, "x", spread(values), None, sides[0], sides[1], same, note)
