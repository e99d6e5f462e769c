"""A finished study as a folder ready for Zenodo: crate, reports, and metadata collected from the study and the code.

Metadata: https://developers.zenodo.org/#representation, in the form of ``.zenodo.json``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from practica.config.citation import PLACEHOLDER, citation
from practica.config.front import Author, abstract, authors, keywords
from practica.config.study import Study
from practica.errors import InputError
from practica.exports.codecheck import CODECHECK, codecheck
from practica.exports.crate import write_crate
from practica.exports.sums import DEPOSIT, SUMS, digest
from practica.files import atomic_path, read_text, write_json, write_text
from practica.reference.condense import caveats

METADATA = ".zenodo.json"


def write_deposit(study: Study, results: Path) -> Path:
    """Write the folder ``deposit`` into the results folder and return its path.

    Raises:
        InputError: the study has no results yet, or the citation file lacks something.
    """
    metadata, source = zenodo(study, results), citation()
    crate = write_crate(study, results)
    reports = [path for pattern in ("*.pdf", "report.zip") for path in sorted(results.glob(pattern))]
    files = {path.name: path for path in (crate, *reports, source.file)}
    folder = results / DEPOSIT
    folder.mkdir(exist_ok=True)
    names = sorted([*files, CODECHECK, METADATA])
    _clear(folder, names)
    for name, path in files.items():
        with atomic_path(folder / name) as part:
            shutil.copyfile(path, part)
    write_json(folder / METADATA, metadata)
    write_text(folder / CODECHECK, codecheck(study, results))
    write_text(folder / SUMS, "".join(f"{digest(folder / name)}  {name}\n" for name in names))
    return folder


def _clear(folder: Path, names: Sequence[str]) -> None:
    """Delete the files of an earlier deposit that this one does not have.

    Raises:
        InputError: the folder holds other files.
    """
    sums = folder / SUMS
    earlier = [line.partition("  ")[2] for line in read_text(sums).splitlines()] if sums.is_file() else []
    stale = [path for path in sorted(folder.iterdir()) if path.name not in (*names, SUMS)]
    if strange := [path for path in stale if path.name not in earlier]:
        raise InputError(f"{strange[0]} is not of the deposit, and all in there is published: move it elsewhere")
    for path in stale:
        path.unlink()


def zenodo(study: Study, results: Path) -> Mapping[str, Any]:
    """Return the metadata: the study's own, those of its code from CITATION.cff, and notes on its runs."""
    notes = caveats(study, results)
    language = study.languages[0]
    source = citation()
    return {
        "upload_type": "dataset",
        "title": study.heading(language),
        "creators": [_creator(each) for each in authors(study, language) or source.authors],
        "description": abstract(study, language) or study.heading(language),
        "keywords": list(keywords(study, language)),
        **({"notes": notes} if notes else {}),
        "access_right": "open",
        "license": source.license.lower(),
        "version": source.version,
        "related_identifiers": [
            {"identifier": source.address, "relation": "isDerivedFrom", "resource_type": "software"}
        ],
    }


def open_items(study: Study) -> list[str]:
    """Return what is still to be written before the deposit can be published."""
    source = citation()
    needless = {"authors"} if authors(study, study.languages[0]) else set()
    file = os.path.relpath(source.file)  # that of the code, which may lie elsewhere than the study
    return [f"{file}: {key} is {PLACEHOLDER}" for key in source.placeholders if key not in needless]


def _creator(author: Author) -> dict[str, str]:
    entry = {"name": author.name} | ({"affiliation": author.affiliation} if author.affiliation else {})
    return entry | ({"orcid": author.orcid.rpartition("/")[2]} if author.orcid else {})
