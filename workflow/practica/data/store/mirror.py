"""Where data sets may be on this machine: a mirror, however its name is written, and Keras' download folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from practica.errors import InputError

WEB = ("http://", "https://")


def local_folder(mirror: str) -> Path | None:
    """Return the folder of a mirror given as a path, with ``~`` or as ``file://``; None if it is a web address."""
    if mirror.lower().startswith(WEB):
        return None
    path = mirror
    if mirror.lower().startswith("file:"):
        path = unquote(mirror[len("file:") :])
        if path.startswith("//"):
            path = path.removeprefix("//").removeprefix("localhost")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # ~nobody
        raise InputError(f"the data mirror {mirror}: {error}".rstrip(".")) from error


def check_mirror(mirror: str) -> None:
    """Refuse a mirror that is neither a folder nor a web address.

    Raises:
        InputError: the message says where to name a mirror.
    """
    folder = local_folder(mirror)
    # os.path: Path.is_dir raises if a name is too long.
    if not (os.path.isdir(folder) if folder else _is_address(mirror)):  # noqa: PTH112
        raise InputError(
            f"the data mirror {mirror} is neither a folder nor an http(s) address: correct data.mirror or "
            "PRACTICA_DATA_MIRROR, or leave it empty"
        )


def _is_address(url: str) -> bool:
    """Return whether a web address names a host, and a port if any, as it must."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and not re.search(r"\s", url) and parts.port != 0
    except ValueError:  # brackets, or a port that is none
        return False


def same_mirror(mirror: str | None) -> str:
    """Return one spelling for all names of the same mirror."""
    folder = local_folder(mirror) if mirror else None
    return os.path.realpath(folder) if folder else (mirror or "").rstrip("/")


def keras_folder() -> Path:
    """Return the folder in which Keras keeps downloaded data sets."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path("~/.keras").expanduser()) / "datasets"
