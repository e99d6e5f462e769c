"""Write the reference page of the configuration: every key that the schema and the study declare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from practica.config import declarations
from practica.config.about import EXERCISE_FILE, STUDY_FILE
from practica.config.declarations import DATA, NET, TRAINING
from practica.config.schema import config_schema
from practica.config.study import RESOURCES

INTRODUCTION = """# Configuration

You want to know what you can set, and what a key means. This page lists every key of `config.yaml`. A key that is not
here stops the workflow before any job starts. `<name>` stands for a name that you choose. You can change a value for
one run without an edit: `snakemake -n --config seeds=2 only=digits exercises.digits.settings.epochs=3`.

`make docs` writes this page from `workflow/schemas/config.schema.json` and, for the study's own settings, from its
`study.yaml`: edit those instead.
"""
SECTIONS = {
    "exercise": "An exercise",
    "variant": "A variant",
    "protocol": "A protocol",
    "resources": "Resources",
    "settings": "Settings",
}
NOTES = {
    "exercise": "Under `exercises.<id>`. Without its own `seeds` and `seeds_per_job`, it has those of the study.",
    "variant": (
        "Under `exercises.<id>.variants.<name>`. A variant may be empty, such as `dense: {}`; it then has the data "
        "set, seeds, resources and settings of the exercise."
    ),
    "protocol": (
        "In the file of its name in the folder of an exercise, such as `published.yaml`, and under "
        "`exercises.<id>.protocols.<name>`, which takes precedence. Runs under a protocol have the address "
        "`exercise/variant@protocol`, so that nobody takes them for runs under another."
    ),
    "resources": "Of an exercise or a variant. Those of a variant replace those of its exercise, key by key.",
    "settings": (
        "Of an exercise or a variant. Those of a variant replace those of its exercise, key by key. A run needs "
        "only those that its net, its data and its training ask for: its error names one that is missing, unless the "
        "description says what holds without it."
    ),
}
OWN = f"Those that one exercise alone uses stand in its `{EXERCISE_FILE}`, the others in the study's `{STUDY_FILE}`."
ROLES = {
    TRAINING: "Training",
    NET: "Nets and their inputs",
    DATA: "Samples (you cannot tune these, because trials are judged on them)",
}


def page() -> str:
    """Return the reference as Markdown."""
    schema = config_schema()
    parts = [INTRODUCTION, "## The study", _table(_keys(schema))]
    for name, heading in SECTIONS.items():
        parts.append(f"## {heading}\n\n{NOTES[name]}")
        if name == "settings":
            parts += _by_role(declarations.engine())
        else:
            parts.append(_table(_keys(schema["$defs"][name], defaults=RESOURCES if name == "resources" else {})))
    if own := declarations.schemas():
        parts += [f"## Settings of this study\n\n{OWN}", *_by_role(own)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _by_role(settings: declarations.Declared) -> Iterator[str]:
    """Yield a heading and a table of the settings for each role that has any."""
    for role, heading in ROLES.items():
        if group := {name: each for name, each in settings.items() if each["role"] == role}:
            yield f"### {heading}"
            yield _table(_keys({"properties": group}))


def _keys(
    schema: Mapping[str, Any], prefix: str = "", defaults: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield path and schema, including the default, of every key, also inside mappings without their own section."""
    for name, entry in schema["properties"].items():
        full = _resolved(entry)
        if "properties" in entry:
            yield from _keys(full, f"{prefix}{name}.")
        else:
            default = {"default": defaults[name]} if defaults and name in defaults else {}
            if name in schema.get("required", []):
                default = {"required": True}
            yield f"{prefix}{name}", {**default, **full}


def _references(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the definitions that a schema refers to."""
    for part in (entry, *entry.get("allOf", [])):
        if "$ref" in part:
            yield part["$ref"].rsplit("/", 1)[1]


def _resolved(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema merged over the definitions that it refers to."""
    merged: dict[str, Any] = {}
    for name in _references(entry):
        merged |= config_schema()["$defs"][name]
    return {**merged, **entry}


def _table(keys: Iterator[tuple[str, Mapping[str, Any]]]) -> str:
    rows = ["| key | type | default | what it is | example |", "|---|---|---|---|---|"]
    for path, schema in keys:
        cells = (
            f"`{path}`",
            _type(schema),
            _default(schema),
            schema["description"].replace("<", "&lt;"),
            ", ".join(f"`{json.dumps(example, ensure_ascii=False)}`" for example in examples(schema)),
        )
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows)


def _default(schema: Mapping[str, Any]) -> str:
    if schema.get("required") is True:
        return "required"
    return f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if "default" in schema else ""


def examples(schema: Mapping[str, Any]) -> list[Any]:
    """Return the examples that the schema gives, or the last of its choices."""
    return schema.get("examples") or schema.get("enum", [])[-1:] or ([True] if schema.get("type") == "boolean" else [])


def _type(schema: Mapping[str, Any]) -> str:
    """Return in words which values a schema allows."""
    schema = _resolved(schema)
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    types = schema.get("type", "object")
    words = [_WORDS[name] for name in ([types] if isinstance(types, str) else types)]
    if "items" in schema:
        words = [f"list of {_type(schema['items'])}"]
    return f"{' or '.join(words)}{_range(schema)}"


_WORDS = {
    "array": "list",
    "boolean": "`true` or `false`",
    "integer": "integer",
    "null": "`null`",
    "number": "number",
    "object": "mapping",
    "string": "text",
}


def _range(schema: Mapping[str, Any]) -> str:
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {schema[name]}" for name, sign in limits.items() if name in schema]
    return f", {', '.join(bounds)}" if bounds else ""
