"""Read a file of YAML that people write, or say in one sentence where in it what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from practica.errors import InputError
from practica.plain import plain


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Return the keys and values of a file such as ``config.yaml``.

    Raises:
        InputError: it cannot be read, is no YAML, holds a key twice, or more than a configuration may hold.
    """
    try:
        content = _load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    # What is not UTF-8, an impossible date and a number of thousands of digits are ValueErrors.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid YAML: {_reason(error)}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} must be a mapping of keys to values")
    return plain(content, str(path))


def _load(text: str) -> Any:
    """Parse YAML; of a key that is there twice it would silently take the second value."""
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _refuse_duplicates(root, set())
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _refuse_duplicates(node: yaml.Node, seen: set[int]) -> None:
    if id(node) in seen:  # an alias, or a tree that contains itself
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicates(item, seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in lines:
                    said = f"the key {key.value[:40]!r} is there already, in line {lines[key.value]}"
                    raise yaml.MarkedYAMLError(problem=said, problem_mark=key.start_mark)
                lines[key.value] = key.start_mark.line + 1
            _refuse_duplicates(value, seen)


def _reason(error: Exception) -> str:
    """Return the place and the problem of a YAML error, in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark and error.problem:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())
