"""The order of the tests: those that run Snakemake first, so that no worker is left alone with minutes of work."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that take minutes first; all others keep their order."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
