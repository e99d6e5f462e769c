"""Check the configuration against its schema, with a sentence about each mistake; apply its types and defaults."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema
import yaml

from practica.config import declarations
from practica.config.levels import with_values
from practica.errors import InputError
from practica.files import SCHEMAS, read_json
from practica.study_folder import cached
from practica.words import languages
from practica.yamlfiles.overlay import SEEDS
from practica.yamlfiles.spelling import advice, misread


def study_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration, with the settings that the open study declares."""
    schema: dict[str, Any] = read_json(SCHEMAS / "config.schema.json")
    schema["$defs"]["settings"]["properties"] |= declarations.schemas()
    return schema


@cached
def config_schema() -> dict[str, Any]:
    """Return the study's schema, in which a grid or search takes only values that the setting itself may have.

    Raises:
        InputError: the study declares a setting wrongly.
    """
    schema = study_schema()
    settings = schema["$defs"]["settings"]["properties"]
    choices, ranges = schema["$defs"]["choices"], schema["$defs"]["ranges"]
    one_list, one_range = choices["additionalProperties"], ranges["additionalProperties"]
    choices["properties"] = {name: {**one_list, "items": setting} for name, setting in settings.items()}
    ranges["properties"] = {
        name: {**one_range, "properties": {**one_range["properties"], "low": setting, "high": setting}}
        for name, setting in settings.items()
        if {"number", "integer"} & set(_types(setting)) and "enum" not in setting
    }
    choices["additionalProperties"] = ranges["additionalProperties"] = False
    return schema


def check(config: Mapping[str, Any]) -> None:
    """Check a configuration against the schema.

    Raises:
        InputError: a key or a value is wrong; the message is one sentence with the key's path.
    """
    for sentence in mistakes(config):
        raise InputError(sentence)


