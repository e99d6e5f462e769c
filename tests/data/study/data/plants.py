"""Plants: four measurements of each of 300, and whether it blooms; a published table of one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from practica.data.store.spec import Arrays, Form, OtherContentError, Published, Upstream
from practica.data.store.tables import numbers, read_table, table_names

ROWS, COLUMNS = 300, 5


def read(path: Path) -> Arrays:
    """Return ``x`` ``(300, 4)`` float64 and ``y`` ``(300,)`` uint8."""
    table = numbers(read_table(path, COLUMNS))
    if len(table) != ROWS:
        raise OtherContentError(f"{len(table)} rows instead of {ROWS}")
    return {"x": table[:, :-1], "y": table[:, -1].astype(np.uint8)}


def stand_in() -> Arrays:
    """Return generated plants."""
    x = np.random.default_rng(0).normal(50, 20, (ROWS, COLUMNS - 1)).round(3)
    return {"x": x, "y": (x[:, 0] > 50).astype(np.uint8)}


DATASET = Published(
    name="plants",
    fingerprint="0" * 64,
    forms=(
        Form("plants.csv", read, Upstream("keras", "plants.csv", "0" * 64), also=table_names("*plants*", "*flora*")),
    ),
    stand_in=stand_in,
)
