"""Read compressed files and archives of unknown origin in memory, whatever their suffix; nothing goes to disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypeVar

from practica.data.store.spec import BadContentError, MissingPartError

Member = TypeVar("Member")

SPREADSHEET = ("[Content_Types].xml", "content.xml")
"""Members of a zip file that is a spreadsheet: of Excel, or of LibreOffice."""
JUNK = ("__macosx", "desktop.ini", "thumbs.db")
WRAPPINGS = 2
ZIP = b"PK\x03\x04"
COMPRESSED: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
# NotImplementedError: a compression unknown to zipfile. RuntimeError: an encrypted member.
DAMAGE = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    lzma.LZMAError,
    tarfile.TarError,
    zlib.error,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


def unwrapped(path: Path, limit: int) -> bytes:
    """Return the content of a file, uncompressed, even twice; for a zip file, that of its only member.

    Raises:
        BadContentError: it is damaged, holds several files, or has more than ``limit`` bytes.
    """
    with damage_is_bad_content("file"), path.open("rb") as stream:
        return _unwrapped(stream, limit, WRAPPINGS)


def read_members(path: Path, names: Collection[str], limit: int) -> dict[str, bytes]:
    """Return the content of the members of a tar or zip file named ``folder/name``; all others are not read.

    Args:
        path: the archive, compressed or not.
        names: the members that must be there, as plain files, at the top or one folder deeper.
        limit: the largest possible size of the uncompressed archive, in bytes.

    Raises:
        BadContentError: the archive is damaged or too large, or a member is missing or is not a plain file.
    """
    with damage_is_bad_content("archive"):
        if beginning(path).startswith(ZIP):
            with zipfile.ZipFile(path) as zip_file:
                selection = _selection({info.filename: info for info in zip_file.infolist()}, names)
                if sum(info.file_size for info in selection.values()) > limit:
                    raise BadContentError(f"it unpacks to more than the possible {limit:,} bytes")
                return {name: zip_file.read(info) for name, info in selection.items()}
        data = unwrapped(path, limit)
        # The whole archive is in memory and bounded, so no header can make tarfile read more.
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            members = _selection({member.name: member for member in archive}, names)
            return {name: _content(archive, member) for name, member in members.items()}


def beginning(path: Path) -> bytes:
    """Return the first bytes of a file, which identify its format."""
    with path.open("rb") as stream:
        return stream.read(8)


@contextmanager
def damage_is_bad_content(kind: str) -> Iterator[None]:
    """Turn any error that a damaged file raises while it is read into ``BadContentError``."""
    try:
        yield
    except BadContentError:
        raise
    except DAMAGE as error:
        raise BadContentError(f"it is no whole {kind} ({error})") from error
    except OSError as error:
        if error.errno is not None:  # an error of the disk; errors of the content, from bz2, have no number
            raise
        raise BadContentError(f"it is no whole {kind} ({error})") from error


def _unwrapped(stream: IO[bytes], limit: int, wrappings: int) -> bytes:
    """Return the content inside at most this many layers of compression."""
    start = stream.read(8)
    stream.seek(0)
    opener = next((opener for magic, opener in COMPRESSED.items() if start.startswith(magic)), None)
    if wrappings and start.startswith(ZIP):
        with zipfile.ZipFile(stream) as archive, archive.open(_only_member(archive)) as inner:
            data = _bounded(inner, limit)
    elif wrappings and opener:
        with opener(stream, "rb") as inner:
            data = _bounded(inner, limit)
    else:
        return _bounded(stream, limit)
    return _unwrapped(io.BytesIO(data), limit, wrappings - 1)


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the one file in a zip file, ignoring what operating systems leave there."""
    members = [info for info in archive.infolist() if not (info.is_dir() or is_junk(info.filename))]
    if any(info.filename in SPREADSHEET for info in members):
        raise BadContentError("it is a spreadsheet; save the table as CSV")
    if len(members) != 1:
        raise BadContentError(f"the zip file holds {len(members)} files instead of one")
    return members[0]


def _bounded(stream: IO[bytes], limit: int) -> bytes:
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise BadContentError(f"it unpacks to more than the possible {limit:,} bytes")
    return data


def is_junk(name: str) -> bool:
    """Return whether a file is one that operating systems leave in archives: hidden, or a known name."""
    return any(part.startswith(".") or part.lower() in JUNK for part in PurePosixPath(name).parts)


def _selection(members: dict[str, Member], names: Collection[str]) -> dict[str, Member]:
    """Return the member for each name; it may lie in a folder, but not outside the archive."""
    selection: dict[str, Member] = {}
    for member, info in members.items():
        path = PurePosixPath(member)  # PurePosixPath drops ./
        if path.is_absolute() or ".." in path.parts or is_junk(member):
            continue
        for name in names:
            parts = PurePosixPath(name).parts
            if path.parts[-len(parts) :] == parts and len(path.parts) <= len(parts) + 1:
                selection.setdefault(name, info)
    missing = [name for name in names if name not in selection]
    if missing:
        raise MissingPartError(f"member {min(missing)} is missing", len(selection))
    return selection


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Return the bytes of a plain file: a link could lead to another member, a sparse file could fill the memory."""
    stream = archive.extractfile(member) if member.isreg() and not member.issparse() else None
    if stream is None:
        raise BadContentError(f"member {member.name} is no plain file")
    return stream.read()
