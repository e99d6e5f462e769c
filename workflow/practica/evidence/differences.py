"""Compare the variants of an exercise, seed by seed."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from practica.address import PREFIXES
from practica.evidence.blocks import REAL, STAND_IN
from practica.evidence.claims import NEUTRAL, declared
from practica.evidence.equal_terms import unlike
from practica.evidence.estimates import (
    ALPHA,
    ANYTHING,
    LOG,
    MEAN,
    between,
    estimate,
    holm,
    p_differs,
    possible,
    scale_of,
    usable,
)
from practica.evidence.results import Results
from practica.evidence.rules import FEWEST
from practica.evidence.summary import STATISTICS, over_folds, table_of

PAIR = ["exercise", "variant", "minus", "split", "metric"]
COLUMNS = [*PAIR, "kind", *STATISTICS, "p", "p_holm", "significant", "unequal", "data"]
DIFFERENCE, RATIO = "difference", "ratio"


def differences(results: Results, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``variant`` against ``minus`` over seeds, for every two variants on the same data and every final metric.

    Final metrics are evaluated with the weights of the last epoch. Variants share the data seed, so their seeds form
    pairs; variants of different protocols are not compared. Folds are averaged within their seed first. Errors and
    losses are compared by their ratio, everything else by its difference. ``significant`` says whether ``p_holm``,
    which is corrected for all rows, is under 0.05; it is never true with too few pairs, on generated data, or if the
    two were trained on unequal terms.
    """
    rows = paired_values(results, metrics)
    table = pd.DataFrame(rows, columns=[*PAIR, "kind", "values", "unequal", "data"])
    samples = table["values"].tolist()
    scales = [LOG if kind == RATIO else MEAN for kind in table["kind"]]
    how = results.study.sequential
    bounds = [
        ANYTHING if kind == RATIO else between(possible(metric), possible(metric))
        for kind, metric in zip(table["kind"], table["metric"].astype(str), strict=True)
    ]
    each = zip(samples, scales, bounds, strict=True)
    table = table.join(table_of([estimate(values, scale, ends, sequential=how) for values, scale, ends in each]))
    tested = (table["n"] >= FEWEST) & (table["unequal"] == "") & (table["data"] == REAL)
    table["p"] = [
        p_differs(values, NEUTRAL[kind], scale, sequential=how) if test else np.nan
        for values, kind, scale, test in zip(samples, table["kind"], scales, tested, strict=True)
    ]
    table["p_holm"] = np.nan
    table.loc[tested, "p_holm"] = holm(table.loc[tested, "p"].tolist())
    table["significant"] = table["p_holm"] < ALPHA
    return table[COLUMNS]


def paired_values(results: Results, metrics: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return the names, the comparison by seed, the unequal terms and the kind of data of everything to compare."""
    study = results.study
    final = metrics[~metrics["metric"].astype(str).str.startswith(PREFIXES)]
    stand_in = set(metrics.loc[metrics["data"] == STAND_IN, ["exercise", "variant"]].itertuples(index=False, name=None))
    claims = declared(study).claims
    differences: list[tuple[Any, ...]] = []
    for exercise in study.exercises:
        rows = final[final["exercise"] == exercise]
        pairs = {
            pair: unlike(results, (exercise, pair[0]), (exercise, pair[1]), claims)
            for protocol in study.protocols or ("",)
            for pair in combinations(study.variants(exercise, protocol), 2)
            if study.dataset(exercise, pair[0]) == study.dataset(exercise, pair[1])
        }
        keys: Any = ["split", "metric"]
        for (split, metric), values in rows.groupby(keys, sort=False, observed=True):
            table = over_folds(values, ["seed", "variant"]).unstack("variant").sort_index()
            for (first, second), differs in pairs.items():
                if first in table and second in table:
                    both = table[[first, second]].dropna()
                    kind, seeds = _comparison(both[first].to_numpy(), both[second].to_numpy(), str(metric))
                    data = STAND_IN if {(exercise, first), (exercise, second)} & stand_in else REAL
                    if len(seeds):
                        differences.append((exercise, second, first, split, metric, kind, seeds, differs, data))
    return differences


def _comparison(first: np.ndarray, second: np.ndarray, metric: str) -> tuple[str, np.ndarray]:
    if usable(scale_of(metric), np.concatenate([first, second])) == LOG:
        return RATIO, second / first
    return DIFFERENCE, second - first
