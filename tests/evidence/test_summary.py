"""Statistics over the seeds, against numbers worked out by hand and against SciPy."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from practica.evidence.summary import RESAMPLES, bootstrap_interval, summarise


def metrics(values: dict[tuple[int, int | None], float], data: str = "real") -> pd.DataFrame:
    rows = [("ej99", "v", seed, fold, "test", "accuracy", value, data) for (seed, fold), value in values.items()]
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
    found = metrics({(0, 0): 0.2, (0, 1): 0.4, (1, 0): 0.9, (1, 1): diverged, (2, 0): 0.5, (2, 1): 0.5})
    row = summarise(found).iloc[0]
    assert row["n"] == 2
    assert row["mean"] == pytest.approx(0.4)


def test_a_single_seed_has_no_spread() -> None:
    row = summarise(metrics({(3, None): 0.25})).iloc[0]
    assert row["mean"] == 0.25
    assert row[["sd", "low", "high"]].isna().all()
    assert row["n"] == 1


def test_the_interval_is_scipys() -> None:
    values = np.array([0.91, 0.93, 0.90, 0.97, 0.92])
    row = summarise(metrics({(seed, None): value for seed, value in enumerate(values)})).iloc[0]
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert (row["low"], row["high"]) == pytest.approx(tuple(expected), abs=1e-12)
    assert row["low"] < row["mean"] < row["high"]


def test_seeds_that_agree_give_an_interval_without_width() -> None:
    row = summarise(metrics({(seed, None): 0.5 for seed in range(4)})).iloc[0]
    assert (row["low"], row["mean"], row["high"], row["sd"]) == (0.5, 0.5, 0.5, 0.0)


def test_an_interval_does_not_depend_on_what_else_is_summarised() -> None:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(150, 6))
    together = bootstrap_interval(rows)
    assert np.array_equal(together[17], bootstrap_interval(rows[17:18])[0])


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    intervals = bootstrap_interval(np.random.default_rng(1).normal(size=(400, 20)))
    covered = np.mean((intervals[:, 0] < 0) & (intervals[:, 1] > 0))
    # The percentile interval of 20 normal values is a little narrow.
    assert 0.89 < covered < 0.97
