"""XOR on {-1, 1}²: the four points, with target +1 where the two inputs differ."""

from __future__ import annotations

import numpy as np

from practica.data.store.spec import Arrays, Computed


def compute() -> Arrays:
    """Return ``x`` ``(4, 2)`` and ``y`` ``(4, 1)``, both float32 in {-1, 1}, with y = -x₁·x₂."""
    x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], np.float32)
    return {"x": x, "y": -x[:, :1] * x[:, 1:]}


DATASET = Computed(
    name="xor",
    fingerprint="3ebe6d4ca66cf18629cb63df7926d9bded82eca102f5ecbf46d449a1f937b758",
    rule="y = -x1 x2 on {-1, 1}^2",
    compute=compute,
)
