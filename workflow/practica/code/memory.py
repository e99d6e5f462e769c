"""What an earlier command found out about the code, for as long as no file of it changes.

Reading the syntax trees of a hundred modules takes a second, and every command of Snakemake needs what is in them.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from practica.code import syntax
from practica.errors import InputError
from practica.files import canonical_json, read_json, sha256, write_text
from practica.study_folder import cached, opened

NAME = "practica_code"
BYTECODE = "__pycache__"
"""The folder where Python keeps what it compiled, and we what we found out."""
ELSE = Path(".snakemake")
"""Where it is kept if that folder is missing or cannot be written to; nowhere before Snakemake has run here."""
OLD = 7 * 24 * 3600.0
"""Seconds after which what was found out about another study is removed: that study may be gone."""
SETTLED = 2.0
"""Seconds after which another change of a file cannot have the time stamp of the one before."""


def recall(key: str) -> Any:
    """Return what ``note`` was given for this key while the code was as it is now; None if there is nothing."""
    return _memory().kept.get(key)


def note(key: str, value: Any) -> None:
    """Keep a value that JSON can hold, for later commands."""
    _memory().new[key] = value


def file() -> Path:
    """Return the file of what was found out about the code of the package and of the open study."""
    beside = syntax.PACKAGE / BYTECODE
    folder = beside if os.access(beside, os.W_OK) else ELSE
    return (folder / f"{NAME}.{sha256(str(opened().resolve()))[:8]}.json").absolute()


def keep() -> None:
    """Write what has been noted so far: the jobs of a run begin long before the command that plans them ends."""
    _memory().save()


class _Memory:
    """The content of the file while the code is in its present state."""

    def __init__(self) -> None:
        # They are taken before any code is read, so what changes later has another stamp.
        stamps = sorted([*_stamps(syntax.PACKAGE.resolve()), *_stamps(opened().resolve())])
        self._state = sha256(canonical_json([sys.version, stamps]))
        self._settled = max(ctime for *_, ctime in stamps) < time.time_ns() - SETTLED * 1e9
        self._file, self._process = file(), os.getpid()
        self.kept = self._read()
        self.new: dict[str, Any] = {}
        atexit.register(self.save)

    def _read(self) -> dict[str, Any]:
        with suppress(InputError):
            content = read_json(self._file)
            if isinstance(content, dict) and content.get("code") == self._state:
                return dict(content["found"])
        return {}

    def save(self) -> None:
        """Write everything known if there is anything new, unless this process is a fork of the one that noted it."""
        if self.new and self._settled and os.getpid() == self._process and self._file.parent.is_dir():
            self.kept, self.new = self.kept | self.new, {}
            with suppress(InputError, OSError):
                write_text(self._file, canonical_json({"code": self._state, "found": self.kept}))
                for other in self._file.parent.glob(f"{NAME}.*.json"):
                    if other.stat().st_mtime < time.time() - OLD:
                        other.unlink()


@cached
def _memory() -> _Memory:
    return _Memory()


def _stamps(folder: Path) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield each file of the code below a folder with what changes when it is written or replaced."""
    for path in folder.iterdir():
        if path.suffix == ".py":
            stat = path.stat()
            yield str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
        elif not path.suffix and not path.name.startswith((".", "__")) and path.is_dir():
            yield from _stamps(path)
