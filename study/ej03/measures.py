"""Measure what a claim says of settings, so that a configuration that changes them changes the verdict."""

from __future__ import annotations

import pandas as pd

from practica.evidence.results import Results


def penalty(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the factor of the L2 penalty, the same for every seed that has run."""
    seeds = results.per_seed(exercise, variant, "train", "accuracy").index
    return pd.Series(float(results.study.settings(exercise, variant).get("l2") or 0), index=seeds)
