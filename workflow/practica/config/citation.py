"""The code's citation from CITATION.cff, which every publication repeats: people, address, licence, version."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from practica.config.front import Author
from practica.errors import InputError
from practica.yamlfiles.reading import read_yaml

FILE = Path(__file__).parents[3] / "CITATION.cff"
PLACEHOLDER = "PLACEHOLDER"


class Citation(NamedTuple):
    """How to cite the code, from ``file``; ``placeholders`` are the keys whose values are still to be written."""

    file: Path
    title: str
    version: str
    license: str
    address: str
    authors: tuple[Author, ...]
    placeholders: tuple[str, ...]


def citation() -> Citation:
    """Read the project's citation file.

    Raises:
        InputError: it is missing, malformed, or lacks a key that a publication needs.
    """
    file, content = FILE, read_yaml(FILE)
    keys = ("title", "version", "license", "repository-code", "authors")
    if absent := [key for key in keys if not content.get(key)]:
        raise InputError(f"{file}: {absent[0]} is missing: write it")
    people = content["authors"]
    if not isinstance(people, list) or not all(isinstance(each, dict) and _name(each) for each in people):
        raise InputError(f"{file}: authors: give each family-names and given-names, or a name")
    return Citation(
        file,
        title=str(content["title"]),
        version=str(content["version"]),
        license=str(content["license"]),
        address=str(content["repository-code"]),
        authors=tuple(Author(_name(each), each.get("affiliation", ""), each.get("orcid", "")) for each in people),
        placeholders=tuple(key for key in keys if PLACEHOLDER in str(content[key])),
    )


def repository() -> str:
    """Return the web address of the project's code; "" as long as CITATION.cff names none, or cannot be read."""
    try:
        record = citation()
    except InputError:  # `practica doctor` names the mistake
        return ""
    has_address = record.address.startswith("https://") and "repository-code" not in record.placeholders
    return record.address.rstrip("/").removesuffix(".git") if has_address else ""


def _name(entry: dict[str, Any]) -> str:
    """Return a person's name with the family name last, or the name of an organisation."""
    return entry.get("name") or " ".join(entry[key] for key in ("given-names", "family-names") if entry.get(key))
