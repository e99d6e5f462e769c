"""The works that the report cites, typeset by natbib and BibTeX from ``references.bib``, in the report's language."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from practica.errors import InputError
from practica.files import read_text, write_text
from practica.words import section

REFERENCES = "references.bib"
STYLE = "plainnat"
CITATION = re.compile(r"\\cite[a-z]*\*?(?:\[[^\]]*\])*\{(?P<keys>[^}]*)\}")


def bibliography(folder: Path, report: Path, language: str, prose: str) -> str:
    """Put BibTeX's files into ``folder``, and return the LaTeX of the list; empty if the prose cites nothing.

    Raises:
        InputError: the file of the works is missing, or lacks one that the prose cites.
    """
    keys = cited_keys(prose)
    if not keys:
        return ""
    file, entries = report / REFERENCES, works(report)
    if not file.is_file():
        raise InputError(f"the prose cites {keys[0]!r} and needs {file}")
    unknown = [key for key in keys if key not in entries]
    if unknown:
        raise InputError(f"the prose cites {unknown[0]!r}, which {file} does not hold; it holds {', '.join(entries)}")
    shutil.copyfile(file, folder / REFERENCES)
    write_text(folder / "words.bst", _style(language))
    return r"\FloatBarrier\bibliographystyle{words}\bibliography{references}\addcontentsline{toc}{section}{\refname}"


def cited_keys(prose: str) -> list[str]:
    """Return the keys of the works that the prose cites."""
    return [key.strip() for citation in CITATION.finditer(prose) for key in citation["keys"].split(",")]


def works(folder: Path) -> list[str]:
    """Return the keys of the works that a study lists; none if it has no such file."""
    file = folder / REFERENCES
    return re.findall(r"^@\w+\{([^,]+),", read_text(file), re.MULTILINE) if file.is_file() else []


def _style(language: str) -> str:
    """Return the bibliography style with the words of the language."""
    try:
        location = subprocess.run(["kpsewhich", f"{STYLE}.bst"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise InputError(f"LaTeX lacks natbib's {STYLE}.bst: run `make latex`, or load your cluster's TeX") from error
    text = Path(location.stdout.strip()).read_text(encoding="utf-8", errors="replace")
    words = section("bibliography", language)
    for english, own in words.get("words", {}).items():
        text = text.replace(f'"{english}"', f'"{own}"')
    if not words["comma_before_and"]:
        text = text.replace('{ "," * }', "'skip$")
    return text
