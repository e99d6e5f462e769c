"""A copy of the project with a small study; tests edit it and check what Snakemake does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ENGINE = ("Snakefile", "workflow", "profiles", "report", "envs")
CONFIGURATION = ("config.yaml", "study")
Edits = Mapping[str, tuple[str, str, str, Mapping[str, int]]]
"""Edits by name: a file, a text in it, another in its place, and the jobs that follow, by their first word."""


@dataclass
class Project:
    """A copy of the project."""

    folder: Path

    def snakemake(self, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run Snakemake with ``tiny.yaml`` over the study, by the copy's own code; return what it printed."""
        command = [Path(sys.executable).with_name("snakemake"), "--cores", "2", "--configfile", "tiny.yaml", *words]
        environment = {key: value for key, value in os.environ.items() if key != "PRACTICA_DATA_MIRROR"}
        environment |= {"PYTHONPATH": str(self.folder / "workflow"), **(env or {})}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=1500, check=False
        )

    def planned(self, *words: str) -> set[str]:
        """Return the jobs that a dry run lists, by their messages."""
        process = self.snakemake("-n", *words)
        assert process.returncode == 0, process.stderr
        jobs = re.compile(r"  ([A-Za-z].*?)(?:  \(.*)?")  # the table above them is indented more
        return {result[1] for result in map(jobs.fullmatch, process.stdout.splitlines()) if result}

    def trained(self, *words: str) -> set[str]:
        """Return the blocks that a dry run would train."""
        return {job.removeprefix("Training ") for job in self.planned(*words) if job.startswith("Training ")}

    @contextmanager
    def edited(self, path: str, old: str, new: str) -> Iterator[None]:
        """Replace ``old`` by ``new`` in a file, and restore it afterwards."""
        file = self.folder / path
        before, times = file.read_text(), file.stat()
        assert old in before, f"{old!r} is not in {path}"
        file.write_text(before.replace(old, new, 1))
        try:
            yield
        finally:
            file.write_text(before)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    def touch_all(self) -> None:
        """Make Snakemake regard the study as finished: its files exist but are empty."""
        listed = self.snakemake("--summary")
        assert listed.returncode == 0, listed.stderr
        for line in listed.stdout.splitlines()[1:]:
            path = self.folder / line.partition("\t")[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("") if path.suffix else path.mkdir(exist_ok=True)
        process = self.snakemake("--touch", "--forceall")
        assert process.returncode == 0, process.stderr
        assert ": 0 trained, " in process.stderr


def copy_project(folder: Path, study: Path, tiny: Mapping[str, Any]) -> Project:
    """Copy the files that Snakemake needs, the configuration and the study of a folder, and ``tiny`` to cut it down."""
    sources = [*(ROOT / name for name in ENGINE), *(study / name for name in CONFIGURATION)]
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder)
    (folder / "tiny.yaml").write_text(yaml.safe_dump(dict(tiny)), encoding="utf-8")
    return Project(folder)


def check_edits_without_a_meaning(touched: Project, edits: Edits) -> None:
    """Make all edits that no job follows, and check that none does."""
    with ExitStack() as stack:
        for path, old, new, jobs in edits.values():
            if not jobs:
                stack.enter_context(touched.edited(path, old, new))
        assert touched.planned() == set()


def check_edit(touched: Project, path: str, old: str, new: str, jobs: Mapping[str, int]) -> None:
    """Make an edit, and check that the jobs that follow are these, counted by the first words of their messages."""
    with touched.edited(path, old, new):
        planned = touched.planned()
    assert Counter(job.split()[0] for job in planned) == jobs, sorted(planned)


def check_kept_by_touch(touched: Project) -> None:
    """Check that ``--touch`` accepts existing results as made by the current code, as the README says."""
    with touched.edited("workflow/practica/feed.py", ".prefetch(2)", ".prefetch(3)"):
        assert touched.trained()
        process = touched.snakemake("--touch")
        assert process.returncode == 0, process.stderr
        assert touched.planned() == set()
    assert touched.snakemake("--touch").returncode == 0
