"""The folder of Keras, the study, and the order of the tests: those that run Snakemake first, for they take minutes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest

from practica.study_folder import OWN, use

# No test reads what Keras has downloaded for whoever runs them; set here, for Keras reads it when it is imported.
os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="keras-")


# Before a test imports modules of the study, which it then knows as those of a package.
use(OWN)


@pytest.fixture(autouse=True)
def _shipped_study() -> Iterator[None]:
    """Go back to the study of the project after a test that has opened another."""
    yield
    use(OWN)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that take minutes first; all others keep their order."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
