"""Copies of the project with the toy study; tests edit them and check what Snakemake does."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from toy import FOLDER, two_protocols
from workflow.project import Project, copy_project

TINY: dict[str, Any] = {
    "seeds": 1,
    "exercises": {
        "moons": {"seeds_per_job": 1, "settings": {"epochs": 2, "folds": 2}},
        "steps": {"seeds_per_job": 1, "settings": {"epochs": 1}},
    },
}
"""The toy at its smallest: one seed, an epoch or two."""


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """Return a copy in which nothing has run."""
    return copy_project(tmp_path, FOLDER, TINY)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy in which five variants are trained, for an epoch or two each; a second protocol has not run."""
    folder = tmp_path_factory.mktemp("trained")
    # Whether they need a GPU is left to the rehearsal.
    counted = {name: {**entry, "resources": {"gpu": None}} for name, entry in TINY["exercises"].items()}
    counted["moons"]["variants"] = dict.fromkeys(("wider", "raw_numpy", "turned"))
    few = {**TINY, "protocols": ["ours"], "exercises": counted}
    project = copy_project(folder, FOLDER, few)
    shutil.rmtree(folder / "study")
    two_protocols(folder / "study")
    process = project.snakemake("--nocolor", "results/metrics.csv", "--config", "exercises.steps.settings.epochs=1")
    assert process.returncode == 0, process.stderr
    (folder / "first.log").write_text(process.stderr)
    return project


@pytest.fixture(scope="module")
def touched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy that Snakemake regards as finished: its files exist but are empty."""
    project = copy_project(tmp_path_factory.mktemp("touched"), FOLDER, TINY)
    project.touch_all()
    return project
