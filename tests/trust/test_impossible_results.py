"""Results that no study can produce are named, with file, line or run and what to do, and never used."""

import gzip
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from paper.factory import fill
from practica.cli import main
from practica.config.study import Study
from practica.evidence.plausibility import limits, stops_early
from practica.files import write_json
from toy import toy_study


@pytest.fixture(scope="module")
def study() -> Study:
    exercises = toy_study().config["exercises"]
    return toy_study(exercises={name: {**exercises[name], "seeds_per_job": 1} for name in ("moons", "steps")})


@pytest.fixture(scope="module")
def whole(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "results"
    fill(study, folder)
    write_json(folder / "study.json", dict(study.config))
    return folder


@pytest.fixture
def results(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "results")
    return tmp_path / "results"


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def write(path: Path, table: pd.DataFrame) -> None:
    text = table.to_csv(index=False, lineterminator="\n").encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def where(table: pd.DataFrame, **fields: str) -> int:
    """Return the place of the first row with these values."""
    rows = table
    for name, value in fields.items():
        rows = rows[rows[name] == value]
    return int(rows.index[0])


def said(results: Path, *words: str) -> str:
    """Run a command that must stop with exit code 2, and return its sentence."""
    command = [*words, "--results", str(results)]
    command += [] if words[0] in ("crate", "deposit") else ["--study", str(results / "study.json")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.output.startswith("practica: ") and result.output.count("\n") == 1, result.output
    return result.output


ACCURACY = {"exercise": "steps", "variant": "conv", "seed": "1", "split": "test", "metric": "accuracy"}


@pytest.mark.parametrize(
    ("metric", "value", "message"),
    [
        ("accuracy", "7", "accuracy is 7, which cannot be above 1"),
        ("accuracy", "-3", "accuracy is -3, which cannot be below 0"),
        ("best_accuracy", "1.01", "best_accuracy is 1.01, which cannot be above 1"),
        ("loss", "1e300", "loss is 1e+300, which cannot be above 3.40282e+38"),
        ("loss", "inf", "loss is inf, which cannot be above 3.40282e+38"),
        ("accuracy", "-inf", "accuracy is -inf, which cannot be below 0"),
        ("loss", "-1e200", "loss is -1e+200, which cannot be below -3.40282e+38"),
    ],
)
@pytest.mark.parametrize(
    "words", [["statistics"], ["claims"], ["table", "table2"], ["figure", "fig1a"], ["page"], ["paper"]], ids=" ".join
)
def test_an_impossible_value_is_named_with_its_line(results, words, metric, value, message) -> None:
    table = read(results / "metrics.csv")
    place = where(table, **ACCURACY | {"metric": metric})
    table.loc[place, "value"] = value
    write(results / "metrics.csv", table)
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    sentence = said(results, *words)
    assert f"{results / 'metrics.csv'}, line {place + 2}: steps/conv, seed 1, test {metric}: {message}" in sentence
    assert "delete it and run snakemake again" in sentence
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("metric", "", "there is no metric"),
        ("split", "", "there is no split"),
        ("exercise", "", "there is no exercise"),
        ("split", "tset", "split is 'tset', none of train, validation, test, timing"),
        ("exercise", "other", "the study has no other/raw"),
        ("variant", "rwa", "the study has no moons/rwa"),
        ("data", "rael", "data is 'rael', neither real nor STAND-IN"),
        ("data", "", "there is no data"),
        ("value", "", "there is no value"),
        ("seed", "1e300", "malformed"),
    ],
)
def test_a_row_that_does_not_tell_what_it_is_about_is_named(results, column: str, value: str, message: str) -> None:
    table = read(results / "metrics.csv")
    table.loc[4, column] = value
    write(results / "metrics.csv", table)
    sentence = said(results, "statistics")
    assert message == "malformed" or "metrics.csv, line 6: " in sentence
    assert message in sentence


def test_a_row_of_too_many_cells_is_named_in_one_line(results) -> None:
    lines = (results / "metrics.csv").read_text().splitlines()
    lines[5] += ",1,2"
    (results / "metrics.csv").write_text("\n".join(lines) + "\n")
    assert said(results, "statistics").strip().count("\n") == 0


def test_a_row_that_is_there_twice_is_named_with_both_lines(results) -> None:
    table = read(results / "metrics.csv")
    place = where(table, **ACCURACY)
    table = pd.concat([table, table.iloc[[place]].assign(value="0.5")])
    write(results / "metrics.csv", table)
    sentence = said(results, "statistics")
    assert f"line {len(table) + 1}: steps/conv, seed 1, test accuracy stands in line {place + 2} already" in sentence


