"""Bad input that a job refuses, recorded for the workflow, which then ends with these sentences and exit code 2.

Snakemake ends with exit code 1 for every failed job. A job that refuses leaves its sentences in the folder ``refused``
of the results, and the workflow raises them at its end.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from practica.errors import InputError
from practica.files import read_text, write_text

FOLDER = "refused"


def refusal_file(results: str | Path, job: str) -> Path:
    """Return the file in which the job ``job`` records what it refuses."""
    return Path(results) / FOLDER / f"{job}.txt"


@contextmanager
def recording(file: Path | None) -> Iterator[None]:
    """Record in ``file``, if one is given, what is refused within; forget what an earlier attempt has refused."""
    if file:
        file.unlink(missing_ok=True)
    try:
        yield
    except InputError as error:
        if file:
            write_text(file, str(error))
        raise


def forget_refusals(results: str | Path) -> None:
    """Forget what jobs of an earlier run have refused."""
    shutil.rmtree(Path(results) / FOLDER, ignore_errors=True)


def refuse(results: str | Path) -> None:
    """Raise ``InputError`` with what jobs of this run have refused, if any have."""
    if files := sorted((Path(results) / FOLDER).glob("*.txt")):
        raise InputError("\npractica: ".join(map(read_text, files)))
