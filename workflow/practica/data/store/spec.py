"""The specification of a data set, which its module states."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from practica.errors import InputError

Arrays = dict[str, NDArray[Any]]

# The only sites from which data are fetched unasked. Tests point them at a server on the loopback device.
UPSTREAM_BASES = {
    "keras": "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "toronto": "https://www.cs.toronto.edu/~kriz/",
    # Pinned to a commit: a branch may change under us.
    "jbrownlee": "https://raw.githubusercontent.com/jbrownlee/Datasets/d20fcb6402ae34e653d4513b00f39257bb37ed7f/",
}


class BadContentError(InputError):
    """A file does not hold what it should; the caller says which file."""


class OtherContentError(BadContentError):
    """A file can be read, but its content is not the published data set."""

    def __init__(self, difference: str) -> None:
        super().__init__(f"it can be read, but its content is not that of the published data set ({difference})")


class MissingPartError(BadContentError):
    """A part is missing in an archive or folder, which may hold the data set in another form.

    Attributes:
        others: how many of the other parts are there.
    """

    def __init__(self, message: str, others: int) -> None:
        super().__init__(message)
        self.others = others


@dataclass(frozen=True)
class Upstream:
    """A file at the original site: ``UPSTREAM_BASES[base] + path``, with its known SHA-256."""

    base: str
    path: str
    sha256: str

    @property
    def url(self) -> str:
        """Return the address of the file."""
        return UPSTREAM_BASES[self.base] + self.path


@dataclass(frozen=True)
class Form:
    """A file that holds a whole data set, and how to read it.

    ``read`` returns the canonical arrays and raises ``BadContentError`` if the file is not as it should be. Formats are
    recognised by their content: names only say where to look.

    Attributes:
        name: the file's name, also on a mirror that is a web address.
        read: the reader.
        upstream: the file at the original site.
        in_place: whether it is a folder, or the first of several files, and is read where it lies.
        also: other names, as case-insensitive patterns, of files or (``a/b``) of files in folders.
        parts: for each version of a form that is a folder, the files by which it is recognised under any name.
    """

    name: str
    read: Callable[[Path], Arrays]
    upstream: Upstream | None = None
    in_place: bool = False
    also: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Published:
    """A data set that has to be fetched: its forms in order of preference, its known content, and its stand-in."""

    name: str
    fingerprint: str
    forms: tuple[Form, ...]
    stand_in: Callable[[], Arrays]

    def read(self, form: Form, path: Path) -> Arrays:
        """Read ``path`` and return its arrays if, and only if, they are this data set.

        Raises:
            BadContentError: the file cannot be read as ``form``.
            OtherContentError: it holds something else.
        """
        try:
            arrays = form.read(path)
        except OtherContentError:
            raise
        except BadContentError as error:
            raise BadContentError(f"it cannot be read: {error}") from error
        if (digest := fingerprint(arrays)) != self.fingerprint:
            raise OtherContentError(f"fingerprint {digest}")
        return arrays


@dataclass(frozen=True)
class Computed:
    """A data set that is computed by a rule."""

    name: str
    fingerprint: str
    rule: str
    compute: Callable[[], Arrays]


Spec = Published | Computed


def fingerprint(arrays: Arrays) -> str:
    """Return the SHA-256 over name, dtype, shape and bytes of all arrays, in the order of their names.

    It depends only on the content: not on the file format, the compression or the source of the data.
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()
