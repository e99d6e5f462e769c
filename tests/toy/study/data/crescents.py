"""Two crescents that reach into each other, some of whose measurements are missing and stand as zeros."""

from __future__ import annotations

import numpy as np

from practica.data.store.spec import Arrays, Computed

COUNT = 200


def compute() -> Arrays:
    """Return points ``x`` ``(200, 2)``, float64, and the crescent ``y`` ``(200,)`` that each lies on."""
    places = np.arange(COUNT)
    y = (places % 2).astype(np.uint8)
    angle = np.pi * (places // 2) / (COUNT // 2)
    x = np.stack([1 - 2 * y + np.cos(angle), (1 - 2.0 * y) * np.sin(angle) + y / 2], axis=1).round(6)
    x[places % 7 == 0, 1] = 0
    return {"x": x, "y": y}


DATASET = Computed(
    name="crescents",
    fingerprint="84ea2f6b599b3448e73228e2d5b6f4b5f604612969d2e5345d8d4a6b4c8c1588",
    rule="points of two half circles",
    compute=compute,
)
