"""Sayings of five words each, as ranks, and whether they are kind: computed."""

from __future__ import annotations

import numpy as np

from practica.data.store.spec import Arrays, Computed, fingerprint

COUNTS = {"train": 40, "test": 10}
LENGTH = 5


def compute() -> Arrays:
    """Return, of each part, all ``tokens``, the ``offsets`` between sayings and ``y``, 1 where one is kind."""
    arrays: Arrays = {}
    for part, count in COUNTS.items():
        kind = (np.arange(count) % 2).astype(np.uint8)
        arrays[f"tokens_{part}"] = (np.repeat(kind, LENGTH) * 50 + np.arange(count * LENGTH) % 50).astype(np.uint16)
        arrays[f"offsets_{part}"] = np.arange(count + 1, dtype=np.int64) * LENGTH
        arrays[f"y_{part}"] = kind
    return arrays


DATASET = Computed("sayings", fingerprint(compute()), rule="words below or above the fiftieth", compute=compute)
