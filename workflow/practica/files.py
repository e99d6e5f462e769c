"""Write files whole or not at all, and write and read JSON, optionally checked against its schema."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

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
        # mkstemp creates private files; results are for everyone whom the umask allows.
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
    if reason := misfit(value, path.stem):
        raise RunError(f"{path}: {reason}")
    write_json(path, value)


def misfit(value: Any, schema: str) -> str:
    """Return where and why ``value`` does not fit the schema of that name; empty if it fits."""
    error = jsonschema.exceptions.best_match(_validator(schema).iter_errors(value))
    if error is None:
        return ""
    message = error.message if len(error.message) <= 200 else f"{error.message[:100]}...{error.message[-90:]}"
    return ": ".join(filter(None, (".".join(map(str, error.absolute_path)), message)))


@cache
def _validator(name: str) -> Any:
    return _Validator(read_json(SCHEMAS / f"{name}.schema.json"))


def _items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    """Check all numbers of a list at once: a history has so many that checking each takes seconds."""
    if items == {"type": "number"} and isinstance(instance, list) and {int, float}.issuperset(map(type, instance)):
        return
    yield from jsonschema.Draft202012Validator.VALIDATORS["items"](validator, items, instance, schema)


_Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"items": _items})


def read_checked(path: str | Path, schema: str = "") -> Any:
    """Read a JSON file that fits the schema of that name, by default the file's own.

    Raises:
        InputError: the file is missing, is not JSON or does not fit.
    """
    content = read_json(path)
    if reason := misfit(content, schema or Path(path).stem):
        raise InputError(f"{path} is malformed ({reason}); delete it and run again")
    return content


def read_json(path: str | Path) -> Any:
    """Read a JSON file; numbers that are not finite, or too large for a machine word, are refused.

    Raises:
        InputError: the file is missing or is not JSON.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        return json.loads(text, parse_constant=_refuse_number, parse_float=_finite, parse_int=_machine_word)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error}); delete it and run again") from error


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is not a number that a file of this project can hold")


def _finite(text: str) -> float:
    return value if math.isfinite(value := float(text)) else _refuse_number(text)


def _machine_word(text: str) -> int:
    return value if len(text) < 20 and abs(value := int(text)) < 2**63 else _refuse_number(text)


def read_text(path: str | Path) -> str:
    """Read a text that a person has written.

    Raises:
        InputError: the file is missing or is not text in UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"{path}, line {line}: a byte that is not UTF-8; save the file in that encoding") from error


def say(text: str) -> None:
    """Print a line immediately; if the disk is full, drop it, because a log is not worth a run."""
    with suppress(OSError):
        print(text, flush=True)


def sha256(data: bytes | str) -> str:
    """Return the hexadecimal SHA-256 of ``data``."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
