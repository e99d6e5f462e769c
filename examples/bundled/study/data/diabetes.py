"""Diabetes: ten measurements of 442 patients and a score a year later, as with scikit-learn (Efron et al., 2004)."""

from __future__ import annotations

from practica.data.store.spec import Arrays, Computed


def compute() -> Arrays:
    """Return ``x`` ``(442, 10)`` float64, as measured, and ``y`` ``(442,)`` float64, the score of the progression."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    return {"x": bunch.data, "y": bunch.target}


DATASET = Computed(
    name="diabetes",
    fingerprint="92dce1978e57ef4ac533b4d2900c909ffca43d15a05551f0677317e49fd2d65c",
    rule="sklearn.datasets.load_diabetes",
    compute=compute,
)