@pytest.mark.parametrize("gone", ["fold of one seed", "fold of all seeds", "split of one run"])
def test_a_missing_row_is_named_with_its_run(results, gone) -> None:
    table = read(results / "metrics.csv")
    raw = (table["exercise"] == "moons") & (table["variant"] == "raw")
    lost = {
        "fold of one seed": raw & (table["seed"] == "1") & (table["fold"] == "3"),
        "fold of all seeds": raw & (table["fold"] == "4"),
        "split of one run": raw & (table["seed"] == "1") & (table["fold"] == "3") & (table["metric"] == "accuracy"),
    }[gone]
    write(results / "metrics.csv", table[~lost])
    run = "seed 0, fold 4" if "all" in gone else "seed 1, fold 3"
    assert f"metrics.csv: moons/raw, {run}, has no row for train" in said(results, "statistics")


def test_a_fold_that_the_study_lacks_is_named(results) -> None:
    table = read(results / "metrics.csv")
    raw = table[(table["exercise"] == "moons") & (table["variant"] == "raw") & (table["fold"] == "0")]
    write(results / "metrics.csv", pd.concat([table, raw.assign(fold="5")]))
    assert ": moons/raw has rows of fold 5, and the study has 5 folds; delete it" in said(results, "statistics")


def test_unequal_epochs_of_a_variant_are_named_with_the_run(results) -> None:
    table = read(results / "history.csv.gz")
    last = (
        (table["exercise"] == "steps") & (table["variant"] == "conv") & (table["seed"] == "1") & (table["epoch"] == "3")
    )
    assert last.any()
    write(results / "history.csv.gz", table[~last])
    sentence = said(results, "figure", "fig1b")
    assert (
        "history.csv.gz: steps/conv, seed 1, train running_loss, was recorded at other epochs than the first run"
        in sentence
    )


def test_an_epoch_that_is_there_twice_is_named(results) -> None:
    table = read(results / "history.csv.gz")
    place = where(table, exercise="moons", variant="raw", seed="0", fold="2", epoch="2")
    write(results / "history.csv.gz", pd.concat([table, table.iloc[[place]]]))
    sentence = said(results, "claims")
    assert (
        f"line {len(table) + 2}: moons/raw, seed 0, fold 2, epoch 2, train running_loss stands in line {place + 2}"
        in sentence
    )


@pytest.mark.parametrize(
    ("name", "column", "value", "words", "message"),
    [
        ("summary.csv", "mean", "1.5", ["table", "table2"], "accuracy is 1.5, which cannot be above 1"),
        ("summary.csv", "sd", "-1", ["table", "table2"], "sd is -1"),
        ("summary.csv", "low", "2", ["table", "table2"], "no interval goes from 2 to"),
        ("summary.csv", "greatest", "inf", ["table", "table2"], "accuracy is inf"),
        ("summary.csv", "variant", "cnov", ["table", "table2"], "the study has no steps/cnov"),
        ("summary.csv", "n", "0", ["table", "table2"], "test accuracy: n is 0, and 2 in metrics.csv"),
        ("summary.csv", "mean", "0.5", ["table", "table2"], "test accuracy: mean is 0.5, and 0."),
        ("summary.csv", "least", "", ["table", "table2"], "test accuracy: least is nan, and 0."),
        ("summary.csv", "sd", "0.2", ["table", "table2"], "test accuracy: sd is 0.2, and 0."),
        ("runs.csv", "status", "dnoe", ["table", "table_runs"], "status is 'dnoe', none of done, failed, missing"),
        ("differences.csv", "p", "1.5", ["paper"], "p is 1.5, not a probability"),
        ("differences.csv", "minus", "dnese", ["paper"], "the study has no steps/dnese"),
        ("differences.csv", "mean", "1e300", ["paper"], "mean is 1e+300, which no net gives"),
        ("differences.csv", "mean", "0.5", ["paper"], "minus dense, test accuracy: mean is 0.5, and "),
        ("differences.csv", "greatest", "", ["paper"], "minus dense, test accuracy: greatest is nan, and "),
        ("differences.csv", "n", "9", ["paper"], "minus dense, test accuracy: n is 9, and 2 in metrics.csv"),
        ("runs.csv", "epochs", "99", ["table", "table_runs"], "other epochs than the first run"),
        ("runs.csv", "wall_seconds", "-5", ["table", "table_runs"], "wall_seconds is -5"),
    ],
)
def test_the_other_tables_are_checked_as_well(results, name, column, value, words, message) -> None:
    table = read(results / name)
    keys = {"exercise": "steps", "variant": "conv"}
    keys |= {"metric": "accuracy", "split": "test"} if "metric" in table else {}
    table.loc[where(table, **keys), column] = value
    write(results / name, table)
    sentence = said(results, *words)
    assert message in sentence and ("steps/" in sentence or column == "status") and str(results / name) in sentence


