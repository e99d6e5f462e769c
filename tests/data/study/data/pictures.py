"""Pictures of two by two pixels: published in two forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from practica.data.store.npz import read_arrays
from practica.data.store.spec import Arrays, Form, Published, Upstream


def read(path: Path) -> Arrays:
    """Return ``x`` ``(9, 2, 2)`` uint8."""
    return read_arrays(path, {"x": ("u1", (9, 2, 2))})


def stand_in() -> Arrays:
    """Return dark pictures."""
    return {"x": np.zeros((9, 2, 2), np.uint8)}


DATASET = Published(
    name="pictures",
    fingerprint="0" * 64,
    forms=(
        Form("pictures.npz", read, Upstream("keras", "pictures.npz", "0" * 64)),
        Form("pictures.tar.gz", read, Upstream("toronto", "pictures.tar.gz", "0" * 64)),
    ),
    stand_in=stand_in,
)
