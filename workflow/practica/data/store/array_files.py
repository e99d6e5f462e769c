"""Read arrays as people save them, with ``numpy.savez`` or ``pickle``, under any names."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from practica.data.store.array_names import AXES, by_name
from practica.data.store.conversion import as_expected, as_numbers
from practica.data.store.decompression import COMPRESSED, beginning, unwrapped
from practica.data.store.npz import read_arrays
from practica.data.store.pickles import unpickle_plain
from practica.data.store.spec import Arrays, BadContentError

LIMIT = 2**30  # bytes; no data set in a single pickle is larger
OPENINGS = (b"\x80", b"(", b"]", b"}", b"c")
"""First bytes of a pickle: the mark of its protocol, or a tuple, list, dict or name."""


def read_saved(path: Path, expected: Mapping[str, tuple[str, tuple[int, ...]]]) -> Arrays:
    """Return the arrays named in ``expected`` as ``{name: (dtype, shape)}``, from an ``.npz`` file or a pickle.

    Raises:
        BadContentError: the file is damaged, or an array is missing, or its numbers do not fit the type or shape.
    """
    if not is_pickle(path):
        return read_arrays(path, expected)
    values = unpickled(path, expected)
    return {
        name: as_expected(as_numbers(values[name], name), name, np.dtype(dtype), shape)
        for name, (dtype, shape) in expected.items()
    }


def is_pickle(path: Path) -> bool:
    """Return whether a file begins like a pickle, or is compressed as a whole, as numpy's files never are."""
    start = beginning(path)
    return start[:1] in OPENINGS or start.startswith(tuple(COMPRESSED))


def unpickled(path: Path, names: Collection[str]) -> dict[str, Any]:
    """Return the values of ``names`` in a pickle, which may be compressed; nothing in it is run.

    Validation data are appended to the training data, from which they were split off.

    Raises:
        BadContentError: the file is damaged, too large, or lacks one of them.
    """
    values = by_name(unpickle_plain(io.BytesIO(unwrapped(path, LIMIT))))
    if missing := [name for name in names if name not in values]:
        what = f"it holds {', '.join(values)[:80]}" if values else "it holds no pairs and no names of arrays"
        raise BadContentError(f"array {missing[0]} is missing ({what})")
    for axis in AXES:
        rest = values.get(f"{axis}_validation")
        if rest is not None and (name := f"{axis}_train") in names:
            values[name] = _joined(values[name], rest)
    return {name: values[name] for name in names}


def _joined(first: Any, second: Any) -> Any:
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    try:
        return np.concatenate([np.asarray(first), np.asarray(second)])
    except ValueError as error:
        raise BadContentError(f"what is to validate has another shape than what is to train ({error})") from error
