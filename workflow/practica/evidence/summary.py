"""Summarise every metric over the seeds: mean, standard deviation and a bootstrap interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from practica.evidence.blocks import REAL, STAND_IN

GROUP = ["exercise", "variant", "split", "metric"]
CONFIDENCE = 0.95
RESAMPLES = 9999
ROWS_AT_ONCE = 64
NUMBERS_AT_ONCE = 4_000_000
"""Bounds the memory of one batch of resamples, which holds rows x resamples x seeds numbers."""


@dataclass(frozen=True)
class Estimate:
    """A mean over ``n`` seeds; its standard deviation and 95 % interval need two."""

    mean: float
    sd: float | None
    low: float | None
    high: float | None
    n: int


def summarise(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return mean, sd, 95 % interval and number of seeds of every metric, in the order of ``metrics``.

    Seeds that diverged are left out, and ``n`` says how many remain.
    """
    seeds = over_folds(metrics, [*GROUP, "seed"])
    groups = [(key, group.to_numpy()) for key, group in seeds.groupby(level=GROUP, sort=False)]
    rows = pd.DataFrame([key for key, _ in groups], columns=GROUP).join(statistics([values for _, values in groups]))
    stand_in = metrics.loc[metrics["data"] == STAND_IN, ["exercise", "variant"]].drop_duplicates()
    marked = set(stand_in.itertuples(index=False, name=None))
    pairs = zip(rows["exercise"], rows["variant"], strict=True)
    rows["data"] = [STAND_IN if pair in marked else REAL for pair in pairs]
    return rows


def over_folds(rows: pd.DataFrame, keys: list[str], how: str = "mean") -> pd.Series:
    """Return the mean (or other statistic) of ``value`` over the folds of each seed; ``keys`` say which rows are those.

    Folds share training data, so that only seeds count as repetitions. A seed one of whose folds diverged is left out:
    the mean of the others would be of other data than that of the variants it is compared with.
    """
    values = rows["value"].astype(float)  # without rows it has no type of its own
    folds = values.where(np.isfinite(values)).groupby([rows[key] for key in keys], sort=False, observed=True)
    return folds.agg(how)[folds.count() == folds.size()]


def statistics(samples: Sequence[np.ndarray]) -> pd.DataFrame:
    """Return mean, sd, 95 % interval and size of every sample; a single value has no spread."""
    rows = pd.DataFrame({"mean": [float(values.mean()) for values in samples]}, dtype=float)
    rows["sd"] = [float(values.std(ddof=1)) if len(values) > 1 else np.nan for values in samples]
    rows[["low", "high"]] = _intervals(samples)
    rows["n"] = [len(values) for values in samples]
    return rows


def estimate(values: Sequence[float] | np.ndarray) -> Estimate:
    """Return the statistics of one sample, which is not empty."""
    row = statistics([np.asarray(values, dtype=float)]).iloc[0]
    sd, low, high = (None if np.isnan(row[key]) else float(row[key]) for key in ("sd", "low", "high"))
    return Estimate(float(row["mean"]), sd, low, high, int(row["n"]))


def _intervals(samples: Sequence[np.ndarray]) -> np.ndarray:
    """Return the interval of the mean of every sample, ``(samples, 2)``; NaN for a single seed."""
    result = np.full((len(samples), 2), np.nan)
    sizes = np.array([len(values) for values in samples], dtype=int)
    for size in sorted(set(sizes[sizes > 1].tolist())):
        rows = np.flatnonzero(sizes == size)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            chunk = rows[start : start + ROWS_AT_ONCE]
            result[chunk] = bootstrap_interval(np.stack([samples[row] for row in chunk]))
    return result


def bootstrap_interval(values: np.ndarray) -> np.ndarray:
    """Return the 95 % percentile bootstrap interval of the mean of each row, ``(rows, seeds) -> (rows, 2)``.

    The percentile method is defined when all seeds agree, which BCa is not. Every row sees the same resamples, so that
    an interval depends on its own values only, not on what else the study runs.
    """
    from scipy import stats  # a second of start-up, which every figure and table would pay, too

    interval = stats.bootstrap(
        (values,),
        np.mean,
        axis=-1,
        n_resamples=RESAMPLES,
        batch=max(1, NUMBERS_AT_ONCE // values.size),
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return np.stack([interval.low, interval.high], axis=-1)
