"""A study's own LaTeX class and preamble for its PDFs, and the files that these use. Quick to import."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from practica.config.about import STUDY_FILE
from practica.config.study import Study
from practica.errors import InputError
from practica.files import read_text, write_text
from practica.words import section

ARTICLE = "article"
"""The class of a report if the study names no other."""
OPTIONS = ("11pt", "a4paper")
TWO_COLUMNS = "twocolumn"
"""The option with which a class sets text, titles and bibliography in two columns, as far as it knows it."""
PREAMBLE = "preamble.tex"
SUFFIXES = (".cls", ".clo", ".sty", ".def", ".cfg", ".pdf", ".png", ".jpg")
"""The files in the study's folder that a class or a preamble may read."""
COPIES = "own"
"""The folder, beside the document, in which LaTeX finds them."""


def latex(study: Study) -> Mapping[str, Any]:
    """Return the entry about the class in ``study.yaml``."""
    entry: Mapping[str, Any] = study.front.get("latex", {})
    return entry


def document_class(study: Study) -> tuple[str, list[str]]:
    """Return the class of the report and its options."""
    name = latex(study).get("class", ARTICLE)
    options = latex(study).get("options", OPTIONS if name == ARTICLE else ())
    two_columns = name != ARTICLE and study.config["report"]["columns"] == 2 and TWO_COLUMNS not in options
    return name, [*options, *[TWO_COLUMNS] * two_columns]


def decides_columns(study: Study) -> bool:
    """Return whether the class decides how many columns a page has."""
    return decides(study) or TWO_COLUMNS in document_class(study)[1]


def columns(study: Study) -> int:
    """Return in how many columns to set the text between figures and tables, which are as wide as the page."""
    return 1 if decides_columns(study) else int(study.config["report"]["columns"])


def decides(study: Study) -> bool:
    """Return whether a class other than ``article`` decides the look of pages, letters and headings."""
    return document_class(study)[0] != ARTICLE


def preamble(study: Study) -> Path | None:
    """Return the file that ends the preamble, if the study has one."""
    path = study.folder / PREAMBLE
    return path if path.is_file() else None


def files(study: Study) -> list[Path]:
    """Return the files in the study's folder that LaTeX may read besides the prose."""
    own = preamble(study)
    if not latex(study) and own is None:
        return []
    beside = (path for path in study.folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    return [*sorted(beside), *([own] if own else [])]


def copy(study: Study, folder: Path) -> dict[str, Path]:
    """Copy the files beside the document in ``folder``, replacing earlier ones; return them by their new names."""
    shutil.rmtree(folder / COPIES, ignore_errors=True)
    copies = {f"{COPIES}/{path.name}": path for path in files(study)}
    for name, path in copies.items():
        (folder / COPIES).mkdir(exist_ok=True)
        shutil.copyfile(path, folder / name)
    if (own := folder / COPIES / PREAMBLE).is_file():
        # If LaTeX reads ahead after the last line, it stays in this file.
        write_text(own, read_text(own).rstrip() + "\n\\relax\n")
    return copies


def mistakes(study: Study) -> Iterator[str]:
    """Yield the mistakes in the class and the preamble that can be found before LaTeX runs."""
    name = document_class(study)[0]
    # A cluster node, which only trains, may have another LaTeX, or none.
    here = "PRACTICA_CLUSTER_JOB" not in os.environ
    own_class = name == ARTICLE or (study.folder / f"{name}.cls").is_file()
    if not own_class and here and not _has(f"{name}.cls"):
        yield (
            f"{study.folder / STUDY_FILE}: latex.class: LaTeX has no class {name}: put {name}.cls into "
            f"{study.folder}, or install the package that has it"
        )
    for language in study.languages:
        file = babel_file(language)
        if file and here and not _has(file):
            yield (
                f"configuration: report.languages: LaTeX's babel has no {file} here: install it (Debian and Ubuntu: "
                f"texlive-lang-...), or write another option under language.babel in the words of {language!r}; "
                "with provide=* beside it, babel does without for most languages"
            )
    if (study.folder / PREAMBLE).exists():
        try:
            read_text(study.folder / PREAMBLE)
        except InputError as error:
            yield str(error)


def babel_file(language: str) -> str:
    """Return the file of LaTeX's babel that a language of the report needs; empty if babel generates the language."""
    options = [option.strip() for option in section("language", language)["babel"].split(",")]
    return "" if any(option.startswith("provide") for option in options) else f"{options[0]}.ldf"


@functools.cache
def _has(file: str) -> bool:
    """Return whether LaTeX has a file; True if LaTeX is not installed, because then nobody can tell."""
    if shutil.which("kpsewhich") is None:
        return True
    # Not in the working folder: LaTeX runs elsewhere and does not look there.
    process = subprocess.run(["kpsewhich", file], cwd="/", capture_output=True, text=True, check=False)
    return bool(process.stdout.strip())
