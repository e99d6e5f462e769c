"""The settings: the schema of the configuration declares the engine's, a study its own.

Those that several exercises use stand in its ``study.yaml``, those of one exercise in that exercise's ``about.yaml``.

Everything else about a setting, such as whether it may be tuned, follows from its declaration. Quick to import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from string import Formatter
from typing import Any

import jsonschema

from practica.config.about import EXERCISE_FILE, STUDY_FILE, MultilingualText, settings
from practica.errors import InputError
from practica.files import SCHEMAS, read_json
from practica.study_folder import cached, experiments, opened, relative_path

Declared = Mapping[str, Mapping[str, Any]]
TRAINING, NET, DATA = "training", "net", "data"
"""The roles of a setting: how everything is trained, how a net and its inputs are made, and which samples there are."""
APART = ("words", "said")
"""Keys in the declaration of a study's own setting that do not belong to its schema."""
OF_TYPES = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"), ("integer", "number")),
    **dict.fromkeys(("items", "minItems", "maxItems"), ("array",)),
}
"""The types to which each bound applies."""


@cache
def engine() -> Declared:
    """Return the settings that every study has, by name."""
    declarations: Declared = read_json(SCHEMAS / "config.schema.json")["$defs"]["settings"]["properties"]
    return declarations


@cached
def own() -> Declared:
    """Return the settings that the open study and its exercises declare, by name.

    Raises:
        InputError: one of them is wrong; the message names the file and the key.
    """
    declarations: dict[str, Mapping[str, Any]] = {}
    places: dict[str, str] = {}
    for parts in ((STUDY_FILE,), *((exercise, EXERCISE_FILE) for exercise in experiments())):
        where = relative_path(*parts)
        for name, each in settings(opened().joinpath(*parts)).items():
            if name in declarations:
                raise InputError(f"{where}: settings.{name}: {places[name]} declares it too; declare it there alone")
            for key, reason in _mistakes(name, each):
                raise InputError(f"{where}: settings.{name}{key}: {reason}")
            declarations[name], places[name] = each, where
    return declarations


def schemas() -> dict[str, dict[str, Any]]:
    """Return the allowed values of a study's own settings, as JSON schemas by name."""
    return {name: {key: part for key, part in each.items() if key not in APART} for name, each in own().items()}


def of_role(role: str) -> tuple[str, ...]:
    """Return the engine's settings of a role, in their order."""
    return tuple(name for name, each in engine().items() if each["role"] == role)


def role(name: str) -> str:
    """Return the role of a setting."""
    return str({**engine(), **own()}[name]["role"])


def may_be_null(declaration: Mapping[str, Any]) -> bool:
    """Return whether null is a value of a setting that is declared like this."""
    types = [each.get("type", ()) for each in (declaration, *declaration.get("anyOf", ()))]
    return any("null" in ([each] if isinstance(each, str) else each) for each in types)


def mentions(*, variants: bool = False) -> tuple[str, ...]:
    """Return the settings that a sentence about training mentions, in its order.

    With ``variants``, it also mentions those that distinguish variants, which may differ only in their layers.
    """
    occasions = {"always", "variants"} if variants else {"always"}
    engines = [name for name, each in engine().items() if each.get("said") in occasions]
    return *engines, *(
        name for name, each in own().items() if "words" in each and each.get("said", "always") in occasions
    )


def own_words(name: str, language: str) -> str | None:
    """Return the study's words for its own setting, with a hole for the value; None if it has none."""
    words = own().get(name, {}).get("words")
    return None if words is None else MultilingualText(words)[language]


def _mistakes(name: str, declaration: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield key and reason of mistakes in a declaration that its schema cannot find."""
    if name in engine():
        yield "", f"every study has a setting of this name ({engine()[name]['description']}); choose another"
    yield from _idle(declaration)
    values = jsonschema.Draft202012Validator({key: part for key, part in declaration.items() if key not in APART})
    for key in ("enum", "examples"):
        for place, value in enumerate(declaration.get(key, [])):
            if error := next(values.iter_errors(value), None):
                yield f".{key}.{place}", f"it is not a value of the setting: {error.message}"
    words = declaration.get("words", {})
    for where, text in {"": words}.items() if isinstance(words, str) else words.items():
        try:
            holes = [tuple(hole) for _, *hole in Formatter().parse(text) if hole[0] is not None]
        except ValueError:
            holes = [(text,)]
        if holes not in ([], [("", "", None)]):
            key = f".words.{where}".rstrip(".")
            yield key, f"{text!r}: {{}} stands for the value, once; a brace itself is written twice"
    if "said" in declaration and "words" not in declaration:
        yield ".said", "nothing is said of it without words; add them, or remove it"


def _idle(schema: Mapping[str, Any], key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the bounds of a schema that do not apply to its types."""
    types = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    for bound, bound_types in OF_TYPES.items():
        if bound in schema and not types.intersection(bound_types):
            yield f"{key}.{bound}", f"it says nothing of type {' or '.join(sorted(types))}; remove it"
    if "items" in schema:
        yield from _idle(schema["items"], f"{key}.items")
