"""Pack the files of a study's runs, so that its reports can be rebuilt where nothing was trained."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.blocks import FILES, METRICS, train_again
from practica.evidence.timings import FOLDER, measured_file
from practica.files import atomic_path, read_json

ARCHIVE = "runs.zip"
ARRAYS = "arrays.npz"
MEMBER = re.compile(rf"runs/[\w-]+/[\w@-]+/[\w-]+/({'|'.join(map(re.escape, (*FILES, ARRAYS)))})|{FOLDER}/[\w-]+\.csv")
FORMER = re.compile(r"timing/[\w-]+\.json")
"""Times in the form of earlier versions, without the repetitions: they are measured again."""
LARGEST = 2**30  # bytes of all files together: far more than runs leave, far less than would fill a disk


def pack(study: Study, results: Path, path: Path) -> None:
    """Write the files of all finished blocks to the archive ``path``; equal files give equal archives.

    Raises:
        InputError: a file is missing or cannot be read.
    """
    with atomic_path(path) as part, zipfile.ZipFile(part, "w") as archive:
        for file in _files(study, results):
            try:
                content = _anonymous(read_json(file)) if file.name in FILES else file.read_bytes()
            except OSError as error:
                raise InputError(f"cannot read {file}: {error.strerror}; {train_again(file)}") from error
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise InputError(f"{file} is malformed; {train_again(file)}") from error
            # Without the file's own time: the archive depends only on content.
            member = zipfile.ZipInfo(file.relative_to(results).as_posix())
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)


def restore(path: Path, results: Path) -> int:
    """Extract the files of an archive into the folder ``results``; return how many blocks of runs they belong to.

    Nothing is overwritten, and nothing is written unless the whole archive can be.

    Raises:
        InputError: the archive cannot be read or holds unexpected files, or a file exists already.
    """
    contents = _contents(path)
    for name in contents:
        if (results / name).exists():
            raise InputError(f"{results / name} already exists: move {results} away, or name another with --results")
    # metrics.json comes last, so that its presence vouches for the others.
    for name in sorted(contents, key=lambda name: name.endswith(METRICS)):
        with atomic_path(results / name) as part:
            part.write_bytes(contents[name])
    return sum(name.endswith(METRICS) for name in contents)


def _files(study: Study, results: Path) -> Iterator[Path]:
    for block in study.blocks():
        folder = block.folder(results)
        if (folder / METRICS).is_file():
            yield from (folder / name for name in (*FILES, ARRAYS))
    yield from (path for path in (measured_file(results, each) for each in study.exercises) if path.is_file())


def _anonymous(content: Any) -> str:
    """Return a block's file as JSON without names of hosts and folders, which are private."""
    provenance = content["provenance"]
    origin = {"kind": provenance["data"]["origin"].get("kind", "")}
    provenance |= {"host": "", "data": provenance["data"] | {"origin": origin}}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _contents(path: Path) -> dict[str, bytes]:
    """Return the content of every file in the archive by its name."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not FORMER.fullmatch(member.filename)]
            for member in members:
                if not MEMBER.fullmatch(member.filename):
                    raise InputError(f"{path}: {member.filename!r} is not a file of a run: use the original archive")
            if (size := sum(member.file_size for member in members)) > LARGEST:
                raise InputError(f"{path} unfolds to {size:,} bytes, more than the possible {LARGEST:,}")
            return {member.filename: archive.read(member) for member in members}
    except FileNotFoundError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; `python -m practica reference` makes it") from error
    # NotImplementedError, RuntimeError: a compression unknown to zipfile, an encrypted member.
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path} is not a complete archive of runs ({error}): use the original archive") from error
