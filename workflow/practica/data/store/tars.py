"""Read members of ``.tar.gz`` files of unknown origin in memory; nothing is ever unpacked to disk."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Collection
from pathlib import Path

from practica.data.store.spec import BadContentError


def read_members(path: Path, names: Collection[str], limit: int) -> dict[str, bytes]:
    """Return the content of the members with exactly these names; all others are left unread.

    Args:
        path: the ``.tar.gz`` file.
        names: the members that must be there, as plain files.
        limit: the largest possible size of the uncompressed archive, in bytes.

    Raises:
        BadContentError: the archive is damaged or too large, or a member is missing or is no plain file.
    """
    try:
        with gzip.open(path) as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise BadContentError(f"it unpacks to more than the possible {limit:,} bytes")
        # The whole archive is in memory and bounded, so no header can make tarfile read more than that.
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            return {member.name: _content(archive, member) for member in _chosen(archive, names)}
    except (gzip.BadGzipFile, tarfile.TarError, zlib.error, EOFError, ValueError) as error:
        raise BadContentError(f"it is no whole .tar.gz file ({error})") from error


def _chosen(archive: tarfile.TarFile, names: Collection[str]) -> list[tarfile.TarInfo]:
    """Return the members with these names."""
    chosen = [member for member in archive if member.name in names]
    missing = set(names) - {member.name for member in chosen}
    if missing:
        raise BadContentError(f"member {min(missing)} is missing")
    return chosen


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Return the bytes of a plain file: a link could lead to another member, a sparse file fill the memory."""
    stream = archive.extractfile(member) if member.isreg() and not member.issparse() else None
    if stream is None:
        raise BadContentError(f"member {member.name} is no plain file")
    return stream.read()
