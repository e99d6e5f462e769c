"""Coloured pictures of two by two pixels, of three kinds: published in two forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from practica.data.store.npz import read_arrays
from practica.data.store.spec import Arrays, Form, Published, Upstream

COUNTS = {"train": 30, "test": 9}
SHAPE = (2, 2, 3)


def read(path: Path) -> Arrays:
    """Return ``x_train`` ``(30, 2, 2, 3)`` and ``y_train`` ``(30,)``, uint8, and 9 of each of the test part."""
    x = {f"x_{part}": ("u1", (count, *SHAPE)) for part, count in COUNTS.items()}
    y = {f"y_{part}": ("u1", (count,)) for part, count in COUNTS.items()}
    return read_arrays(path, x | y)


def stand_in() -> Arrays:
    """Return pictures that are dark, grey or bright."""
    arrays = {}
    for part, count in COUNTS.items():
        kinds = (np.arange(count) % 3).astype(np.uint8)
        arrays[f"x_{part}"] = np.broadcast_to(100 * kinds[:, None, None, None], (count, *SHAPE)).copy()
        arrays[f"y_{part}"] = kinds
    return arrays


DATASET = Published(
    name="pictures",
    fingerprint="0" * 64,
    forms=(
        Form("pictures.npz", read, Upstream("keras", "pictures.npz", "0" * 64)),
        Form("pictures.tar.gz", read, Upstream("toronto", "pictures.tar.gz", "0" * 64)),
    ),
    stand_in=stand_in,
)
