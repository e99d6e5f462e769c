"""The curve of a metric over the epochs, reduced over runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Curve:
    """A metric over the epochs: mean and band, ``(epochs,)`` each, over ``n`` seeds.

    The band is the range over the seeds, or mean ± ``sd`` if the spread is the one over the folds; ``seeds`` holds the
    curve of each seed. For running means, ``evaluated`` is the mean of the same metric evaluated at the end.
    """

    epochs: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int
    folds: int
    stand_in: bool
    evaluated: float | None = None
    seeds: Mapping[int, np.ndarray] = field(default_factory=dict)


def curve_of(table: pd.DataFrame, spread: str, stand_in: bool) -> Curve:
    """Reduce a table with one column per run, ``(seed, fold)``, and one row per epoch to a curve with its band."""
    by_seed = table.T.groupby(level="seed")
    means = by_seed.mean().T
    mean = means.mean(axis=1)
    if spread == "folds":
        sd = by_seed.std().T.mean(axis=1)
        low, high = mean - sd, mean + sd
    else:
        sd, low, high = means.std(axis=1), means.min(axis=1), means.max(axis=1)
    return Curve(
        epochs=table.index.to_numpy(),
        mean=mean.to_numpy(),
        sd=sd.to_numpy(),
        low=low.to_numpy(),
        high=high.to_numpy(),
        n=means.shape[1],
        folds=table.columns.get_level_values("fold").nunique(),
        stand_in=stand_in,
        seeds={int(str(seed)): means[seed].to_numpy() for seed in means},
    )
