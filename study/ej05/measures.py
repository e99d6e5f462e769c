"""Measure the error of the map against the variance of what it predicts, which depends on where x(t-1) lies."""

from __future__ import annotations

import pandas as pd

from practica.evidence.results import Results

ON_A_PATH = 1 / 8
"""The variance of x(t) along a chaotic path, whose values follow the arcsine distribution."""
ON_A_GRID = 4 / 45
"""The variance of 4x(1 - x) where x is uniform between zero and one."""


def relative_mse(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return the mean squared test error divided by the variance of x(t), by seed."""
    on_grid = results.study.settings(exercise, variant).get("grid_points")
    return results.per_seed(exercise, variant, "test", "mse") / (ON_A_GRID if on_grid else ON_A_PATH)
