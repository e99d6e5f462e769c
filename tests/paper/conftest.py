"""A finished study that several tests read, and the skip of those that need LaTeX."""

import shutil
from pathlib import Path

import pytest

from paper.factory import fill
from practica.config.study import Study
from toy import toy_study

needs_latex = pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is not installed: run `make latex`")


@pytest.fixture(scope="session")
def toy() -> Study:
    return toy_study()


@pytest.fixture(scope="session")
def results(toy: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    fill(toy, folder)
    return folder
