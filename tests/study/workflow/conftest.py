"""A copy of the project in which the ten exercises have run at their smallest; tests edit it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from ten import ROOT, runs
from workflow.project import Project, copy_project

TINY = Path(__file__).with_name("tiny.yaml")


def copy_ten(folder: Path) -> Project:
    """Copy the project, with the tiny study of what there is."""
    tiny = yaml.safe_load(TINY.read_text(encoding="utf-8"))
    cuts = {exercise: entry for exercise, entry in tiny["exercises"].items() if runs(exercise)}
    for exercise, entry in cuts.items():
        there = {name: own for name, own in entry.get("variants", {}).items() if runs(f"{exercise}/{name}")}
        cuts[exercise] = {**entry, **({"variants": there} if there else {})}
    return copy_project(folder, ROOT, {**tiny, "exercises": cuts})


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """Return a copy in which nothing has run."""
    return copy_ten(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy in which the tiny study has run: every exercise, figure and table, and the PDF."""
    if shutil.which("latexmk") is None:
        pytest.skip("latexmk is missing: run `make latex`")
    project = copy_ten(tmp_path_factory.mktemp("study"))
    process = project.snakemake()
    assert process.returncode == 0, process.stderr[-6000:]
    return project


@pytest.fixture(scope="session")
def touched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy that Snakemake regards as finished: its files exist but are empty."""
    project = copy_ten(tmp_path_factory.mktemp("touched"))
    project.touch_all()
    return project
