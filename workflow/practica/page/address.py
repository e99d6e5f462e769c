"""The file names of the pages: without a suffix in the report's own language, else with the language's suffix."""

from __future__ import annotations

from practica.config.study import Study


def address(study: Study, page: str, language: str) -> str:
    """Return the file of a page such as ``digits_runs`` in a language, as the other pages link to it."""
    return f"{page}{_suffix(study, language)}.html"


def parse(study: Study, name: str) -> tuple[str, str]:
    """Return the page and the language for a file name without ``.html``."""
    for language in study.languages[1:]:
        if name.endswith(_suffix(study, language)):
            return name.removesuffix(_suffix(study, language)), language
    return name, study.languages[0]


def _suffix(study: Study, language: str) -> str:
    return "" if language == study.languages[0] else f"_{language}"
