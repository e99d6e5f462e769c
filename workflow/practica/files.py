"""Write files whole or not at all, JSON where wanted checked against its schema, and read it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from practica.errors import InputError, RunError

SCHEMAS = Path(__file__).parents[1] / "schemas"


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder that becomes ``path`` when the block ends without an error.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise InputError(
            f"cannot write to {path.parent}: {error.strerror}; choose another folder or its rights"
        ) from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        # mkstemp makes private files; results are for everyone whom the umask allows.
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        # A rename is atomic, but only flushed data survives a power cut.
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` whole or not at all."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")


def canonical_json(value: Any) -> str:
    """Return ``value`` as one line of JSON with sorted keys: equal values give equal strings."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as indented JSON, whole or not at all; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_checked(path: str | Path, value: Any) -> None:
    """Write ``value`` as JSON after checking it against the schema of that file name.

    Raises:
        RunError: the value does not fit the schema.
    """
    path = Path(path)
    try:
        jsonschema.validate(value, _schema(path.stem))
    except jsonschema.ValidationError as error:
        raise RunError(f"{path}: {'.'.join(map(str, error.absolute_path))}: {error.message}") from error
    write_json(path, value)


@cache
def _schema(name: str) -> Any:
    return read_json(SCHEMAS / f"{name}.schema.json")


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error}); delete it and run again") from error


def say(text: str) -> None:
    """Print a line at once; what a full disk does not take is left unsaid: a log is not worth a run."""
    with suppress(OSError):
        print(text, flush=True)


def sha256(data: bytes | str) -> str:
    """Return the hexadecimal SHA-256 of ``data``."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
