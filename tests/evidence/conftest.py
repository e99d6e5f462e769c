"""Collected results that several tests read."""

from pathlib import Path

import pytest

from evidence.factory import fill, make_study
from practica.config.study import Study
from practica.evidence.collect import collect


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path]:
    """Return a complete study of all ten exercises and its results."""
    study, results = make_study(), tmp_path_factory.mktemp("complete") / "results"
    fill(study, results)
    collect(study, results)
    return study, results
