"""Paired differences between variants, against numbers worked out by hand."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evidence.factory import fill, make_study
from practica.config import Study
from practica.evidence.collect import METRICS_COLUMNS, collect
from practica.evidence.differences import COLUMNS, differences, sign_flip
from practica.evidence.summary import bootstrap_interval


def study(**variants: str) -> Study:
    """Return a study of one exercise whose variants have these data sets."""
    return Study.resolve(
        {"exercises": {"ej99": {"dataset": "mnist", "variants": {k: {"dataset": v} for k, v in variants.items()}}}}
    )


def metrics(values: dict[str, dict[int, float]], data: str = "real", metric: str = "accuracy") -> pd.DataFrame:
    rows = [
        ("ej99", variant, seed, None, "test", metric, value, data)
        for variant, by_seed in values.items()
        for seed, value in by_seed.items()
    ]
    return pd.DataFrame(rows, columns=METRICS_COLUMNS).astype({"fold": "Int64"})


TWO = study(first="mnist", second="mnist")


def test_seeds_pair_up_and_the_later_variant_comes_first() -> None:
    table = metrics({"first": {0: 0.5, 1: 0.9, 2: 0.1}, "second": {1: 1.0, 0: 0.7, 3: 0.2}})
    (row,) = differences(TWO, table).to_dict("records")
    assert (row["variant"], row["minus"], row["split"], row["metric"], row["n"]) == (
        "second", "first", "test", "accuracy", 2,
    )  # fmt: skip
    assert row["mean"] == pytest.approx(0.15)
    assert row["sd"] == pytest.approx(0.1 / 2**0.5)


def test_the_interval_is_that_of_the_differences_and_narrower_than_those_of_the_variants() -> None:
    level = np.random.default_rng(2).uniform(0.2, 0.8, 8)
    better = np.random.default_rng(3).uniform(0.01, 0.02, 8)
    table = metrics({"first": dict(enumerate(level)), "second": dict(enumerate(level + better))})
    (row,) = differences(TWO, table).to_dict("records")
    assert [row["low"], row["high"]] == pytest.approx(bootstrap_interval(better[None])[0].tolist(), abs=1e-12)
    assert row["significant"]
    assert row["p"] == pytest.approx(2 / 2**8)


def test_a_pair_with_a_fold_that_diverged_is_left_out() -> None:
    table = metrics({"first": {0: 0.5, 1: 0.5}, "second": {0: 0.7, 1: 0.6}})
    broken = table.assign(fold=0, value=np.where(table["seed"] == 1, np.inf, table["value"])).tail(2)
    (row,) = differences(TWO, pd.concat([table.assign(fold=1), broken], ignore_index=True)).to_dict("records")
    assert row["n"] == 1
    assert row["mean"] == pytest.approx(0.2)


def test_what_float_arithmetic_adds_is_not_significant() -> None:
    tie = 0.1 + 0.2 - 0.3  # not zero
    table = metrics({"first": dict.fromkeys(range(6), 0.0), "second": dict.fromkeys(range(6), tie)})
    (row,) = differences(TWO, table).to_dict("records")
    assert row["low"] > 0
    assert not row["significant"]


@pytest.mark.parametrize("n", [1, 2, 4])
def test_under_five_pairs_nothing_is_significant(n: int) -> None:
    table = metrics({"first": dict.fromkeys(range(n), 0.1), "second": {seed: 0.9 + seed / 100 for seed in range(n)}})
    (row,) = differences(TWO, table).to_dict("records")
    assert not row["significant"]
    assert np.isnan(row["p"])
    assert np.isnan(row["low"]) == (n == 1)


def test_an_interval_around_zero_is_not_significant() -> None:
    table = metrics(
        {"first": dict.fromkeys(range(6), 0.5), "second": dict(enumerate([0.4, 0.6, 0.45, 0.55, 0.3, 0.7]))}
    )
    (row,) = differences(TWO, table).to_dict("records")
    assert not row["significant"]
    assert row["p"] > 0.5


def test_only_variants_on_the_same_data_are_compared() -> None:
    three = study(first="mnist", second="cifar10", third="mnist")
    table = metrics({name: dict.fromkeys(range(5), 0.5) for name in ("first", "second", "third")})
    found = differences(three, table)
    assert found[["variant", "minus"]].to_numpy().tolist() == [["third", "first"]]


def test_values_of_the_best_epoch_are_left_out_and_stand_ins_marked() -> None:
    values = {"first": {0: 0.5, 1: 0.6}, "second": {0: 0.7, 1: 0.8}}
    table = pd.concat([metrics(values, "STAND-IN"), metrics(values, "STAND-IN", metric="best_accuracy")])
    (row,) = differences(TWO, table).to_dict("records")
    assert (row["metric"], row["data"]) == ("accuracy", "STAND-IN")


def test_no_pair_leaves_an_empty_table_with_its_columns() -> None:
    assert differences(TWO, metrics({"first": {0: 0.5}})).columns.tolist() == COLUMNS


def test_the_sign_flip_test_counts_all_signs() -> None:
    values = np.array([0.3, -0.1, 0.4, 0.2, 0.6])
    means = [np.mean(values * signs) for signs in itertools.product([1, -1], repeat=5)]
    assert sign_flip(values) == pytest.approx(2 * np.mean(np.array(means) >= values.mean() - 1e-12))
    assert sign_flip(np.abs(values)) == pytest.approx(1 / 16)
    assert sign_flip(np.zeros(5)) == 1.0


def test_the_study_keeps_its_differences(tmp_path: Path) -> None:
    study = make_study({"ej06": ["raw", "corrected", "wider"]}, seeds=5)
    fill(study, tmp_path)
    collect(study, tmp_path)
    table = pd.read_csv(tmp_path / "differences.csv")
    pairs = table[["variant", "minus"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["corrected", "raw"], ["wider", "raw"], ["wider", "corrected"]]
    summary = pd.read_csv(tmp_path / "summary.csv").set_index(["variant", "split", "metric"])["mean"]
    for row in table.to_dict("records"):
        which = row["split"], row["metric"]
        assert row["mean"] == pytest.approx(summary[row["variant"], *which] - summary[row["minus"], *which])
