"""A copy of the project in which the tiny study has run; tests edit it and check what Snakemake does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ten import runs

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "workflow", "profiles", "report", "study", "envs")
TINY = Path(__file__).with_name("tiny.yaml")


@dataclass
class Project:
    """A copy of the project."""

    folder: Path

    def snakemake(self, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run Snakemake on the tiny study, with the copy's own code, and return what it printed."""
        command = [Path(sys.executable).with_name("snakemake"), "--cores", "2", "--configfile", "tiny.yaml", *words]
        environment = {key: value for key, value in os.environ.items() if key != "PRACTICA_DATA_MIRROR"}
        environment |= {"PYTHONPATH": str(self.folder / "workflow"), **(env or {})}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=1500, check=False
        )

    def planned(self, *words: str) -> set[str]:
        """Return the jobs that a dry run lists, by their messages."""
        done = self.snakemake("-n", *words)
        assert done.returncode == 0, done.stderr
        jobs = re.compile(r"  ([A-Za-z].*?)(?:  \(.*)?")  # the table above them is indented more
        return {found[1] for found in map(jobs.fullmatch, done.stdout.splitlines()) if found}

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


def copy_project(folder: Path) -> Project:
    """Copy the files that Snakemake needs, with the tiny study of what there is beside them."""
    for name in PARTS:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    tiny = yaml.safe_load(TINY.read_text(encoding="utf-8"))
    cuts = {exercise: entry for exercise, entry in tiny["exercises"].items() if runs(exercise)}
    for exercise, entry in cuts.items():
        there = {name: own for name, own in entry.get("variants", {}).items() if runs(f"{exercise}/{name}")}
        cuts[exercise] = {**entry, **({"variants": there} if there else {})}
    (folder / "tiny.yaml").write_text(yaml.safe_dump({**tiny, "exercises": cuts}), encoding="utf-8")
    return Project(folder)


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """Return a copy in which nothing has run."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy in which the tiny study has run: every exercise, figure and table, and the PDF."""
    if shutil.which("latexmk") is None:
        pytest.skip("latexmk is missing: run `make latex`")
    project = copy_project(tmp_path_factory.mktemp("study"))
    done = project.snakemake()
    assert done.returncode == 0, done.stderr[-6000:]
    return project


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy in which ej05 and ej06 are trained, for an epoch each."""
    project = copy_project(tmp_path_factory.mktemp("trained"))
    with (project.folder / "tiny.yaml").open("a") as tiny:
        tiny.write("only: [ej05, ej06]\n")
    done = project.snakemake(
        "--nocolor", "results/metrics.csv", "--config", "exercises.ej05.variants.tanh5.settings.epochs=1"
    )
    assert done.returncode == 0, done.stderr
    (project.folder / "first.log").write_text(done.stderr)
    return project


@pytest.fixture(scope="session")
def touched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy that Snakemake regards as finished: its files exist but are empty."""
    project = copy_project(tmp_path_factory.mktemp("touched"))
    listed = project.snakemake("--summary")
    assert listed.returncode == 0, listed.stderr
    for line in listed.stdout.splitlines()[1:]:
        path = project.folder / line.partition("\t")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("") if path.suffix else path.mkdir(exist_ok=True)
    done = project.snakemake("--touch", "--forceall")
    assert done.returncode == 0, done.stderr
    assert ": 0 trained, " in done.stderr
    return project
