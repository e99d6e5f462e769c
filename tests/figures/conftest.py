"""Collected results that several tests draw, and the texts in a figure."""

from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from evidence.factory import fill, make_study, write_timing
from practica.evidence.collect import collect
from practica.evidence.results import Results


@pytest.fixture(scope="session")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return the results of a complete toy study."""
    return _collected(tmp_path_factory.mktemp("complete"), stand_in=False)


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return the same results from stand-in data."""
    return _collected(tmp_path_factory.mktemp("standins"), stand_in=True)


def _collected(folder: Path, stand_in: bool) -> Results:
    study = make_study(seeds=2)
    fill(study, folder, stand_in=stand_in)
    write_timing(folder, stand_in=stand_in)
    collect(study, folder)
    return Results(study, folder)


@pytest.fixture(scope="session")
def written() -> Callable[[Figure], str]:
    """Return a function that returns all text in a figure."""
    return lambda figure: "\n".join(each.get_text() for each in figure.findobj(Text))  # type: ignore[attr-defined]
