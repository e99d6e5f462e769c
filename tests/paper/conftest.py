"""A finished study that several tests read, and the skip of those that need LaTeX."""

import shutil
from pathlib import Path

import pytest

from paper.factory import fill, shipped_study
from practica.config.study import Study

needs_latex = pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is not installed: run `make latex`")


@pytest.fixture(scope="session")
def shipped() -> Study:
    return shipped_study()


@pytest.fixture(scope="session")
def results(shipped: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    fill(shipped, folder)
    return folder
