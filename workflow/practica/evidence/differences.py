"""Compare the variants of an exercise, seed by seed."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from practica.config import Study
from practica.evidence.blocks import REAL, STAND_IN
from practica.evidence.rules import FEWEST, NOISE
from practica.evidence.summary import over_folds, statistics

COLUMNS = [
    "exercise", "variant", "minus", "split", "metric", "mean", "sd", "low", "high", "n", "p", "significant", "data",
]  # fmt: skip


def differences(study: Study, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return, for every two variants on the same data and every final metric, ``variant`` less ``minus`` over seeds.

    Variants share the data seed, so that they pair up; folds are averaged within their seed first. ``significant`` is
    whether the 95 % interval leaves out zero, and never so with fewer than five pairs.
    """
    found = _paired(study, metrics)
    samples = [values for _, values, _ in found]
    rows = pd.DataFrame([key for key, _, _ in found], columns=COLUMNS[:5]).join(statistics(samples))
    rows["p"] = [sign_flip(values) if len(values) >= FEWEST else np.nan for values in samples]
    rows["significant"] = (rows["n"] >= FEWEST) & ((rows["low"] > NOISE) | (rows["high"] < -NOISE))
    rows["data"] = [data for _, _, data in found]
    return rows[COLUMNS]


def sign_flip(values: np.ndarray) -> float:
    """Return the two-sided p of paired differences ``(seeds,)`` under the hypothesis that their signs are chance.

    Exact up to thirteen seeds. With five it cannot fall below 1/16: read it beside the interval.
    """
    if not np.any(values):
        return 1.0
    from scipy import stats  # slow to import, and only this needs it

    test = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", vectorized=True, rng=np.random.default_rng(0)
    )
    return float(test.pvalue)


def _paired(study: Study, metrics: pd.DataFrame) -> list[tuple[tuple[Any, ...], np.ndarray, str]]:
    """Return the names, the differences by seed and the kind of data of everything that can be compared."""
    final = metrics[~metrics["metric"].astype(str).str.startswith("best_")]
    stand_in = set(metrics.loc[metrics["data"] == STAND_IN, ["exercise", "variant"]].itertuples(index=False, name=None))
    found: list[tuple[tuple[Any, ...], np.ndarray, str]] = []
    for exercise in study.exercises:
        rows = final[final["exercise"] == exercise]
        keys: Any = ["split", "metric"]
        for (split, metric), values in rows.groupby(keys, sort=False, observed=True):
            table = over_folds(values, ["seed", "variant"]).unstack("variant").sort_index()
            for first, second in combinations((name for name in study.variants(exercise) if name in table), 2):
                pairs = (table[second] - table[first]).dropna().to_numpy()
                if len(pairs) and study.dataset(exercise, first) == study.dataset(exercise, second):
                    data = STAND_IN if {(exercise, first), (exercise, second)} & stand_in else REAL
                    found.append(((exercise, second, first, split, metric), pairs, data))
    return found
