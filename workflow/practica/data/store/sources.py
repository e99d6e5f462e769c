"""Find the files on this machine that may hold a published data set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from practica.data.store.spec import Form, Published

# What stands beside a data set's file: the record of its origin, a file that is being written, one set aside.
BESIDE = re.compile(r"\..*|.*\.(origin\.json|part|partial|damaged-\d+)")


def candidates(spec: Published, folder: Path) -> Iterator[tuple[Form, Path]]:
    """Yield what may be the data set in ``folder``, by its names, each with its form; the published names first."""
    told = set()
    for form in spec.forms:
        for pattern in (form.name, *form.also):
            for path in _matches(folder, pattern):
                if path not in told and (form.in_place or not path.is_dir()):
                    told.add(path)
                    yield form, path


def _matches(folder: Path, pattern: str) -> list[Path]:
    """Return the paths under ``folder`` that match, whatever their case, each part of the pattern."""
    places = [folder]
    for part in pattern.split("/"):
        inner = [child for place in places if place.is_dir() for child in sorted(place.iterdir())]
        places = [child for child in inner if _is_called(child.name, part)]
    return places


def _is_called(name: str, pattern: str) -> bool:
    return fnmatchcase(name.lower(), pattern.lower()) and not BESIDE.fullmatch(name)
