"""Statistics over the seeds, compared with numbers computed by hand and with SciPy."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from practica.evidence.summary import summarise


def metrics(values: dict[tuple[int, int | None], float], data: str = "real") -> pd.DataFrame:
    rows = [("invented", "v", seed, fold, "test", "accuracy", value, data) for (seed, fold), value in values.items()]
    columns = ["exercise", "variant", "seed", "fold", "split", "metric", "value", "data"]
    return pd.DataFrame(rows, columns=columns).astype({"fold": "Int64"})


def test_mean_and_sample_deviation_by_hand() -> None:
    row = summarise(metrics({(0, None): 1.0, (1, None): 2.0, (2, None): 6.0})).iloc[0]
    assert row["mean"] == 3.0
    assert row["sd"] == pytest.approx(math.sqrt((4 + 1 + 9) / 2))
    assert row["n"] == 3
    assert row["data"] == "real"


def test_folds_are_averaged_within_their_seed_first() -> None:
    row = summarise(metrics({(0, 0): 0.0, (0, 1): 1.0, (1, 0): 0.5, (1, 1): 1.5, (1, 2): 1.0})).iloc[0]
    assert row["n"] == 2
    assert row["mean"] == pytest.approx((0.5 + 1.0) / 2)
    assert row["sd"] == pytest.approx(0.5 / math.sqrt(2))


@pytest.mark.parametrize("diverged", [math.nan, math.inf])
def test_a_seed_with_a_fold_that_diverged_is_left_out(diverged: float) -> None:
    result = metrics({(0, 0): 0.2, (0, 1): 0.4, (1, 0): 0.9, (1, 1): diverged, (2, 0): 0.5, (2, 1): 0.5})
    row = summarise(result).iloc[0]
    assert row["n"] == 2
    assert row["mean"] == pytest.approx(0.4)


def test_a_single_seed_has_no_spread() -> None:
    row = summarise(metrics({(3, None): 0.25})).iloc[0]
    assert row["mean"] == 0.25
    assert row[["sd", "low", "high"]].isna().all()
    assert row["n"] == 1


def test_the_interval_is_students() -> None:
    values = np.array([0.91, 0.93, 0.90, 0.97, 0.92])
    row = summarise(metrics({(seed, None): value for seed, value in enumerate(values)})).iloc[0]
    expected = stats.t.interval(0.95, 4, loc=values.mean(), scale=values.std(ddof=1) / math.sqrt(5))
    assert (row["low"], row["high"]) == pytest.approx(expected)
    assert (row["scale"], row["skewed"], row["median"]) == ("mean", False, 0.92)


def test_the_interval_of_an_error_is_on_logarithms() -> None:
    values = np.array([0.02, 0.03, 0.2])
    table = metrics({(seed, None): value for seed, value in enumerate(values)}).assign(metric="mse")
    row = summarise(table).iloc[0]
    logs = np.log(values)
    expected = stats.t.interval(0.95, 2, loc=logs.mean(), scale=logs.std(ddof=1) / math.sqrt(3))
    assert (row["low"], row["high"]) == pytest.approx(np.exp(expected))
    assert (row["scale"], row["skewed"], row["least"], row["greatest"]) == ("log", True, 0.02, 0.2)


def test_seeds_that_agree_give_no_interval() -> None:
    row = summarise(metrics({(seed, None): 0.5 for seed in range(4)})).iloc[0]
    assert (row["mean"], row["sd"]) == (0.5, 0.0)
    assert row[["low", "high"]].isna().all()


def test_an_interval_does_not_depend_on_what_else_is_summarised() -> None:
    values = {(seed, None): value for seed, value in enumerate([0.5, 0.6, 0.8])}
    alone, other = metrics(values), metrics(values).assign(variant="w", value=lambda rows: rows["value"] / 2)
    together = summarise(pd.concat([other, alone], ignore_index=True))
    assert together.iloc[1].tolist() == summarise(alone).iloc[0].tolist()