def test_an_interval_beside_all_its_values_is_named(results) -> None:
    table = read(results / "summary.csv")
    table.loc[where(table, exercise="steps", split="test", metric="accuracy"), ["low", "high"]] = "0.1", "0.2"
    write(results / "summary.csv", table)
    assert "test accuracy: the interval from 0.1 to 0.2 is not of values from 0.9" in said(results, "table", "table2")


RAW = {"exercise": "moons", "variant": "raw"}


def drop(path: Path, **fields: str) -> None:
    """Remove the rows with these values from a table, or all rows."""
    table = read(path)
    lost = pd.Series(True, index=table.index)
    for name, value in fields.items():
        lost &= table[name] == value
    assert lost.any()
    write(path, table[~lost])


@pytest.mark.parametrize(
    ("name", "fields", "words", "message"),
    [
        ("metrics.csv", RAW, ["statistics"], " has no row of moons/raw, seed 0, which runs.csv says is done"),
        ("metrics.csv", RAW | {"seed": "1"}, ["claims"], " has no row of moons/raw, seed 1, which runs.csv says"),
        ("metrics.csv", {}, ["table", "table2"], " has no row of moons/raw, seed 0, which runs.csv says is done"),
        ("history.csv.gz", {}, ["claims"], " has no row of moons/raw, seed 0, which runs.csv says is done"),
        ("history.csv.gz", RAW, ["figure", "fig1b"], " has no row of moons/raw, seed 0, which runs.csv says"),
        ("history.csv.gz", {"epoch": "3"}, ["tensorboard"], "moons/raw, block s0, ends at epoch 2 here, and at 3 in"),
        ("history.csv.gz", RAW | {"seed": "1", "split": "validation"}, ["page"], "seed 1, fold 0, has no row for"),
        ("summary.csv", {}, ["table", "table2"], " has no row of moons/corrected for train accuracy"),
        ("summary.csv", {}, ["reference"], " has no row of moons/corrected for train accuracy"),
        ("summary.csv", RAW, ["paper"], " has no row of moons/raw for timing ms_per_epoch"),
        ("differences.csv", {}, ["paper"], " has no row of moons/corrected minus raw for train loss"),
        ("differences.csv", RAW | {"variant": "wider"}, ["page"], " has no row of moons/wider minus raw for train"),
        ("runs.csv", {}, ["page"], " has no row of moons/raw"),
        ("runs.csv", RAW, ["table", "table_runs"], " has no row of moons/raw"),
        ("runs.csv", RAW, ["statistics"], " has no row of moons/raw, which metrics.csv has"),
    ],
)
def test_what_a_table_lacks_of_another_is_named(results, name, fields, words, message) -> None:
    drop(results / name, **fields)
    sentence = said(results, *words) if words[0] not in ("tensorboard", "reference") else exported(results, *words)
    assert message in sentence and "; delete it and run snakemake again" in sentence
    assert str(results / name) in sentence


def test_an_end_other_than_that_of_the_history_is_named(results) -> None:
    table = read(results / "metrics.csv")
    place = where(table, **ACCURACY | {"split": "validation"})
    ended = table.loc[place, "value"]
    table.loc[place, "value"] = "0.111"
    write(results / "metrics.csv", table)
    sentence = said(results, "claims")
    run = f"steps/conv, seed 1, validation accuracy is 0.111, and {float(ended):g} at the end of history.csv.gz"
    assert f"{results / 'metrics.csv'}: {run}" in sentence


def test_a_best_value_that_the_history_has_at_no_epoch_is_named(results) -> None:
    table = read(results / "metrics.csv")
    place = where(table, **ACCURACY | {"split": "validation", "metric": "best_accuracy"})
    table.loc[place, "value"] = "0.111"
    write(results / "metrics.csv", table)
    run = "steps/conv, seed 1, validation best_accuracy is 0.111, a value of no epoch in history.csv.gz"
    assert f"{results / 'metrics.csv'}: {run}; delete it and run snakemake again" in said(results, "claims")


def without_runs(results: Path) -> None:
    """Remove what the runs say, with which the tables would have to agree."""
    for file in results.glob("runs/*/*/*/metrics.json"):
        file.unlink()


