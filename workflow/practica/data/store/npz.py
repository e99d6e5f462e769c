"""Read ``.npz`` files of unknown origin: every member must have exactly the type and shape that is expected."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from practica.data.store.pickles import unpickle_plain
from practica.data.store.spec import Arrays, BadContentError

HEADER_LIMIT = 4096
OBJECTS_LIMIT = 64 * 2**20  # IMDB's pickled reviews take 14 MB


def read_arrays(path: Path, expected: Mapping[str, tuple[str, tuple[int, ...]]]) -> Arrays:
    """Return the members of the ``.npz`` file ``path`` named in ``expected`` as ``{name: (dtype, shape)}``.

    Raises:
        BadContentError: the file is damaged, or a member is missing or has another type or shape.
    """
    with _archive(path) as archive:
        return {name: _numbers(archive, name, np.dtype(dtype), shape) for name, (dtype, shape) in expected.items()}


def read_object_list(path: Path, name: str, count: int) -> list[Any]:
    """Return the one-dimensional object array ``name`` of ``path`` as a list of ``count`` plain objects.

    Raises:
        BadContentError: the file is damaged, or the member is missing or is anything else.
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
    """Open a zip file; whatever is wrong with it while it is read is bad content."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    # NotImplementedError, RuntimeError: a compression unknown to zipfile, an encrypted member.
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise BadContentError(f"it is no whole .npz file ({error})") from error


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> IO[bytes]:
    """Open the array ``name``, which may take at most ``limit`` bytes: zipfile never yields more than is declared."""
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise BadContentError(f"array {name} is missing") from None
    if info.file_size > limit:
        raise BadContentError(f"array {name} takes {info.file_size:,} bytes, more than the possible {limit:,}")
    return archive.open(info)


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, Fortran order and dtype of the array that begins here."""
    if np.lib.format.read_magic(stream) != (1, 0):
        raise BadContentError(f"array {name} has an unknown format")
    return np.lib.format.read_array_header_1_0(stream, max_header_size=HEADER_LIMIT)


def _numbers(archive: zipfile.ZipFile, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return a numeric array; nothing is allocated before its header is known to be right."""
    size = math.prod(shape) * dtype.itemsize
    with _member(archive, name, size + HEADER_LIMIT) as stream:
        found_shape, fortran, found_dtype = _header(stream, name)
        if (found_dtype, found_shape) != (dtype, shape):
            raise BadContentError(f"array {name} is {found_dtype} {found_shape} instead of {dtype} {shape}")
        data = stream.read()
    if len(data) != size:
        raise BadContentError(f"array {name} has {len(data):,} bytes instead of {size:,}")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
