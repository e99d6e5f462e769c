"""The words of figures, tables, pages and PDFs, one file per language. Quick to read, as Snakemake does at each parse.

A language exists as soon as one of the folders holds its file; a file in a later folder lies over those before it.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from practica.errors import InputError, hint
from practica.study_folder import cached, opened
from practica.yamlfiles.overlay import merge
from practica.yamlfiles.reading import read_yaml

Words = Mapping[str, Any]

OWN = Path(__file__).parent
"""The project's words; those in ``words`` of the study's folder lie over them."""
MODEL = "en"
"""The language whose sections and keys every other language must have."""
PARTS = {"figures": ("numbers", "figures"), "report": ("report", "judged")}
"""Sections of a file that are read as one."""
ADDED = ("bibliography", "captions", "figures", "metrics", "report", "settings")
"""Sections to which a study may add words, such as the names of its own metrics."""
CODE = re.compile("[a-z]{2,3}")
I_SOUND = re.compile("h?[ií](?![aeoáéó])", re.IGNORECASE)
"""Begins with the sound of a Spanish i, before which "y" becomes "e": "e Intel", but "y hielo"."""


@cached
def folders() -> tuple[Path, ...]:
    """Return the folders that may hold files of words."""
    return OWN, opened() / "words"


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have a file."""
    return tuple(sorted({path.stem for folder in folders() for path in folder.glob("*.yaml")}))


def section(name: str, language: str) -> Words:
    """Return the words of a section in a language.

    Raises:
        InputError: the language has no file, or one that cannot be read.
    """
    return _sections(language, folders())[name]


def sections(language: str) -> Mapping[str, Words]:
    """Return the words of every section in a language."""
    return _sections(language, folders())


def project_keys(name: str) -> frozenset[str]:
    """Return the keys of a section without those that a study adds."""
    return frozenset(_sections(MODEL, (OWN,))[name])


def word(key: str, language: str) -> str:
    """Return a word of tables and PDFs; unlisted keys, such as a user's own split or reason, stand for themselves."""
    return section("report", language).get(key, key)


def items(texts: Sequence[str], language: str) -> str:
    """Return a list as people write it, with "and" before the last item."""
    connective = word("and", language)
    if texts and I_SOUND.match(texts[-1]):
        connective = section("report", language).get("and_before_i", connective)
    last = f" {connective} "
    return last.join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part)


def plural(texts: Words, key: str, count: int) -> str:
    """Return the words for so many things: those of ``key``, or ``key_one`` or ``key_two`` if the language has them."""
    return texts.get(f"{key}_{ {1: 'one', 2: 'two'}.get(count, '') }", texts[key])


def label(texts: Words, key: str) -> str:
    """Return the word for ``key``, or ``key`` itself for names that users add, such as their own metrics."""
    return texts.get(key, key.replace("_", " "))


def decimal(texts: Words, value: Any, digits: int) -> str:
    """Write a number with the language's decimal mark."""
    return f"{value:.{digits}f}".replace("-", "−").replace(".", texts["decimal_mark"])


def decimal_mark(language: str) -> str:
    """Return the decimal mark of a language; a point if the language has no file."""
    return section("numbers", language).get("decimal_mark", ".") if language in languages() else "."


def report_name(language: str) -> str:
    """Return the name of the PDF without its suffix."""
    return section("language", language)["report"]


def in_language(texts: Mapping[str, Any], language: str) -> Any:
    """Return a study's text in a language; if it has none, the English text, or else the first."""
    return texts[next((each for each in (language, MODEL) if each in texts), next(iter(texts)))]


def check_languages(report_languages: Sequence[str]) -> None:
    """Check that languages have every word, and that texts have only holes that are filled.

    Raises:
        InputError: a file lacks a word, or one is wrong; the message names file and key.
    """
    model, model_words = dict(_leaves(sections(MODEL))), _sections(MODEL, (OWN,))
    needs = dict(_leaves(model_words))
    for language in report_languages:
        own, file = dict(_leaves(sections(language))), os.path.relpath(_files(language, folders())[-1])
        if unknown := [name for name in sections(language) if name not in model_words]:
            raise InputError(f"{file}: there is no section {unknown[0]!r}{hint(unknown[0], model_words)}")
        if missing := [key for key in model if key not in own]:
            more = ["", ", and one other", f", and {len(missing) - 1} others"][min(len(missing), 3) - 1]
            raise InputError(f"{file}: {missing[0]} is missing (in English: {model[missing[0]]!r}){more}; write it")
        if idle := [key for key in own if key not in needs and key.partition(".")[0] not in ADDED]:
            raise InputError(f"{file}: {idle[0]}: no report shows it{_close(idle[0], needs)}")
        for key, value in own.items():
            if reason := _mistake(value, model.get(key, "")):
                raise InputError(f"{file}: {key}: {reason}")
    names = [report_name(language) for language in report_languages]
    if len(set(names)) < len(names):
        raise InputError(
            f"words: language.report must differ between {', '.join(report_languages)}, and is {', '.join(names)}"
        )


@cache
def _sections(language: str, folders: tuple[Path, ...]) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for file in _files(language, folders):
        content = read_yaml(file)
        if wrong := [name for name, entries in content.items() if not isinstance(entries, dict)]:
            raise InputError(f"{os.path.relpath(file)}: {wrong[0]} must be a mapping of keys to words")
        merged = merge(merged, content)
    read_as_one = {
        name: {key: value for part in parts for key, value in merged.get(part, {}).items()}
        for name, parts in PARTS.items()
    }
    return {**merged, **read_as_one}


def _files(language: str, folders: tuple[Path, ...]) -> list[Path]:
    files = [folder / f"{language}.yaml" for folder in folders]
    there = [file for file in files if CODE.fullmatch(language) and file.is_file()]
    if not there:
        names = ", ".join(languages())
        raise InputError(f"no words in language {language!r} (there are: {names}); docs/add-a-language.md says how")
    return there


def _close(key: str, keys: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, keys, n=1)
    return f"; did you mean {close[0]!r}?" if close else "; take it out"


def _leaves(content: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of every word."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _mistake(value: Any, model: Any) -> str:
    """Return what is wrong with a word compared with that of the model, or an empty text."""
    if type(value) is not type(model):
        kind = "text; put it in quotes" if isinstance(model, str) else "true or false"
        return f"{value!r} must be {kind}"
    try:
        holes = set(_holes(model)) if isinstance(model, str) else set()
        unknown = set(_holes(value)) - holes if holes else set()
    except ValueError:
        return f"{value!r} has a brace too many; a brace itself is written twice, {{{{"
    return f"nothing fills {{{min(unknown)}}}; English has {model!r}" if unknown else ""


def _holes(text: str) -> Iterator[str]:
    """Yield the names of the holes in a text; unnamed ones are numbered by their place."""
    for place, (_, name, *_) in enumerate(part for part in Formatter().parse(text) if part[1] is not None):
        yield name or str(place)