def test_a_best_value_may_be_that_of_any_epoch(results) -> None:
    without_runs(results)
    history, table = read(results / "history.csv.gz"), read(results / "metrics.csv")
    own = ACCURACY | {"split": "validation"}
    first, last = (where(history, **own | {"epoch": epoch}) for epoch in ("1", "3"))
    history.loc[[first, last], "value"] = ["0.75", "0.5"]
    table.loc[where(table, **own | {"metric": "best_accuracy"}), "value"] = "0.75"
    table.loc[where(table, **own), "value"] = "0.5"
    write(results / "history.csv.gz", history)
    write(results / "metrics.csv", table)
    result = CliRunner().invoke(main, ["claims", "--results", str(results), "--study", str(results / "study.json")])
    assert result.exit_code == 0, (result.output, result.exception)


def test_rows_of_a_run_that_did_not_finish_are_named(results) -> None:
    table = read(results / "runs.csv")
    table.loc[table["variant"] == "raw", "status"] = "failed"
    write(results / "runs.csv", table)
    assert "metrics.csv has rows of moons/raw, but runs.csv has no finished run of it" in said(results, "claims")


def exported(results: Path, *words: str) -> str:
    result = CliRunner().invoke(main, [*words, "--results", str(results), "--out", str(results.parent / "out")])
    assert result.exit_code == 2 and result.output.count("\n") == 1, (result.output, result.exception)
    return result.output


@pytest.mark.parametrize("command", ["crate", "deposit"])
def test_what_is_published_is_checked_before(results, command: str) -> None:
    write_json(results / "claims.json", {"claims": 3})
    assert "claims.json is malformed" in said(results, command)
    (results / "claims.json").unlink()
    table = read(results / "metrics.csv")
    table.loc[where(table, metric="accuracy"), "value"] = "2"
    write(results / "metrics.csv", table)
    assert "metrics.csv" in said(results, command)
    assert not list(results.glob("crate.zip")) + list(results.glob("deposit"))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("mean", "inf", "accuracy is inf, which cannot be above 1"),
        ("n", "-1", "n is -1"),
        ("split", "tset", "split is 'tset'"),
    ],
)
def test_another_study_is_checked_before_it_is_compared(results, tmp_path, column, value, message) -> None:
    write_json(results / "claims.json", {"claims": []})
    shutil.copytree(results, tmp_path / "other")
    table = read(tmp_path / "other" / "summary.csv")
    place = where(table, metric="accuracy")
    table.loc[place, column] = value
    write(tmp_path / "other" / "summary.csv", table)
    result = CliRunner().invoke(main, ["compare", str(tmp_path / "other"), "--results", str(results)])
    assert result.exit_code == 2, (result.output, result.exception)
    assert f"{tmp_path / 'other' / 'summary.csv'}, line {place + 2}: " in result.output and message in result.output


@pytest.mark.parametrize(
    "change", ["partial", "nothing done", "other seeds", "variants left out", "one exercise", "a new one"]
)
def test_what_lacks_for_a_reason_passes(results, study, change: str) -> None:
    """Failed or pending runs, a study whose seeds have changed, and a part of a study."""
    config = json.loads((results / "study.json").read_text())
    if change == "other seeds":
        config["seeds"] = [7, 8]
    elif change == "a new one":
        config["exercises"]["steps"]["variants"]["newer"] = {"model": "conv"}
    elif change == "one exercise":
        config["only"] = ["steps"]
    elif change == "variants left out":
        del config["exercises"]["moons"]["variants"]["wider"], config["exercises"]["steps"]["variants"]["dense"]
    else:
        shutil.rmtree(results / "runs" / ("moons" if change == "partial" else "."))
    write_json(results / "study.json", config)
    commands = [["collect"]] if change in ("partial", "nothing done", "variants left out") else []
    if change not in ("other seeds", "a new one"):
        commands.append(["page"])  # it shows every run of the study, and says itself which are not collected
    for words in [*commands, ["statistics"], ["claims"], ["table", "table2"], ["figure", "fig1b"]]:
        command = [*words, "--results", str(results), "--study", str(results / "study.json")]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, (words, result.output, result.exception)


