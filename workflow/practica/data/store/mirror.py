"""Where data sets may be on this machine: a mirror, however it is named, and Keras' download folder."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from practica.errors import InputError

WEB = ("http://", "https://")


def local_folder(mirror: str) -> Path | None:
    """Return the folder that a mirror names as a path, with ``~`` or as ``file://``; None where it is a web address."""
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
        InputError: the message says where mirrors are named.
    """
    folder = local_folder(mirror)
    # os.path: Path.is_dir raises where a name is too long.
    usable = os.path.isdir(folder) if folder else mirror.partition("://")[2].strip("/ ") != ""  # noqa: PTH112
    if not usable:
        raise InputError(
            f"the data mirror {mirror} is neither a folder nor an http(s) address: correct data.mirror or "
            "PRACTICA_DATA_MIRROR, or leave it empty"
        )


def same_mirror(mirror: str | None) -> str:
    """Return one spelling for all that name the same mirror."""
    folder = local_folder(mirror) if mirror else None
    return os.path.realpath(folder) if folder else (mirror or "").rstrip("/")


def keras_folder() -> Path:
    """Return the folder in which Keras keeps the data sets that it has downloaded."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path("~/.keras").expanduser()) / "datasets"
