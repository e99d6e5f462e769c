"""Find the files on this machine that may hold a published data set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath

from practica.data.store.archives import ENDS, members, unpacked
from practica.data.store.decompression import is_junk
from practica.data.store.spec import Arrays, BadContentError, Form, Published, fingerprint

# Files beside a data set's file: the record of its origin, a file that is being written, one set aside.
BESIDE = re.compile(r"\..*|.*\.(origin\.json|part|partial|damaged-\d+)")


def candidates(spec: Published, folder: Path) -> Iterator[tuple[Form, Path]]:
    """Yield the files in ``folder`` that may hold the data set, by name, with their forms, published names first.

    Last come archives that hold such files beside others, and folders that are an unpacked archive. A name such as
    ``archive.zip`` does not identify a data set, so only those with a file that may hold this one are yielded.
    """
    earlier: set[Path] = set()
    yield from _new(_by_name(spec, folder), earlier)
    for path in _downloads(spec, folder):
        if path.is_dir():
            yield from _new(_anywhere(spec, path), earlier)
        # Listing a tar file takes as long as reading it.
        elif (path not in earlier or path.suffix.lower() == ".zip") and _may_hold(spec, members(path)):
            yield Form(path.name, partial(_read_packed, spec), in_place=True), path


def _new(candidates: Iterable[tuple[Form, Path]], earlier: set[Path]) -> Iterator[tuple[Form, Path]]:
    """Yield what is not among the ``earlier`` paths, and add it to them."""
    for form, path in candidates:
        if path not in earlier:
            earlier.add(path)
            yield form, path


def _by_name(spec: Published, folder: Path) -> Iterator[tuple[Form, Path]]:
    """Yield the files with the name of a form."""
    for form in spec.forms:
        for pattern in (form.name, *form.also):
            for path in _matches(folder, pattern):
                if form.in_place or not path.is_dir():
                    yield form, path


def _downloads(spec: Published, folder: Path) -> list[Path]:
    """Return archives and folders that are named ``archive``, as by Kaggle, or after the data set or its files."""
    names = [form.name for form in spec.forms] + [name for form in spec.forms for name in form.also if "/" not in name]
    stems = {"archive", spec.name, *(name.partition(".")[0].rstrip("*") for name in names)}
    paths = [path for stem in sorted(stems) if stem for path in _matches(folder, f"{stem}*")]
    return [path for path in dict.fromkeys(paths) if path.is_dir() or path.name.lower().endswith(ENDS)]


def _anywhere(spec: Published, folder: Path) -> Iterator[tuple[Form, Path]]:
    """Yield the files that may hold the data set in a folder and its subfolders."""
    inner = (path for path in folder.rglob("*") if path.is_dir() and not is_junk(str(path.relative_to(folder))))
    for place in (folder, *sorted(inner)):
        yield from _by_name(spec, place)
        yield from _by_parts(spec, place, {path.name for path in place.iterdir()})


def _by_parts(spec: Published, folder: Path, names: Set[str]) -> Iterator[tuple[Form, Path]]:
    """Yield a folder if the names in it are those of all parts of a form."""
    yield from ((form, folder) for form in spec.forms if any(names >= set(each) for each in form.parts))


def _may_hold(spec: Published, files: Sequence[PurePosixPath]) -> bool:
    """Return whether the files in an archive may hold the data set."""
    names: dict[PurePosixPath, set[str]] = {}
    for file in files:
        names.setdefault(file.parent, set()).add(file.name)
    by_parts = any(any(_by_parts(spec, Path(folder), inside)) for folder, inside in names.items())
    return by_parts or any(_may_be(spec, file) for file in files)


def _may_be(spec: Published, member: PurePosixPath) -> bool:
    """Return whether a file in an archive, or a folder that holds it, has the name of a form."""
    names = [name for form in spec.forms for name in (form.name, *form.also)]
    for path in (member, *member.parents):
        for name in names:
            parts = name.split("/")
            if path.parts and all(map(_is_called, path.parts[-len(parts) :], parts)) and len(path.parts) >= len(parts):
                return True
    return False


def _read_packed(spec: Published, path: Path) -> Arrays:
    """Return the data set from the first file in an archive that holds it; otherwise the first arrays that can be read.

    Raises:
        BadContentError: no file in it can be read.
    """
    other: Arrays | None = None
    problem = BadContentError("it holds no file of the data set")
    with unpacked(path) as folder:
        for form, inner in _anywhere(spec, folder):
            try:
                arrays = form.read(inner)
            except BadContentError as error:
                problem = BadContentError(f"{inner.relative_to(folder)}: {error}")
                continue
            if fingerprint(arrays) == spec.fingerprint:
                return arrays
            other = other or arrays
    if other is None:
        raise problem
    return other


def _matches(folder: Path, pattern: str) -> list[Path]:
    """Return the paths under ``folder`` that match each part of the pattern, ignoring case."""
    places = [folder]
    for part in pattern.split("/"):
        inner = [child for place in places if place.is_dir() for child in sorted(place.iterdir())]
        places = [child for child in inner if _is_called(child.name, part)]
    return places


def _is_called(name: str, pattern: str) -> bool:
    return fnmatchcase(name.lower(), pattern.lower()) and not BESIDE.fullmatch(name)
