"""Breast cancer: thirty measurements of 569 tumours, as they come with scikit-learn (Street et al., 1993)."""

from __future__ import annotations

import numpy as np

from practica.data.store.spec import Arrays, Computed


def compute() -> Arrays:
    """Return ``x`` ``(569, 30)`` float64 and ``y`` ``(569,)`` uint8: 1 where the tumour is malignant."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    return {"x": bunch.data, "y": (bunch.target == 0).astype(np.uint8)}


DATASET = Computed(
    name="cancer",
    fingerprint="e851abb34f478198a61b5a2248181884c602a4a15bbd898d79ff42d2493d381d",
    rule="sklearn.datasets.load_breast_cancer",
    compute=compute,
)
