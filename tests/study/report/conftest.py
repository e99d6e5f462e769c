"""Results that the project's study could have, with meaningless numbers."""

from pathlib import Path

import pytest

from paper.factory import fill
from practica.config.study import Study
from ten import shipped_study


@pytest.fixture(scope="session")
def shipped() -> Study:
    return shipped_study()


@pytest.fixture(scope="session")
def results(shipped: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    fill(shipped, folder)
    return folder
