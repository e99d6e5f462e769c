"""The folder of Keras, and the order of the tests: those that run Snakemake first, for they take minutes."""

from __future__ import annotations

import os
import tempfile

import pytest

# No test reads what Keras has downloaded for whoever runs them; set here, for Keras reads it when it is imported.
os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="keras-")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that take minutes first; all others keep their order."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
