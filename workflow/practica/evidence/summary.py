"""Summarise every metric over the seeds: mean, standard deviation, median, range and a 95 % interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from practica.evidence.blocks import REAL, STAND_IN
from practica.evidence.estimates import Estimate, estimate, possible, scale_of

GROUP = ["exercise", "variant", "split", "metric"]
NUMBERS = ["mean", "sd", "median", "least", "greatest", "low", "high"]
STATISTICS = [*NUMBERS, "scale", "skewed", "n"]


def summarise(metrics: pd.DataFrame, *, sequential: bool = False) -> pd.DataFrame:
    """Return the estimate of every metric over its seeds, in the order of ``metrics``.

    Seeds that diverged are left out; ``n`` says how many remain.
    """
    seeds = over_folds(metrics, [*GROUP, "seed"])
    groups = [(key, group.to_numpy()) for key, group in seeds.groupby(level=GROUP, sort=False)]
    rows = pd.DataFrame([key for key, _ in groups], columns=GROUP)
    rows = rows.join(
        statistics([values for _, values in groups], rows["metric"].astype(str).tolist(), sequential=sequential)
    )
    stand_in = metrics.loc[metrics["data"] == STAND_IN, ["exercise", "variant"]].drop_duplicates()
    stand_ins = set(stand_in.itertuples(index=False, name=None))
    pairs = zip(rows["exercise"], rows["variant"], strict=True)
    rows["data"] = [STAND_IN if pair in stand_ins else REAL for pair in pairs]
    return rows


def over_folds(rows: pd.DataFrame, keys: list[str], how: str = "mean") -> pd.Series:
    """Return the mean (or another statistic) of ``value`` over the folds of each seed; ``keys`` identify a seed's rows.

    Folds share training data, so only seeds count as repetitions. A seed with a diverged fold is left out: the mean of
    its other folds would be of other data than that of the variants it is compared with.
    """
    values = rows["value"].astype(float)  # an empty column has no type of its own
    folds = values.where(np.isfinite(values)).groupby([rows[key] for key in keys], sort=False, observed=True)
    return folds.agg(how)[folds.count() == folds.size()]


def statistics(samples: Sequence[np.ndarray], metrics: Sequence[str], *, sequential: bool = False) -> pd.DataFrame:
    """Return the estimate from every sample of a metric, one per row."""
    pairs = zip(samples, metrics, strict=True)
    return table_of([estimate(values, scale_of(m), possible(m), sequential=sequential) for values, m in pairs])


def table_of(estimates: Sequence[Estimate]) -> pd.DataFrame:
    """Return one row for each estimate, with NaN if it has no spread or no interval."""
    table = pd.DataFrame([asdict(each) for each in estimates], columns=STATISTICS)
    return table.astype(dict.fromkeys(NUMBERS, float))


def estimate_fields(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the fields of an estimate from a row of such a table."""
    numbers = {name: None if pd.isna(row[name]) else float(row[name]) for name in NUMBERS}
    return {**numbers, "n": int(row["n"]), "scale": str(row["scale"]), "skewed": bool(row["skewed"])}
