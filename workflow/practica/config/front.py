"""The texts on the first pages of a study's reports: authors, abstract, keywords, and the source that it repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from practica.config.about import MultilingualText
from practica.config.study import Study


class Author(NamedTuple):
    """Who wrote a study, where, and with which ORCID, as an address; unknown fields are empty."""

    name: str
    affiliation: str = ""
    orcid: str = ""


def authors(study: Study, language: str) -> tuple[Author, ...]:
    """Return the authors: the one of the configuration, or those that the study names."""
    if study.config["author"]:
        return (Author(study.config["author"]),)
    entries = study.front.get("authors", [])
    return tuple(
        Author(entry["name"], _text(entry, "affiliation", language), entry.get("orcid", "")) for entry in entries
    )


def abstract(study: Study, language: str) -> str:
    """Return the study's own abstract; empty if it has none."""
    return _text(study.front, "abstract", language)


def introduction(study: Study, language: str) -> str:
    """Return the text under the title on the first page of the HTML report."""
    return _text(study.front, "about", language) or abstract(study, language)


def keywords(study: Study, language: str) -> tuple[str, ...]:
    """Return the keywords of the study."""
    texts = study.front.get("keywords", ())
    return tuple(texts.get(language, ()) if isinstance(texts, Mapping) else texts)


def repeats(study: Study) -> bool:
    """Return whether the study repeats a source, which makes claims and may print numbers."""
    return bool(study.front.get("source"))


def text_of(study: Study, texts: Mapping[str, Any], key: str) -> Any:
    """Return a text in a language; for a study without a source, ``<key>_alone``, which mentions none, if it exists."""
    alone = texts.get(f"{key}_alone")
    return texts[key] if repeats(study) or alone is None else alone


def most_seeds(study: Study, exercises: Sequence[str]) -> int:
    """Return the largest number of seeds of a variant of some exercises; 0 if the configuration has none of them."""
    there = (exercise for exercise in exercises if exercise in study.config["exercises"])
    counts = (len(study.seeds(exercise, name)) for exercise in there for name in study.variants(exercise))
    return max(counts, default=0)


def one_or_many(study: Study, key: str, exercises: Sequence[str]) -> str:
    """Return the key of a text on several seeds, or ``<key>_one`` if no variant of the exercises has more than one."""
    return key if most_seeds(study, exercises) > 1 else f"{key}_one"


def _text(entry: Mapping[str, Any], key: str, language: str) -> str:
    text = entry.get(key)
    return MultilingualText(text)[language] if text else ""
