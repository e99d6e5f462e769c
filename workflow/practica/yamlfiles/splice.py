"""Write values into a YAML file that people edit, and keep every other byte of it.

A YAML library that reads and writes the whole file would wrap its lines anew; here the parser only says where to cut.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node

from practica.errors import InputError


def set_values(text: str, path: list[str], values: Mapping[str, Any]) -> str:
    """Return the YAML ``text`` with ``values`` in the mapping at ``path``, whose parent must exist.

    Raises:
        InputError: the layout of the text cannot be edited this way.
    """
    for name, value in values.items():
        text = _set(text, path, name, value)
    return text


def set_remark(text: str, path: list[str], marker: str, remark: str) -> str:
    """Return ``text`` with the comment ``# marker remark`` above the key at ``path``, replacing any earlier one."""
    key, _ = _entry(_find(text, path[:-1]), path[-1])
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    indent = re.match(r" *", text[start:])[0]  # type: ignore[index]
    before = text[:start]
    last = before.splitlines(keepends=True)[-1:] or [""]
    if last[0].strip().startswith(f"# {marker}"):
        before = before[: -len(last[0])]
    return f"{before}{indent}# {marker} {remark}{_newline(text)}{text[start:]}"


def _set(text: str, path: list[str], name: str, value: Any) -> str:
    owner = _find(text, path[:-1])
    if not _has(owner, path[-1]):
        return _insert(text, owner, path[-1], _as_yaml({**_merged(text, path), name: value}))
    _, target = _entry(owner, path[-1])
    if not isinstance(target, MappingNode):
        raise InputError(f"{'.'.join(path)} is not a mapping")
    if not _has(target, name):
        return _insert(text, target, name, _as_yaml(value))
    _, old = _entry(target, name)
    return text[: old.start_mark.index] + _as_yaml(value) + text[_end(text, old) :]


def _merged(text: str, path: list[str]) -> Mapping[str, Any]:
    """Return what a merge key (``<<``) gives a mapping that is not written out: writing one would hide all of it."""
    content = yaml.safe_load(text)
    for name in path:
        content = content.get(name, {})
    return content if isinstance(content, dict) else {}


def _insert(text: str, owner: MappingNode, name: str, value: str) -> str:
    """Insert an entry before the first one of a mapping, where the parser's marks are exact."""
    if owner.flow_style:
        place = text.index("{", owner.start_mark.index) + 1
        return f"{text[:place]}{name}: {value}{', ' if owner.value else ''}{text[place:].lstrip(' ')}"
    first = owner.value[0][0].start_mark
    return f"{text[: first.index]}{name}: {value}{_newline(text)}{' ' * first.column}{text[first.index :]}"


def _end(text: str, node: Node) -> int:
    """Return where a node ends: a block mapping or sequence ends with its last entry, not with a comment below."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
        if start < last.start_mark.index < end:  # an alias would lead to its anchor
            return _end(text, last)
    return start + len(text[start:end].rstrip())


def _find(text: str, path: list[str]) -> MappingNode:
    node = yaml.compose(text)
    for name in path:
        if not isinstance(node, MappingNode) or not _has(node, name):
            raise InputError(f"no {'.'.join(path)}")
        _, node = _entry(node, name)
    if not isinstance(node, MappingNode):
        raise InputError(f"{'.'.join(path)} is not a mapping")
    return node


def _has(node: MappingNode, name: str) -> bool:
    return any(key.value == name for key, _ in node.value)


def _entry(node: MappingNode, name: str) -> tuple[Node, Node]:
    return next((key, value) for key, value in node.value if key.value == name)


def _as_yaml(value: Any) -> str:
    """Return a value as YAML on one line that reads back as the same value."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
