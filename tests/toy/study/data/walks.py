"""Walks of sixteen steps, each up or down: do they end above the start, below, or at it?"""

from __future__ import annotations

import numpy as np

from practica.data.store.spec import Arrays, Computed

LENGTH, TRAIN, TEST = 16, 240, 60


def compute() -> Arrays:
    """Return heights ``x`` ``(n, 16)``, int8, and classes ``y`` ``(n,)`` of training and test data."""
    bits = (np.arange(TRAIN + TEST)[:, None] * 40503 >> np.arange(LENGTH)) & 1
    heights = np.cumsum(2 * bits - 1, axis=1).astype(np.int8)
    classes = (np.sign(heights[:, -1]) + 1).astype(np.uint8)
    return {
        "x_train": heights[:TRAIN],
        "y_train": classes[:TRAIN],
        "x_test": heights[TRAIN:],
        "y_test": classes[TRAIN:],
    }


DATASET = Computed(
    name="walks",
    fingerprint="b734a47eb8929e03cb776e7e4f09b2120f20511176fa56b04ce46062ccc59320",
    rule="bits of multiples of 40503",
    compute=compute,
)
