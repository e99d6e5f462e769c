"""Two numbers and their sum: computed."""

from __future__ import annotations

import numpy as np

from practica.data.store.spec import Arrays, Computed, fingerprint


def compute() -> Arrays:
    """Return ``x`` ``(60, 2)`` and ``y`` ``(60,)``, float64."""
    x = np.stack([np.arange(60) / 60, np.arange(60) % 7 / 7], axis=1)
    return {"x": x, "y": x.sum(axis=1)}


DATASET = Computed("slopes", fingerprint(compute()), rule="y = x1 + x2", compute=compute)
