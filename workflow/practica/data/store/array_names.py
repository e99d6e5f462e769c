"""Recognise the arrays of a data set by the names that a file gives them.

People save the result of ``load_data`` as ``x_train``, ``training_images`` or ``{"train": (images, labels)}``. Names
only say where to look: the fingerprint of all arrays decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

AXES = {
    "x": "x xs image images img imgs data feature features input inputs picture pictures",
    "y": "y ys label labels lbl lbls lab target targets class classes output outputs",
}
PARTS = {
    "train": "train training tr trn",
    "validation": "validation valid val dev",
    "test": "test testing te tst t10k",
}
KEYS = {word: key for table in (AXES, PARTS) for key, words in table.items() for word in words.split()}
IN_ORDER = {f"arr_{n}": name for n, name in enumerate(("x_train", "y_train", "x_test", "y_test"))}
"""The names that numpy gives to arrays saved without names."""
WORD = re.compile(r"t10k|[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def canonical(name: str) -> str | None:
    """Return the name of an array in the form ``x`` or ``y_train``, whatever a file calls it; None if it is unclear."""
    if name in IN_ORDER:
        return IN_ORDER[name]
    axis, part, others = _meaning(name)
    return None if others or not axis else f"{axis}_{part}" if part else axis


def by_name(value: Any) -> dict[str, Any]:
    """Return the content of plain data by canonical names.

    The data may be a dict of arrays, or of one such dict for each split; a pair of images and labels; or two or three
    pairs: for training, often for validation, and for testing.
    """
    return dict(_canonical(value, ""))


def _canonical(value: Any, part: str) -> Iterator[tuple[str, Any]]:
    """Yield canonical names with their values, in the order of the data."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            axis, own, others = _meaning(key.decode("latin-1") if isinstance(key, bytes) else str(key))
            if axis and not others:
                yield "_".join(filter(None, (axis, own or part))), item
            elif own and not others:
                yield from _canonical(item, own)
    elif isinstance(value, list) and len(value) in (2, 3) and all(map(_is_pair, value)):
        for each, own in zip(value, ("train", *(("validation",) if len(value) == 3 else ()), "test"), strict=True):
            yield from _canonical(each, own)
    elif isinstance(value, list) and len(value) == len(IN_ORDER) and not part:
        yield from zip(IN_ORDER.values(), value, strict=True)
    elif _is_pair(value):
        yield from zip((f"{axis}_{part}" if part else axis for axis in AXES), value, strict=True)


def _is_pair(value: Any) -> bool:
    """Return whether a value is a pair of images and labels, and not a list of two numbers."""
    return isinstance(value, list) and len(value) == 2 and all(isinstance(item, list | np.ndarray) for item in value)


def _meaning(name: str) -> tuple[str, str, bool]:
    """Return the axis and the split in a name, each empty if there is none, and whether the name says anything else."""
    words = [part for word in WORD.findall(name) for part in _split(word.lower())]
    meanings = [KEYS.get(word) for word in words]
    axes, parts = ([key for key in meanings if key in table] for table in (AXES, PARTS))
    return (axes or [""])[0], (parts or [""])[0], None in meanings or len(axes) > 1 or len(parts) > 1


def _split(word: str) -> tuple[str, ...]:
    """Return the parts of a word such as ``xtrain``; most words have one part."""
    if word not in KEYS:
        for at in range(1, len(word)):
            first, second = word[:at], word[at:]
            if {first, second} <= KEYS.keys() and (KEYS[first] in AXES) != (KEYS[second] in AXES):
                return first, second
    return (word,)
