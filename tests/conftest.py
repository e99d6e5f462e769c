"""The folder of Keras, the study of each test, and the order of tests: those that take minutes come first."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from practica.study_folder import OWN, use
from toy import TOY

# No test reads the user's downloads of Keras; set here because Keras reads it when it is imported.
KERAS = tempfile.mkdtemp(prefix="keras-")
os.environ["KERAS_HOME"] = KERAS
atexit.register(shutil.rmtree, KERAS, ignore_errors=True)

HERE = Path(__file__).parent
STUDIES = {"data": HERE / "data/study", "project": OWN, "study": OWN}
"""The study that the tests of a folder open; those of the others open the toy."""


def study_of(path: Path) -> Path:
    """Return the folder of the study that a test file uses."""
    return STUDIES.get(path.relative_to(HERE).parts[0], TOY)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Open the study of a file before its modules are imported, because they are imported as those of a package."""
    if isinstance(collector, pytest.Module):
        use(study_of(collector.path))


@pytest.fixture(scope="session", autouse=True)
def heard_signals() -> Iterator[None]:
    """Make programs that tests start receive signals even if the tests ignore them, under nohup or in the background.

    A program inherits ignored signals, but no handlers.
    """
    ignored = [
        each for each in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) == signal.SIG_IGN
    ]
    for each in ignored:
        signal.signal(each, lambda number, frame: None)
    yield
    for each in ignored:
        signal.signal(each, signal.SIG_IGN)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Open the study of a test, whatever the previous test has opened."""
    use(study_of(item.path))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that take minutes first; all others keep their order."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
