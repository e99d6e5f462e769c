"""Digits: 1797 handwritten digits of 8x8 pixels, as they come with scikit-learn (Alpaydin and Kaynak, 1998)."""

from __future__ import annotations

import numpy as np

from practica.data.store.spec import Arrays, Computed


def compute() -> Arrays:
    """Return ``x`` ``(1797, 8, 8)`` uint8 from 0 to 16, and ``y`` ``(1797,)`` uint8, the digit."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return {"x": bunch.images.astype(np.uint8), "y": bunch.target.astype(np.uint8)}


DATASET = Computed(
    name="digits",
    fingerprint="3899abdfbebf71d66c95b82d69aec4026a3e71d32de69ca9a0a9f6b80ace0621",
    rule="sklearn.datasets.load_digits",
    compute=compute,
)
