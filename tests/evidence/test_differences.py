"""Paired differences between variants, compared with numbers computed by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evidence.factory import fill, make_study
from practica.config.study import Study
from practica.evidence.collect import METRICS_COLUMNS, collect
from practica.evidence.differences import COLUMNS, differences
from practica.evidence.results import Results
from toy import resolve


def study(**variants: str) -> Study:
    """Return a study of one exercise whose variants have these data sets."""
    return resolve(
        {"exercises": {"invented": {"dataset": "walks", "variants": {k: {"dataset": v} for k, v in variants.items()}}}}
    )


def metrics(values: dict[str, dict[int, float]], data: str = "real", metric: str = "accuracy") -> pd.DataFrame:
    rows = [
        ("invented", variant, seed, None, "test", metric, value, data)
        for variant, by_seed in values.items()
        for seed, value in by_seed.items()
    ]
    return pd.DataFrame(rows, columns=METRICS_COLUMNS).astype({"fold": "Int64"})


TWO = study(first="walks", second="walks")


def compared(study: Study, table: pd.DataFrame, folder: Path = Path("nowhere")) -> pd.DataFrame:
    """Return the differences of a study without records of its runs."""
    return differences(Results(study, folder), table)


def test_seeds_pair_up_and_the_later_variant_comes_first() -> None:
    table = metrics({"first": {0: 0.5, 1: 0.9, 2: 0.1}, "second": {1: 1.0, 0: 0.7, 3: 0.2}})
    (row,) = compared(TWO, table).to_dict("records")
    assert (row["variant"], row["minus"], row["split"], row["metric"], row["n"]) == (
        "second", "first", "test", "accuracy", 2,
    )  # fmt: skip
    assert row["mean"] == pytest.approx(0.15)
    assert row["sd"] == pytest.approx(0.1 / 2**0.5)


def test_the_interval_is_that_of_the_differences_and_narrower_than_those_of_the_variants() -> None:
    level = np.random.default_rng(2).uniform(0.2, 0.8, 8)
    better = np.random.default_rng(3).uniform(0.01, 0.02, 8)
    table = metrics({"first": dict(enumerate(level)), "second": dict(enumerate(level + better))})
    (row,) = compared(TWO, table).to_dict("records")
    expected = stats.t.interval(0.95, 7, loc=better.mean(), scale=stats.sem(better))
    assert (row["low"], row["high"]) == pytest.approx(expected)
    assert row["p"] == row["p_holm"] == pytest.approx(stats.ttest_rel(level + better, level).pvalue)
    assert row["significant"]
    assert row["kind"] == "difference"


def test_errors_are_divided_by_each_other_on_logarithms() -> None:
    first, second = np.array([0.1, 0.2, 0.4, 0.1]), np.array([0.05, 0.12, 0.2, 0.04])
    table = metrics({"first": dict(enumerate(first)), "second": dict(enumerate(second))}, metric="mse")
    (row,) = compared(TWO, table).to_dict("records")
    logs = np.log(second / first)
    assert (row["kind"], row["scale"]) == ("ratio", "log")
    assert row["median"] == pytest.approx(np.median(second / first))
    ends = np.exp(stats.t.interval(0.95, 3, loc=logs.mean(), scale=stats.sem(logs)))
    assert (row["low"], row["high"]) == pytest.approx(tuple(ends))
    assert row["p"] == pytest.approx(stats.ttest_1samp(logs, 0.0).pvalue)


def test_an_interval_of_a_difference_ends_at_what_two_accuracies_allow() -> None:
    table = metrics({"first": {0: 0.0, 1: 0.1, 2: 0.9}, "second": {0: 1.0, 1: 1.0, 2: 1.0}})
    (row,) = compared(TWO, table).to_dict("records")
    assert -1 < row["low"] < 0 and row["high"] == 1.0, "Student's interval alone ends at 1.8"


def test_what_is_looked_at_together_is_corrected_together() -> None:
    rng = np.random.default_rng(0)
    names = [f"v{place}" for place in range(8)]
    table = metrics({name: dict(enumerate(rng.normal(0.9, 0.01, 5))) for name in names})
    result = compared(study(**dict.fromkeys(names, "walks")), table)
    assert len(result) == 28
    assert (result["p"] < 0.05).any()  # of so many, one or two are so by chance
    assert not result["significant"].any()
    assert (result["p_holm"] >= result["p"]).all()
    assert result["p_holm"].min() == pytest.approx(28 * result["p"].min())


def test_a_pair_with_a_fold_that_diverged_is_left_out() -> None:
    table = metrics({"first": {0: 0.5, 1: 0.5}, "second": {0: 0.7, 1: 0.6}})
    broken = table.assign(fold=0, value=np.where(table["seed"] == 1, np.inf, table["value"])).tail(2)
    (row,) = compared(TWO, pd.concat([table.assign(fold=1), broken], ignore_index=True)).to_dict("records")
    assert row["n"] == 1
    assert row["mean"] == pytest.approx(0.2)


def test_what_float_arithmetic_adds_is_not_significant() -> None:
    tie = 0.1 + 0.2 - 0.3  # not zero
    table = metrics({"first": dict.fromkeys(range(6), 0.0), "second": dict.fromkeys(range(6), tie)})
    (row,) = compared(TWO, table).to_dict("records")
    assert row["mean"] > 0
    assert row["p"] == 1.0
    assert not row["significant"]


@pytest.mark.parametrize("n", [1, 2])
def test_under_three_pairs_nothing_is_significant(n: int) -> None:
    table = metrics({"first": dict.fromkeys(range(n), 0.1), "second": {seed: 0.9 + seed / 100 for seed in range(n)}})
    (row,) = compared(TWO, table).to_dict("records")
    assert not row["significant"]
    assert np.isnan(row["p"])
    assert np.isnan(row["low"]) == (n == 1)


def test_an_interval_around_zero_is_not_significant() -> None:
    table = metrics(
        {"first": dict.fromkeys(range(6), 0.5), "second": dict(enumerate([0.4, 0.6, 0.45, 0.55, 0.3, 0.7]))}
    )
    (row,) = compared(TWO, table).to_dict("records")
    assert not row["significant"]
    assert row["p"] > 0.5


def test_only_variants_on_the_same_data_are_compared() -> None:
    three = study(first="walks", second="crescents", third="walks")
    table = metrics({name: dict.fromkeys(range(5), 0.5) for name in ("first", "second", "third")})
    result = compared(three, table)
    assert result[["variant", "minus"]].to_numpy().tolist() == [["third", "first"]]


def test_values_of_the_best_epoch_are_left_out_and_stand_ins_marked() -> None:
    values = {"first": {0: 0.5, 1: 0.6}, "second": {0: 0.7, 1: 0.8}}
    table = pd.concat([metrics(values, "STAND-IN"), metrics(values, "STAND-IN", metric="best_accuracy")])
    (row,) = compared(TWO, table).to_dict("records")
    assert (row["metric"], row["data"]) == ("accuracy", "STAND-IN")


def test_generated_data_test_nothing() -> None:
    values = {"first": {seed: 0.5 + seed / 1000 for seed in range(9)}, "second": dict.fromkeys(range(9), 0.9)}
    (real,), (generated,) = (compared(TWO, metrics(values, kind)).to_dict("records") for kind in ("real", "STAND-IN"))
    assert real["significant"] and not generated["significant"]
    assert np.isnan(generated["p"]) and np.isnan(generated["p_holm"])
    assert generated["mean"] == real["mean"]


def test_no_pair_leaves_an_empty_table_with_its_columns() -> None:
    assert compared(TWO, metrics({"first": {0: 0.5}})).columns.tolist() == COLUMNS


@pytest.mark.parametrize(("seeds", "significant"), [(3, False), (5, False), (6, True)])
def test_pairs_that_all_agree_may_do_so_by_chance(seeds: int, significant: bool) -> None:
    table = metrics({"first": dict.fromkeys(range(seeds), 0.5), "second": dict.fromkeys(range(seeds), 0.7)})
    (row,) = compared(TWO, table).to_dict("records")
    assert np.isnan(row["low"])
    assert (row["p"], row["significant"]) == (pytest.approx(2 / 2**seeds), significant)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [("epochs", 9, "epochs 12 / 9"), ("precision", "mixed_bfloat16", "precision float32 / mixed_bfloat16"),
     ("fingerprint", "beef", "data f00d / beef"), ("data", "STAND-IN", "data real / STAND-IN")],
)  # fmt: skip
def test_variants_on_unequal_terms_have_no_p(tmp_path: Path, column: str, value: object, says: str) -> None:
    study = make_study({"steps": ["dense", "conv"]}, seeds=5)
    fill(study, tmp_path)
    collect(study, tmp_path)
    result = Results(study, tmp_path)
    assert differences(result, result.metrics)["p"].notna().all()
    result = Results(study, tmp_path)
    result.runs.loc[result.runs["variant"] == "conv", column] = value
    table = differences(result, result.metrics)
    assert set(table["unequal"]) == {says}
    assert table["p"].isna().all()
    assert not table["significant"].any()


def test_the_study_keeps_its_differences(tmp_path: Path) -> None:
    study = make_study({"moons": ["raw", "corrected", "wider"]}, seeds=5)
    fill(study, tmp_path)
    collect(study, tmp_path)
    table = pd.read_csv(tmp_path / "differences.csv")
    pairs = table[["variant", "minus"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["corrected", "raw"], ["wider", "raw"], ["wider", "corrected"]]
    summary = pd.read_csv(tmp_path / "summary.csv").set_index(["variant", "split", "metric"])["mean"]
    for row in table[table["metric"] == "accuracy"].to_dict("records"):
        which = row["split"], row["metric"]
        assert row["mean"] == pytest.approx(summary[row["variant"], *which] - summary[row["minus"], *which])
    assert set(table.loc[table["metric"] == "loss", "kind"]) == {"ratio"}