def change(path: Path, edit) -> None:
    content = json.loads(path.read_text())
    edit(content["runs"])
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        ("metrics.json", lambda runs: runs[0]["metrics"]["train"].update(accuracy=7), "accuracy is 7"),
        ("metrics.json", lambda runs: runs[0]["metrics"]["train"].update(loss=1e300), r"loss is 1e+300"),
        ("metrics.json", lambda runs: runs.append(runs[0]), "seed 0, fold 0 is there twice"),
        ("metrics.json", lambda runs: runs.pop(3), "seed 0, fold 3 is missing"),
        ("metrics.json", lambda runs: runs.append({**runs[0], "fold": 5}), "fold 5 is none of the 5 folds"),
        ("metrics.json", lambda runs: runs[1]["metrics"].pop("train"), "seed 0, fold 1 has no train accuracy, which"),
        (
            "metrics.json",
            lambda runs: [run["metrics"].pop("train") for run in runs],
            "no train accuracy, which moons/",
        ),
        ("metrics.json", lambda runs: runs[1].update(epochs=9), "runs of unequal epochs, although none stops early"),
        ("metrics.json", lambda runs: [run.update(epochs=9) for run in runs], "has 9 epochs, and 3 in history.json"),
        ("metrics.json", lambda runs: runs[1].update(best_epoch=9), "seed 0, fold 1: epoch 9 cannot be the best of 3"),
        ("metrics.json", lambda runs: runs[1].update(epochs=2.5), "runs.1.epochs: 2.5 is not of type 'integer'"),
        ("metrics.json", lambda runs: runs[1].update(seed="0"), "runs.1.seed: '0' is not of type 'integer'"),
        ("metrics.json", lambda runs: runs[1]["metrics"]["train"].update(loss=None), "None is not of type 'number'"),
        (
            "metrics.json",
            lambda runs: runs[1]["metrics"]["validation"].update(accuracy=0.111),
            "seed 0, fold 1 ends with validation accuracy 0.111, and with",
        ),
        (
            "metrics.json",
            lambda runs: runs[1]["metrics"]["validation"].update(best_accuracy=0.111),
            "seed 0, fold 1 has validation best_accuracy 0.111, and 0.",
        ),
        ("metrics.json", lambda runs: runs[1].update(best_epoch=1), "at its best epoch, 1, in history.json"),
        ("history.json", lambda runs: runs.pop(3), "seed 0, fold 3 is missing"),
        ("history.json", lambda runs: runs[1].pop("validation"), "seed 0, fold 1 has no validation accuracy"),
        ("history.json", lambda runs: runs[2]["train"].update(accuracy=[0.1, -3, 0.2]), "accuracy is -3"),
        ("history.json", lambda runs: runs[0].update(epoch=[1, 2, 2]), "an epoch appears twice"),
        ("history.json", lambda runs: runs[1].update(epoch=[1, 2, 4]), "other epochs than the first run"),
    ],
)
def test_a_block_s_own_files_are_checked_when_they_are_collected(results, study, name, edit, message) -> None:
    path = study.block("moons", "raw", study.seed_groups("moons", "raw")[0]).folder(results) / name
    change(path, edit)
    sentence = said(results, "collect")
    assert str(path) in sentence and message in sentence and "delete" in sentence


def test_what_a_study_can_have_passes(results) -> None:
    """Losses of any size in float32."""
    run = results / "runs/steps/conv/s1/metrics.json"
    change(run, lambda runs: runs[0]["metrics"][ACCURACY["split"]].update(loss=3e38))
    table = read(results / "metrics.csv")
    table.loc[where(table, **ACCURACY | {"metric": "loss"}), "value"] = "3e38"
    write(results / "metrics.csv", table)
    for words in (["statistics"], ["claims"], ["table", "table2"], ["page"], ["figure", "fig1b"]):
        command = [*words, "--results", str(results), "--study", str(results / "study.json")]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, (words, result.output, result.exception)


def test_only_early_stopping_excuses_unequal_epochs() -> None:
    assert stops_early({"epochs": 3, "early_stopping": {"patience": 2}})
    assert stops_early({"recipe": {"patience": 2}})
    assert not stops_early({"epochs": 3, "optimizer": "adam", "units": [3]})


def test_limits_are_those_of_the_metric() -> None:
    assert limits("accuracy") == limits("best_accuracy") == limits("top_k_categorical_accuracy") == (0, 1)
    assert limits("mse")[0] == 0 and limits("mse")[1] > 1e38
    assert limits("r2")[1] == 1 and limits("r2")[0] < -1e38
    assert limits("psnr")[0] < -1e38 and limits("mine")[1] > 1e38


def test_a_study_of_a_single_variant_compares_nothing_and_is_whole(tmp_path: Path) -> None:
    steps = toy_study().config["exercises"]["steps"]
    alone = toy_study(exercises={"steps": {**steps, "variants": {"dense": {}}}}, seeds=1)
    fill(alone, tmp_path)
    write_json(tmp_path / "study.json", dict(alone.config))
    command = ["page", "--results", str(tmp_path), "--study", str(tmp_path / "study.json")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, (result.output, result.exception)
