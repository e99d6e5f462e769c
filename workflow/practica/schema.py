"""What the configuration's schema says: the types it wants, and the defaults it states."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from practica.files import read_json

SCHEMAS = Path(__file__).parents[1] / "schemas"


@cache
def config_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration."""
    return read_json(SCHEMAS / "config.schema.json")


def typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """Read text as a number, boolean or null where ``schema`` wants one: ``--config`` makes text of what is nested."""
    schema = _resolved(schema)
    if isinstance(value, Mapping):
        return {key: typed(item, _property(schema, key)) for key, item in value.items()}
    branches = [_resolved(branch) for branch in schema.get("anyOf", [schema])]
    if isinstance(value, list):
        items: Mapping[str, Any] = next((branch["items"] for branch in branches if "items" in branch), {})
        return [typed(item, items) for item in value]
    types = {name for branch in branches for name in _types(branch)}
    if isinstance(value, str) and types and "string" not in types:
        try:
            return yaml.safe_load(value)
        except yaml.YAMLError:
            return value
    return value


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
    """Return the types that ``schema`` names; an enumeration is of text."""
    types = schema.get("type", "string" if "enum" in schema else [])
    return [types] if isinstance(types, str) else types
