"""Look into archives that hold the files of a data set, as sites offer them to those who download a whole folder."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from practica.data.store.decompression import DAMAGE, ZIP, beginning, damage_is_bad_content, is_junk
from practica.data.store.spec import BadContentError

ENDS = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
LIMIT = 2**31  # bytes
MOST = 10_000  # members; no reader takes images one by one


def members(path: Path) -> list[PurePosixPath]:
    """Return the plain files in an archive; none if it cannot be read, which its readers report."""
    try:
        if beginning(path).startswith(ZIP):
            with zipfile.ZipFile(path) as zip_file:
                names = [info.filename for info in zip_file.infolist() if not info.is_dir()]
        else:
            with tarfile.open(path) as archive:
                names = [member.name for member in archive if member.isreg()]
    except (OSError, *DAMAGE):
        return []
    return [inside for name in names if (inside := _inside(name))]


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack the plain files of an archive into a temporary folder.

    Raises:
        BadContentError: the archive is damaged, or unpacks to more than the limit.
    """
    with tempfile.TemporaryDirectory(prefix="practica-") as folder:
        with damage_is_bad_content("archive"):
            _unpack(path, Path(folder))
        yield Path(folder)


def _unpack(path: Path, folder: Path) -> None:
    if beginning(path).startswith(ZIP):
        with zipfile.ZipFile(path) as zip_file:
            infos = [info for info in zip_file.infolist() if not info.is_dir()]
            _check_size(len(infos), sum(info.file_size for info in infos))
            for info in infos:
                if inside := _inside(info.filename):
                    with zip_file.open(info) as stream:
                        _write(stream, folder / inside)
        return
    with tarfile.open(path) as archive:
        count = size = 0
        for member in archive:
            count, size = count + 1, size + member.size
            _check_size(count, size)  # before the next one is reached
            inside = _inside(member.name)
            if inside and member.isreg() and not member.issparse() and (file := archive.extractfile(member)):
                _write(file, folder / inside)


def _check_size(count: int, size: int) -> None:
    if count > MOST or size > LIMIT:
        raise BadContentError(f"it unpacks to {count:,} files of {size:,} bytes, more than the possible {LIMIT:,}")


def _inside(name: str) -> PurePosixPath | None:
    """Return the path of a member in its archive; None if it lies outside, or is junk left by an operating system."""
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts or "\\" in name
    return None if outside or is_junk(name) else path


def _write(stream: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file)