def mistakes(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence, with the key's path, about each mistake in a configuration."""
    validator = jsonschema.Draft202012Validator(config_schema())
    errors = sorted(
        validator.iter_errors(with_values(config)), key=lambda e: (-len(e.absolute_path), str(e.absolute_path))
    )
    for error in errors:
        if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
            yield from _unknown_keys(error)
        elif not _given_above(error, errors):
            yield _sentence(error)
    if not errors:
        yield from _language_mistakes(config)


def _given_above(error: jsonschema.ValidationError, errors: Sequence[jsonschema.ValidationError]) -> bool:
    """Return whether a mistake is that of a level above it, which gave it the key."""
    path, key = error.absolute_path, [*error.absolute_path][-1:]
    return any(key == [name] for name in SEEDS) and any(
        [*other.absolute_path][-1:] == key and len(other.absolute_path) < len(path) and other.instance == error.instance
        for other in errors
    )


def _language_mistakes(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence about each language that has no words, or that a title in the configuration lacks."""
    schema, available = config_schema()["properties"], languages()
    report = config.get("report", {}).get("languages", schema["report"]["properties"]["languages"]["default"])
    titles = {f"exercises.{name}.title": each.get("title") for name, each in config.get("exercises", {}).items()}
    titles["title"] = config.get("title")
    texts = {path: title for path, title in titles.items() if isinstance(title, Mapping)}
    pairs = [("report.languages", each) for each in report] + [(p, e) for p in texts for e in texts[p]]
    for path, language in pairs:
        if language not in available:
            yield (
                f"configuration: {path}: no words in language {language!r} (there are: {', '.join(available)}); "
                "docs/add-a-language.md says how to add them"
            )
    for path, title in texts.items():
        if silent := [language for language in report if language not in title]:
            yield (
                f"configuration: {path}: nothing in {silent[0]!r}, which is in report.languages; add it, or write one "
                "text for all"
            )


def _sentence(error: jsonschema.ValidationError) -> str:
    """Say in one sentence which key is wrong, why, and what is allowed."""
    path = ".".join(map(str, error.absolute_path))
    where = f"configuration: {path}" if path else "configuration"
    schema: Any = error.schema
    if "propertyNames" in error.absolute_schema_path:
        rule = schema.get("description", f"it must match {schema['pattern']}")
        return f"{where}: bad name {_short(repr(error.instance))}: {rule}"
    if error.instance is None and error.validator in ("type", "anyOf", "enum"):
        text = schema.get("description", "")
        return f"{where}: it has no value; write one, or remove the key{f' ({text})' if text else ''}"
    quotes = "; if it is meant as text, put it in quotes" if _reads_as_other(error) else ""
    if error.validator in ("anyOf", "oneOf"):
        complaint = f"{_short(repr(error.instance))} is not allowed here{quotes}"
        return f"{where}: {complaint}. Expected: {schema.get('description', '')}"
    text = schema.get("description", "") if isinstance(schema, Mapping) else ""
    types = _types(schema) if error.validator == "type" else ["array"]
    if isinstance(error.instance, str) and "array" not in types and (better := advice(error.instance)):
        return f"{where}: {_short(repr(error.instance))} is not a number: {better}{f' ({text})' if text else ''}"
    complaint = f"{error.instance!r} is not allowed here" if error.validator == "pattern" else error.message
    return f"{where}: {_short(complaint)}{quotes or _looks(error)}{f' ({text})' if text else ''}"


def _unknown_keys(error: jsonschema.ValidationError) -> Iterator[str]:
    """Yield a sentence about each key of a mapping that does not belong there."""
    schema: Any = error.schema
    instance: Any = error.instance
    path, keys = [str(part) for part in error.absolute_path], list(schema.get("properties", {}))
    for wrong in (str(key) for key in instance if key not in keys):
        first, dot, _ = wrong.partition(".")
        right = _where_known(list(error.absolute_path), wrong)
        if dot and first in keys:
            advice = "; in a file, nest these names, one per line; dots are for the command line, --config KEY=VALUE"
        else:
            advice = f"; move it to {right}" if right else _hint(wrong, keys)
        yield f"configuration: {'.'.join([*path, wrong])}: unknown key{advice}"


def _where_known(path: list[Any], key: str) -> str | None:
    """Return where ``key`` belongs: one level below ``path`` or somewhere above it; None if it is known at neither."""
    schemas: list[Mapping[str, Any]] = [config_schema()]
    for part in path:
        schemas.append(_resolved(_property(schemas[-1], str(part))))
    below = [name for name, each in schemas[-1].get("properties", {}).items() if _has(_resolved(each), key)]
    if below:
        return ".".join(map(str, [*path, below[0], key]))
    depths = [depth for depth, schema in enumerate(schemas) if _has(schema, key)]
    if not depths:
        return None
    return ".".join(map(str, [*path[: depths[-1]], key])) if depths[-1] else "the top level"


def _has(schema: Mapping[str, Any], key: str) -> bool:
    return key in schema.get("properties", {})


def _looks(error: jsonschema.ValidationError) -> str:
    """Return a hint for a value of the wrong type that people often write: yes or no, or one item for a list."""
    if error.validator != "type":
        return ""
    if isinstance(error.instance, bool):
        return "; yes, no, on and off are true or false to YAML"
    types = _types(error.schema) if isinstance(error.schema, Mapping) else []
    return f"; write a list, as [{error.instance}]" if "array" in types else ""


def _reads_as_other(error: jsonschema.ValidationError) -> bool:
    """Return whether the schema wants text, but YAML has read a number, yes or no."""
    return isinstance(error.instance, int | float) and _wants_text(error.schema)


def _wants_text(schema: Any) -> bool:
    return isinstance(schema, Mapping) and any("string" in _types(branch) for branch in _branches(schema))


def _branches(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the alternatives that a schema allows (``anyOf``), or the schema itself."""
    schema = _resolved(schema)
    for branch in schema.get("anyOf", []):
        yield from _branches(branch)
    if "anyOf" not in schema:
        yield schema


def _short(text: str) -> str:
    """Return ``text``, or its two ends if it is long: a value may be a whole part of the configuration."""
    return text if len(text) <= 200 else f"{text[:120]}...{text[-70:]}"


def _hint(word: str, keys: list[str]) -> str:
    close = difflib.get_close_matches(word, keys, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known keys: {', '.join(sorted(keys))}"


def typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return ``value`` in the types that ``schema`` wants: text from ``--config`` as numbers, booleans or null."""
    branches = list(_branches(schema))
    if isinstance(value, Mapping):
        inside = next((branch for branch in branches if "object" in _types(branch)), {})
        return {key: typed(item, _property(inside, key)) for key, item in value.items()}
    if isinstance(value, list):
        items: Mapping[str, Any] = next((branch["items"] for branch in branches if "items" in branch), {})
        return [typed(item, items) for item in value]
    types = {name for branch in branches for name in _types(branch)}
    choices = {str(choice): choice for branch in branches for choice in branch.get("enum", ())}
    if isinstance(value, str) and value in choices:
        return choices[value]
    if isinstance(value, str) and "string" not in types:
        return _read(value, types or {"number"})  # without a type: an option of Keras
    # To JSON schema 2.0 is an integer, to Python's range it is not.
    if isinstance(value, float) and value.is_integer() and "integer" in types and "number" not in types:
        return int(value)
    return value


def _read(text: str, types: set[str]) -> Any:
    """Read text as YAML, or as a number that YAML takes for text: YAML wants ``1.0e-3``, not ``1e-3``."""
    if misread(text.strip()):
        return text
    try:
        value = yaml.safe_load(text)
        if isinstance(value, str) and "number" in types:
            return float(value)
        if isinstance(value, str) and "e" in value.lower():
            value = float(value)
        return int(value) if isinstance(value, float) and value.is_integer() and "integer" in types else value
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return text


def with_defaults(value: Any, schema: Mapping[str, Any]) -> Any:
    """Fill in the defaults that ``schema`` states for the keys that ``value`` lacks."""
    schema = _resolved(schema)
    if not isinstance(value, dict):
        return value
    for key, sub in schema.get("properties", {}).items():
        if key not in value and "default" in sub:
            value[key] = copy.deepcopy(sub["default"])
    for key in value:
        value[key] = with_defaults(value[key], _property(schema, key))
    return value


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``schema`` with what its ``$ref`` or its only ``allOf`` refers to."""
    for part in (schema, *schema.get("allOf", [])):
        if "$ref" in part:
            return {**config_schema()["$defs"][part["$ref"].rsplit("/", 1)[1]], **schema}
    return schema


def _property(schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    other = schema.get("additionalProperties")
    return schema.get("properties", {}).get(key, other if isinstance(other, Mapping) else {})


def _types(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that ``schema`` names, or those of its enumeration: whole numbers or text."""
    whole = all(type(value) is int for value in schema.get("enum", ["text"]))
    types = schema.get("type", [] if "enum" not in schema else "integer" if whole else "string")
    return [types] if isinstance(types, str) else types
