"""Reading results: values, curves, arrays, and why something is missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evidence.factory import fill, make_study, write_block, write_failure
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.collect import collect
from practica.evidence.curves import Curve
from practica.evidence.results import Missing, Results, Value
from practica.files import read_json, write_json

Collected = tuple[Study, Path]


def with_curves(tmp_path: Path, exercise: str, curves: dict[tuple[int, int | None], dict[str, list[float]]]) -> Results:
    """Return results of one variant whose runs have these losses, by split."""
    study = make_study({exercise: ["raw"]}, seeds=len({seed for seed, _ in curves}))
    for block in study.blocks():
        lengths = {len(losses["train"]) for (seed, _), losses in curves.items() if seed in block.seeds}
        folds = len({fold for _, fold in curves} - {None})
        folder = write_block(block, tmp_path, folds=folds, epochs=max(lengths))
        content = read_json(folder / "history.json")
        content["runs"] = [
            {"seed": seed, "fold": fold, "epoch": list(range(1, len(losses["train"]) + 1))}
            | {split: {"loss": values} for split, values in losses.items()}
            for (seed, fold), losses in curves.items()
            if seed in block.seeds
        ]
        write_json(folder / "history.json", content)
        ended = read_json(folder / "metrics.json")
        for run in ended["runs"]:
            for split, values in curves[run["seed"], run["fold"]].items():
                run["metrics"][split] |= {"loss": values[-1], "best_loss": values[-1]}
        write_json(folder / "metrics.json", ended)
    collect(study, tmp_path)
    return Results(study, tmp_path)


def curve(results: Results, *which: str) -> Curve:
    result = results.curves(*which)
    assert isinstance(result, Curve)
    return result


def test_value_gives_the_summary_of_the_seeds(collected: Collected) -> None:
    study, folder = collected
    value = Results(study, folder).value("steps", "conv", "validation", "accuracy")
    seeds = [
        read_json(b.folder(folder) / "metrics.json")["runs"][0]["metrics"]["validation"]["accuracy"]
        for b in study.blocks()
        if (b.exercise, b.variant) == ("steps", "conv")
    ]
    assert isinstance(value, Value)
    assert value.mean == pytest.approx(np.mean(seeds), abs=1e-15)
    assert value.sd == pytest.approx(np.std(seeds, ddof=1))
    assert value.low is not None and value.high is not None
    assert value.low < min(seeds) < value.mean < max(seeds) < value.high
    assert (value.median, value.least, value.greatest) == (np.median(seeds), min(seeds), max(seeds))
    assert (value.n, value.stand_in) == (3, False)


def test_one_seed_has_a_mean_and_no_spread(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]}, seeds=1)
    fill(study, tmp_path)
    collect(study, tmp_path)
    value = Results(study, tmp_path).value("steps", "dense", "train", "loss")
    assert isinstance(value, Value)
    assert (value.sd, value.low, value.high, value.n) == (None, None, None, 1)


def test_per_seed_values_pair_up(collected: Collected) -> None:
    results = Results(*collected)
    raw, corrected = (results.per_seed("moons", v, "validation", "accuracy") for v in ("raw", "corrected"))
    assert raw.index.tolist() == corrected.index.tolist() == [0, 1, 2]
    value = results.value("moons", "raw", "validation", "accuracy")
    assert isinstance(value, Value)
    assert value.mean == pytest.approx(raw.mean())


def test_curves_over_seeds_by_hand(tmp_path: Path) -> None:
    losses = {(0, None): {"train": [4.0, 2.0]}, (1, None): {"train": [2.0, 1.0]}}
    result = curve(with_curves(tmp_path, "steps", losses), "steps", "raw", "loss", "train")
    assert result.epochs.tolist() == [1, 2]
    assert result.mean.tolist() == [3.0, 1.5]
    assert result.low.tolist() == [2.0, 1.0]
    assert result.high.tolist() == [4.0, 2.0]
    assert result.sd.tolist() == pytest.approx([2**0.5, 0.5**0.5])
    assert (result.n, result.folds) == (2, 1)


def test_normalised_loss_is_divided_by_the_largest_of_its_own_run(tmp_path: Path) -> None:
    losses = {
        (0, None): {"train": [4.0, 2.0], "validation": [6.0, 8.0]},
        (1, None): {"train": [1.0, 0.5], "validation": [0.5, 0.25]},
    }
    results = with_curves(tmp_path, "steps", losses)
    assert curve(results, "steps", "raw", "normalised_loss", "train").mean.tolist() == [(0.5 + 1) / 2, (0.25 + 0.5) / 2]
    validation = curve(results, "steps", "raw", "normalised_loss", "validation")
    assert validation.high.tolist() == [0.75, 1.0]
    assert validation.low.tolist() == [0.5, 0.25]


def test_folds_are_averaged_within_a_seed_or_spread_within_it(tmp_path: Path) -> None:
    losses = {
        (0, 0): {"train": [1.0]},
        (0, 1): {"train": [3.0]},
        (1, 0): {"train": [5.0]},
        (1, 1): {"train": [5.0]},
    }
    results = with_curves(tmp_path, "moons", losses)
    seeds = curve(results, "moons", "raw", "loss", "train")
    assert (seeds.mean[0], seeds.low[0], seeds.high[0], seeds.n, seeds.folds) == (3.5, 2.0, 5.0, 2, 2)
    folds = curve(results, "moons", "raw", "loss", "train", "folds")
    sd = (2**0.5 + 0) / 2
    assert (folds.mean[0], folds.sd[0]) == (3.5, pytest.approx(sd))
    assert (folds.low[0], folds.high[0]) == (pytest.approx(3.5 - sd), pytest.approx(3.5 + sd))


def test_runs_of_different_length_are_averaged_while_they_last(tmp_path: Path) -> None:
    losses = {(0, None): {"train": [4.0, 2.0, 1.0]}, (1, None): {"train": [2.0]}}
    result = curve(with_curves(tmp_path, "steps", losses), "steps", "raw", "loss", "train")
    assert result.epochs.tolist() == [1, 2, 3]
    assert result.mean.tolist() == [3.0, 2.0, 1.0]


def test_what_is_missing_says_why(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense", "conv"], "others": ["dense"]}, seeds=2)
    blocks = {b.id: b for b in study.blocks()}
    write_failure(blocks["steps/conv/s1"], tmp_path, "out of memory")
    write_block(blocks["others/dense/s1"], tmp_path)
    collect(study, tmp_path)
    results = Results(study, tmp_path)
    assert results.value("steps", "dense", "test", "accuracy") == Missing("not run yet", "missing")
    # The failure is reported before the block that never started.
    assert results.curves("steps", "conv", "loss", "train") == Missing("out of memory", "failed")
    assert results.arrays("steps", "conv", "heights") == Missing("out of memory", "failed")
    assert results.value("others", "dense", "test", "psnr") == Missing(
        "others/dense recorded no test psnr", "unrecorded"
    )
    assert results.value("steps", "big", "test", "loss") == Missing("steps/big is not in the study")
    assert isinstance(results.value("others", "dense", "train", "loss"), Value)
    assert results.missing("others", "dense") == [Missing("not run yet", "missing")]
    assert results.expected("others", "dense") == 2


def test_stand_ins_are_known_by_variant(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense", "conv"], "others": ["dense"]}, seeds=1)
    for block in study.blocks():
        write_block(block, tmp_path, stand_in=block.id == "steps/conv/s0")
    collect(study, tmp_path)
    results = Results(study, tmp_path)
    assert results.stand_in("steps")
    assert results.stand_in("steps", ["conv"])
    assert not results.stand_in("steps", ["dense"])
    assert not results.stand_in("others")
    assert curve(results, "steps", "conv", "loss", "train").stand_in
    value = results.value("steps", "conv", "train", "loss")
    assert isinstance(value, Value) and value.stand_in


def test_arrays_are_those_of_the_first_finished_seed(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]}, seeds=4, seeds_per_job=2)
    write_failure(study.blocks()[0], tmp_path, "lost")
    folder = write_block(study.blocks()[1], tmp_path)
    collect(study, tmp_path)
    result = Results(study, tmp_path).arrays("steps", "dense", "heights", "scores")
    assert not isinstance(result, Missing)
    seed, arrays = result
    assert (seed, sorted(arrays)) == (2, ["heights", "scores"])
    with np.load(folder / "arrays.npz") as archive:
        assert np.array_equal(arrays["heights"], archive["s2/heights"])


def test_arrays_of_folds_are_those_of_the_first(tmp_path: Path) -> None:
    study = make_study({"moons": ["raw"]}, seeds=1)
    folder = write_block(study.blocks()[0], tmp_path)
    np.savez(folder / "arrays.npz", **{f"s0f{fold}/told": np.array([fold]) for fold in (1, 0)})
    collect(study, tmp_path)
    assert Results(study, tmp_path).arrays("moons", "raw", "told") == (0, {"told": np.array([0])})


def test_a_bad_array_file_is_named(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]}, seeds=1)
    fill(study, tmp_path)
    collect(study, tmp_path)
    path = study.blocks()[0].folder(tmp_path) / "arrays.npz"
    unrecorded = Missing("steps/dense recorded no arrays nothing", "unrecorded")
    assert Results(study, tmp_path).arrays("steps", "dense", "nothing") == unrecorded
    for content in (b"not an archive", path.read_bytes()[:-40], b""):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"arrays\.npz.*delete .*metrics\.json and run again"):
            Results(study, tmp_path).arrays("steps", "dense", "heights")
    path.unlink()
    with pytest.raises(InputError, match=r"arrays\.npz is missing; delete .*metrics\.json and run again"):
        Results(study, tmp_path).arrays("steps", "dense", "heights")


def test_tables_that_are_not_there_say_what_to_run(tmp_path: Path) -> None:
    results = Results(make_study({"steps": ["dense"]}), tmp_path)
    with pytest.raises(InputError, match=r"summary\.csv.*collect"):
        results.value("steps", "dense", "test", "loss")


def test_names_that_look_like_numbers_or_nothing_stay_text(tmp_path: Path) -> None:
    study = make_study({"steps": ["null", "nan"]}, seeds=1)
    for block in study.blocks():
        folder = write_block(block, tmp_path)
        content = read_json(folder / "manifest.json")
        content["provenance"]["git"]["commit"] = "0123456"
        content["provenance"]["versions"]["numpy"] = "2.40"
        write_json(folder / "manifest.json", content)
    collect(study, tmp_path)
    results = Results(study, tmp_path)
    assert isinstance(results.value("steps", "null", "train", "loss"), Value)
    row = results.runs.iloc[1]
    assert (row["variant"], row["commit"], row["numpy"], row["gpu"], row["reason"]) == (
        "nan",
        "0123456",
        "2.40",
        "",
        "",
    )
    assert (row["parameters"], row["wall_seconds"]) == (16140, 12.5)


def test_metrics_by_epoch_lists_what_was_recorded(collected: Collected) -> None:
    assert Results(*collected).metrics_by_epoch("steps", "dense") == ["loss", "accuracy"]


TABLES = ("metrics", "history", "summary", "differences", "runs")


@pytest.mark.parametrize("table", TABLES)
def test_a_column_that_was_taken_out_is_named(collected: Collected, table: str) -> None:
    study, folder = collected
    path = next(folder.glob(f"{table}.csv*"))
    pd.read_csv(path).drop(columns="variant").to_csv(path, index=False)
    with pytest.raises(InputError, match=rf"{path.name} has no column variant; delete it and run snakemake again"):
        getattr(Results(study, folder), table)


@pytest.mark.parametrize(("column", "text"), [("value", "high"), ("seed", "1.5"), ("seed", ""), ("fold", "first")])
def test_text_in_the_place_of_a_number_is_malformed(collected: Collected, column: str, text: str) -> None:
    study, folder = collected
    path = folder / "metrics.csv"
    table = pd.read_csv(path, dtype="str")
    table.loc[0, column] = text
    table.to_csv(path, index=False)
    with pytest.raises(InputError, match=r"metrics\.csv is malformed"):
        _ = Results(study, folder).metrics


def test_a_study_without_any_run_has_numbers_of_the_same_types(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]})
    collect(study, tmp_path)
    results = Results(study, tmp_path)
    assert results.per_seed("steps", "dense", "test", "accuracy").dtype == np.float64
