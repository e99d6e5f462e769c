"""Read a YAML file that people write, or say in one sentence what is wrong in it, and where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from practica.errors import InputError
from practica.yamlfiles.plain import plain
from practica.yamlfiles.spelling import advice, misread

FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class MisreadError(yaml.MarkedYAMLError):
    """YAML reads something differently from how it looks."""


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Return the keys and values of a file such as ``config.yaml``.

    Raises:
        InputError: it cannot be read, is not YAML, holds a key twice or a number that YAML reads differently from how
            it looks, or holds more than a configuration may.
    """
    kind = "JSON" if Path(path).suffix == ".json" else "YAML"
    try:
        if Path(path).is_fifo() or Path(path).is_char_device():
            raise InputError(f"cannot read {path}: a pipe or a device can be read only once; write it into a file")
        text = Path(path).read_text(encoding="utf-8-sig")
        content = _load_json(text) if kind == "JSON" else _load(text)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8, at byte {error.start + 1}: save it as UTF-8") from error
    # An impossible date and a number of thousands of digits are ValueErrors.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = ":" if isinstance(error, MisreadError) else f" is not valid {kind}:"
        raise InputError(f"{path}{reason} {_reason(error)}") from error
    if content is None:
        raise InputError(
            f"{path} must be a mapping of keys to values, but it is empty: write a key, or leave the file out"
        )
    if not isinstance(content, dict):
        raise InputError(f"{path} must be a mapping of keys to values: write `key: value`, with a space between")
    return plain(content, str(path))


def line_of(path: str | Path, keys: Sequence[str]) -> tuple[int, int]:
    """Return how many of these nested keys a YAML file has, and the line of the last of them.

    Somebody may have written them as one, with dots between.
    """
    try:
        node = yaml.compose(Path(path).read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return (0, 1)
    depth, line = 0, 1
    for key in keys:
        entry = None
        if isinstance(node, yaml.MappingNode):
            rest = ".".join(keys[depth:])
            if dotted_key := next((name for name, _ in node.value if name.value == rest), None):
                return (len(keys), dotted_key.start_mark.line + 1)
            entry = next(((name, value) for name, value in node.value if name.value == key), None)
        elif isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
            entry = (node.value[int(key)], node.value[int(key)])
        if entry is None:
            break
        depth, line, node = depth + 1, entry[0].start_mark.line + 1, entry[1]
    return (depth, line)


def _load_json(text: str) -> Any:
    """Parse JSON, which YAML's reader cannot if it is indented by tabs; refuse duplicate keys."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise ValueError(f"the key {twice[0][:40]!r} appears twice")
        return dict(pairs)

    return json.loads(text, object_pairs_hook=once)


def _load(text: str) -> Any:
    """Parse YAML as Python's own reader does; with libyaml, four times as fast, if it gives the same result."""
    if "\t" in text:  # libyaml accepts more of them
        return _parsed(text, yaml.SafeLoader)
    try:
        return _parsed(text, FAST)
    except (yaml.YAMLError, ValueError, RecursionError):  # libyaml's messages say less
        return _parsed(text, yaml.SafeLoader)


def _parsed(text: str, reader: Any) -> Any:
    """Parse YAML, and refuse a duplicate key, of which YAML would silently use the second value."""
    loader = reader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _look(root, set())
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _look(node: yaml.Node, visits: set[int]) -> None:
    """Refuse what YAML would read differently from how it looks, in a node and everything in it."""
    if id(node) in visits:  # an alias, or a tree that contains itself
        return
    visits.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        if not node.style and node.tag in NUMBERS and (reason := misread(node.value)):
            raise MisreadError(problem=reason, problem_mark=node.start_mark)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _look(item, visits)
    elif isinstance(node, yaml.MappingNode):
        _look_at_keys(node)
        for key, value in node.value:
            _look(key, visits)
            _look(value, visits)


def _look_at_keys(node: yaml.MappingNode) -> None:
    """Refuse a duplicate key, and a number or list in braces that commas have split."""
    lines: dict[str, int] = {}
    for place, (key, value) in enumerate(node.value):
        if not isinstance(key, yaml.ScalarNode):
            continue
        rest = list(_cut_off(node.value[place + 1 :]))
        if rest and isinstance(value, yaml.ScalarNode) and value.tag in NUMBERS:
            raise MisreadError(problem=_whole(key.value, [value.value, *rest]), problem_mark=value.start_mark)
        if key.value in lines:
            reason = f"the key {key.value[:40]!r} already appears in line {lines[key.value]}"
            raise yaml.MarkedYAMLError(problem=reason, problem_mark=key.start_mark)
        lines[key.value] = key.start_mark.line + 1


def _cut_off(entries: list[tuple[yaml.Node, yaml.Node]]) -> Iterator[str]:
    """Yield leading keys that are digits without a value, as left after the commas of a number or list."""
    for key, value in entries:
        plain_key = isinstance(key, yaml.ScalarNode) and not key.style
        empty = isinstance(value, yaml.ScalarNode) and not value.value
        if not (plain_key and empty and re.fullmatch("[0-9]+([eE][-+]?[0-9]+)?", key.value)):
            return
        yield key.value


def _whole(key: str, parts: list[str]) -> str:
    """Return what to write in place of a value that commas have split."""
    list_form = f"write a list in brackets, [{', '.join(parts)}]"
    number = advice(",".join(parts)) if key != "seeds" and len(parts) == 2 else None
    better = f"{number}; for a list of both, {list_form}" if number else list_form
    return f"{','.join(parts)} is {'two' if len(parts) == 2 else len(parts)} entries to YAML; {better}"


def _reason(error: Exception) -> str:
    """Return the place and the problem of a YAML error, in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark and error.problem:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())
