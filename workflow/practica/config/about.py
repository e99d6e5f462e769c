"""Read a study's own files: ``study.yaml`` for the whole study, ``about.yaml`` for one exercise. Quick to import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource

from practica.errors import InputError, hint
from practica.files import SCHEMAS, read_json
from practica.words import in_language
from practica.yamlfiles.reading import read_yaml

STUDY_FILE, EXERCISE_FILE = "study.yaml", "about.yaml"

FILES: Registry[Any] = Registry(retrieve=lambda name: Resource.from_contents(read_json(SCHEMAS / name)))  # type: ignore[call-arg]
"""The schemas, by file name, for those that refer to each other."""
Text = Mapping[str, str]
"""The same text in every language: ``{"es": ..., "en": ...}``."""


class MultilingualText(Mapping[str, str]):
    """A text of a study, given once for all languages or for some; a missing language falls back to another."""

    def __init__(self, value: str | Text) -> None:
        self._value = value

    def __getitem__(self, language: str) -> str:
        return self._value if isinstance(self._value, str) else str(in_language(self._value, language))

    def __iter__(self) -> Iterator[str]:
        return iter(() if isinstance(self._value, str) else self._value)

    def __len__(self) -> int:
        return 0 if isinstance(self._value, str) else len(self._value)

    def __contains__(self, language: object) -> bool:
        return isinstance(self._value, str) or language in self._value


def in_all(text: Text, languages: Iterable[str]) -> dict[str, str]:
    """Return a text in each of some languages."""
    return {language: text[language] for language in languages}


def front(folder: Path) -> Mapping[str, Any]:
    """Return the content of ``study.yaml`` in the folder of a study; empty if there is none.

    Raises:
        InputError: the file is wrong; the message names it and the key.
    """
    return _read(folder / STUDY_FILE, "study.schema.json")


def settings(path: Path) -> Mapping[str, Any]:
    """Return the settings that a ``study.yaml`` or ``about.yaml`` declares, whatever is wrong elsewhere in it.

    Raises:
        InputError: a declaration is wrong; the message names the file and the key.
    """
    content = _content(path, path.stat().st_mtime_ns) if path.is_file() else {}
    declarations: Mapping[str, Any] = content.get("settings", {})
    if "settings" in content:
        for mistake in _mistakes(path, declarations, "study.schema.json#/properties/settings", under=("settings",)):
            raise InputError(mistake)
    return declarations


def about(folder: Path, exercise: str) -> Mapping[str, Any]:
    """Return the content of an exercise's ``about.yaml``; empty if there is none.

    Raises:
        InputError: the file is wrong; the message names it and the key.
    """
    return _read(folder / exercise / EXERCISE_FILE, "about.schema.json")


def _read(path: Path, schema: str) -> Mapping[str, Any]:
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _checked(path, stamp, schema)


@lru_cache(maxsize=1000)
def _checked(path: Path, stamp: int, schema: str) -> Mapping[str, Any]:
    content = _content(path, stamp)
    for mistake in _mistakes(path, content, schema):
        raise InputError(mistake)
    return content


@lru_cache(maxsize=1000)
def _content(path: Path, stamp: int) -> Mapping[str, Any]:
    return read_yaml(path)


def mistakes(folder: Path, exercise: str | None) -> Iterator[str]:
    """Yield what the schema refuses in an exercise's ``about.yaml``, or in ``study.yaml``: file, key and reason."""
    path = folder / exercise / EXERCISE_FILE if exercise else folder / STUDY_FILE
    if not path.exists():
        return
    try:
        content = read_yaml(path)
    except InputError as error:
        yield str(error)
        return
    yield from _mistakes(path, content, "about.schema.json" if exercise else "study.schema.json")


def _mistakes(path: Path, content: Any, schema: str, under: Sequence[str] = ()) -> Iterator[str]:
    """Yield a sentence about everything that a schema refuses in a file, or in what stands under some of its keys."""
    validator = jsonschema.Draft202012Validator({"$ref": schema}, registry=FILES)
    for error in validator.iter_errors(content):
        keys = [*under, *map(str, error.absolute_path)]
        properties = error.schema.get("properties", {})
        if error.validator == "additionalProperties":
            for wrong in error.instance:
                if wrong not in properties:
                    yield f"{path}: {'.'.join([*keys, str(wrong)])}: unknown key{hint(str(wrong), properties)}"
            continue
        description = error.schema.get("description") if error.validator == "pattern" else None
        reason = f"{error.message} ({description})" if description else error.message
        schema_file = f"workflow/schemas/{schema.partition('#')[0]}"
        yield f"{path}: {'.'.join(keys) or 'the file'}: {reason}; {schema_file} says what is allowed"
