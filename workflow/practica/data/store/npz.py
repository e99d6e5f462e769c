"""Read ``.npz`` files of unknown origin: each member must hold the expected numbers, stored as any type."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from practica.data.store.array_names import canonical
from practica.data.store.conversion import CLASSES, as_expected
from practica.data.store.decompression import damage_is_bad_content
from practica.data.store.pickles import unpickle_plain
from practica.data.store.spec import Arrays, BadContentError

HEADER_LIMIT = 4096
WIDEST = 8  # bytes a number
OBJECTS_LIMIT = 64 * 2**20  # a set of 50,000 texts as pickled lists takes 14 MB


def read_arrays(path: Path, expected: Mapping[str, tuple[str, tuple[int, ...]]]) -> Arrays:
    """Return the members of the ``.npz`` file ``path`` named in ``expected`` as ``{name: (dtype, shape)}``.

    Raises:
        BadContentError: the file is damaged, a member is missing, or its numbers do not fit the type or shape.
    """
    with _archive(path) as archive:
        return {name: _numbers(archive, name, np.dtype(dtype), shape) for name, (dtype, shape) in expected.items()}


def read_object_list(path: Path, name: str, count: int) -> list[Any]:
    """Return the one-dimensional object array ``name`` of ``path`` as a list of ``count`` plain objects.

    Raises:
        BadContentError: the file is damaged, or the member is missing or is something else.
    """
    with _archive(path) as archive, _member(archive, name, OBJECTS_LIMIT) as stream:
        shape, _, dtype = _header(stream, name)
        if (dtype, shape) != (np.dtype(object), (count,)):
            raise BadContentError(f"array {name} is {dtype} {shape} instead of object ({count},)")
        objects = unpickle_plain(stream)
    if not isinstance(objects, list) or len(objects) != count:
        raise BadContentError(f"array {name} does not hold {count} objects")
    return objects


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file; any error while it is read becomes ``BadContentError``."""
    with damage_is_bad_content(".npz file"), zipfile.ZipFile(path) as archive:
        yield archive


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> IO[bytes]:
    """Open the array ``name``, which may take at most ``limit`` bytes: zipfile never yields more than is declared."""
    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    if (info := members.get(name) or {canonical(other): each for other, each in members.items()}.get(name)) is None:
        raise BadContentError(f"array {name} is missing (it holds {', '.join(members)[:80]})")
    if info.file_size > limit:
        raise BadContentError(f"array {name} takes {info.file_size:,} bytes, more than the possible {limit:,}")
    return archive.open(info)


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, Fortran order and dtype of the array that begins here."""
    match np.lib.format.read_magic(stream):
        case (1, 0):
            return np.lib.format.read_array_header_1_0(stream, max_header_size=HEADER_LIMIT)
        case (2, 0):
            return np.lib.format.read_array_header_2_0(stream, max_header_size=HEADER_LIMIT)
    raise BadContentError(f"array {name} has an unknown format")


def _numbers(archive: zipfile.ZipFile, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return a numeric array; nothing is allocated before its header has been checked."""
    widest = WIDEST * (CLASSES if len(shape) == 1 and dtype.kind in "iu" else 1)
    with _member(archive, name, math.prod(shape) * widest + HEADER_LIMIT) as stream:
        found_shape, fortran, found_dtype = _header(stream, name)
        if found_dtype.kind not in "biuf":
            raise BadContentError(f"array {name} is {found_dtype} instead of numbers")
        data = stream.read()
    size = math.prod(found_shape) * found_dtype.itemsize
    if len(data) != size:
        raise BadContentError(f"array {name} has {len(data):,} bytes instead of {size:,}")
    array = np.frombuffer(data, found_dtype).reshape(found_shape, order="F" if fortran else "C")
    return as_expected(array, name, dtype, shape)
