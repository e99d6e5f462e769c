"""Checksums of everything that a study has made, in the format of ``sha256sum``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from practica.errors import InputError
from practica.files import write_text

SUMS = "SHA256SUMS"
CRATE = "crate.zip"
DEPOSIT = "deposit"
PASSING = ("logs", "journal", "checkpoints", "paper", "refused", "tensorboard", DEPOSIT, SUMS, CRATE)
"""Not results: they change from run to run, or are made from the results."""


def result_files(results: Path) -> Iterator[str]:
    """Yield the names of all results, relative to their folder, in order; links are not results."""
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_file() and not path.is_symlink() and not hidden and name.parts[0] not in PASSING:
            yield name.as_posix()


def digest(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_sums(results: Path) -> int:
    """Write ``SHA256SUMS`` into the results folder and return how many files it lists.

    Raises:
        InputError: there are no results.
    """
    lines = [f"{digest(results / name)}  {name}\n" for name in result_files(results)]
    if not lines:
        raise InputError(f"there are no results in {results}: run the study, or name its folder with --results")
    write_text(results / SUMS, "".join(lines))
    return len(lines)
