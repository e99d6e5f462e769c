"""The measures of claims, on curves and values computed by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evidence.factory import fill, make_study
from practica import study_folder
from practica.errors import InputError
from practica.evidence import measures
from practica.evidence.claims import declared
from practica.evidence.collect import HISTORY_COLUMNS, METRICS_COLUMNS, collect, write_table
from practica.evidence.measures import MEASURES, TO_LEVEL, by_seed
from practica.evidence.results import Results

Runs = dict[tuple[int, int | None], list[float]]
"""A curve by seed and fold."""


def results(
    folder: Path,
    accuracy: Runs,
    *,
    metric: str = "accuracy",
    train: float = 1.0,
    running: float | None = None,
    step: int = 1,
) -> Results:
    """Return results of one variant with these validation curves and this final training accuracy, running or not."""
    head = ("invented", "mine")
    history = [
        (*head, seed, fold, step * epoch, split, name, value * (train if split == "train" else 1), "real")
        for split, name in (("train", f"running_{metric}"), ("validation", metric))
        for (seed, fold), values in accuracy.items()
        for epoch, value in enumerate(values, start=1)
    ]
    final = [
        (*head, seed, fold, split, name, value, "real")
        for (seed, fold), values in accuracy.items()
        for split, name, value in (
            ("train", metric, train),
            ("train", f"running_{metric}", train if running is None else running),
            ("validation", metric, values[-1]),
        )
    ]
    for name, rows, columns in (("history.csv.gz", history, HISTORY_COLUMNS), ("metrics.csv", final, METRICS_COLUMNS)):
        write_table(folder / name, pd.DataFrame(rows, columns=columns).astype({"fold": "Int64"}))
    return Results(make_study({"invented": ["mine"]}), folder)


def measured(found: Results, measure: str) -> dict[int, float]:
    return by_seed(found, "invented", "mine", measure).to_dict()


def test_the_gap_is_training_minus_validation_at_the_end(tmp_path: Path) -> None:
    result = results(tmp_path, {(0, None): [0.9, 0.7], (1, None): [0.2, 0.8]}, train=0.98, running=0.95)
    assert measured(result, "gap") == pytest.approx({0: 0.25, 1: 0.15})
    assert measured(result, "evaluated_gap") == pytest.approx({0: 0.28, 1: 0.18})


def test_an_exercise_measures_what_it_likes(tmp_path: Path) -> None:
    result, folder = results(tmp_path, {(0, None): [0.9, 0.7], (1, None): [0.2, 0.8]}), tmp_path / "own"
    (folder / "invented").mkdir(parents=True)
    (folder / "invented/measures.py").write_text(
        "FLOOR = 0.5\n\n\ndef above(results, exercise, variant):\n    results.study.model(exercise, variant)\n"
        '    return results.per_seed(exercise, variant, "validation", "accuracy") - FLOOR\n'
    )
    before = study_folder.opened()
    study_folder.use(folder)
    try:
        assert measures.own("invented") == ("above",)
        assert measured(result, "above") == pytest.approx({0: 0.2, 1: 0.3})
        assert by_seed(result, "invented", "left_out", "above").empty
        with pytest.raises(InputError, match=r"no measure 'beside': write a function of this name in .*measures\.py"):
            measured(result, "beside")
    finally:
        study_folder.use(before)


def test_folds_are_averaged_and_their_spread_is_that_within_a_seed(tmp_path: Path) -> None:
    runs: Runs = {(0, 0): [0.6], (0, 1): [0.8], (1, 0): [0.5], (1, 1): [0.5]}
    result = results(tmp_path, runs)
    assert measured(result, "validation/accuracy") == pytest.approx({0: 0.7, 1: 0.5})
    assert measured(result, "gap") == pytest.approx({0: 0.3, 1: 0.5})
    assert measured(result, "fold_sd") == pytest.approx({0: 0.2 / 2**0.5, 1: 0.0})


@pytest.mark.parametrize(
    ("curve", "epoch", "least", "most"),
    [
        ([0.1, 0.94, 0.95, 1.0], 3, 2, 3),
        ([0.96, 0.2, 1.0], 1, 0, 1),
        ([0.99, 0.7, 0.5], 1, 0, 1),  # a later collapse does not undo it
        ([0.9, 0.9, 0.9], 3, 3, np.inf),  # never: three epochs, or more
        ([0.1, 0.05, 0.01], 3, 3, np.inf),
    ],
)
def test_a_level_is_absolute_and_reached_between_two_records(
    tmp_path: Path, curve: list[float], epoch: float, least: float, most: float
) -> None:
    result = results(tmp_path, {(0, None): curve})
    row = measures.measure_values(result, "invented", "mine", "epochs_to_95").loc[0]
    assert (row["value"], row["least"], row["most"]) == (epoch, least, most)
    assert measured(result, "epochs_to_05") == {0: 1}


def test_epochs_are_counted_as_recorded_and_averaged_over_folds(tmp_path: Path) -> None:
    result = results(tmp_path, {(0, 0): [0.1, 1.0], (0, 1): [0.1, 0.1, 0.1, 1.0]}, step=20)
    assert measured(result, "epochs_to_95") == {0: (40 + 80) / 2}


def test_seconds_are_those_of_the_epochs_of_the_block(tmp_path: Path) -> None:
    study = make_study({"invented": ["mine"]}, seeds=4, seeds_per_job=2)
    fill(study, tmp_path, epochs=12)  # each block of two seeds is fitted in 10.25 seconds
    collect(study, tmp_path)
    result = Results(study, tmp_path)
    epochs, seconds = (
        measures.measure_values(result, "invented", "mine", f"{what}_to_70") for what in ("epochs", "seconds")
    )
    assert len(epochs) == 4
    mean_epochs = [epochs["value"][list(job)].mean() for job in ((0, 1), (2, 3))]
    assert seconds["value"].to_dict() == pytest.approx(
        {first: 10.25 / 2 / 12 * mean for first, mean in zip((0, 2), mean_epochs, strict=True)}
    ), "the seeds of a job share its time"


def test_the_area_under_a_curve_is_its_mean_height(tmp_path: Path) -> None:
    result = results(tmp_path, {(0, None): [0.0, 1.0, 1.0], (1, None): [0.25]}, train=0.5)
    assert measured(result, "auc") == pytest.approx({0: (0.5 + 1.0) / 2, 1: 0.25})
    assert measured(result, "train_auc") == pytest.approx({0: 0.375, 1: 0.125})


def test_a_late_gain_is_that_of_the_last_quarter(tmp_path: Path) -> None:
    result = results(tmp_path, {(0, None): [0.1, 0.2, 0.5, 0.6, 0.6, 0.7, 0.8, 0.75], (1, None): [0.4]})
    assert measured(result, "late_gain") == pytest.approx({0: 0.75 - 0.7, 1: 0.0})


def test_a_seed_solves_all_points_or_does_not(tmp_path: Path) -> None:
    assert measured(results(tmp_path, {(0, None): [0.5]}, train=1.0), "solved") == {0: 1.0}
    assert measured(results(tmp_path, {(0, None): [0.5]}, train=0.75), "solved") == {0: 0.0}
    assert measured(results(tmp_path, {(0, None): [0.5]}, train=np.nan), "solved") == {}


@pytest.mark.parametrize(
    ("curve", "idle", "rise"),
    [
        # From 0.5 to 0.9: a tenth of the way is 0.54, nine tenths 0.86.
        ([0.5, 0.52, 0.53, 0.6, 0.7, 0.87, 0.88, 0.89, 0.9, 0.9], 3, 0.2),
        ([0.87, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], 0, 0.0),
        ([0.54, 0.58, 0.62, 0.66, 0.7, 0.74, 0.78, 0.82, 0.86, 0.9], 0, 0.8),
        ([0.5, 0.51, 0.5, 0.49, 0.5, 0.5, 0.51, 0.5, 0.5, 0.51], 10, 1.0),
        ([0.5, 0.4, 0.45, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4], 10, 1.0),
        # It learnt, and collapsed.
        ([0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.5, 0.5, 0.5, 0.5], 0, 1.0),
        ([0.5, 0.51, 0.5, 0.52, 0.95, 0.95, 0.95, 0.5, 0.5, 0.51], 3, 1.0),
    ],
)
def test_a_late_and_fast_rise(tmp_path: Path, curve: list[float], idle: int, rise: float) -> None:
    result = results(tmp_path, {(0, None): curve})
    assert measured(result, "idle_epochs") == {0: idle}
    assert measured(result, "rise_share") == pytest.approx({0: rise})


def test_a_rise_counts_from_the_chance_that_its_measure_names(tmp_path: Path) -> None:
    result = results(tmp_path, {(0, None): [0.1, 0.12, 0.2, 0.4, 0.5], (1, None): [0.1, 0.11, 0.1, 0.1, 0.11]})
    assert measured(result, "idle_epochs_from_10") == {0: 2, 1: 5}
    assert measured(result, "rise_share_from_10") == pytest.approx({0: 0.4, 1: 1.0})
    assert measured(result, "idle_epochs") == {0: 5, 1: 5}


def test_what_happened_between_two_recorded_epochs_counts_as_no_idle_time(tmp_path: Path) -> None:
    runs: Runs = {(0, None): [0.9, 0.9], (1, None): [0.5, 0.9], (2, None): [0.5, 0.5]}
    assert measured(results(tmp_path, runs, step=10), "idle_epochs") == {0: 0, 1: 10, 2: 20}


def test_the_loss_left_is_the_last_over_the_first(tmp_path: Path) -> None:
    result = results(tmp_path, {(0, None): [8.0, 4.0, 2.0], (1, None): [1.0, 2.0]}, metric="loss")
    assert measured(result, "loss_left") == {0: 0.25, 1: 2.0}


@pytest.mark.parametrize("measure", [*sorted(set(MEASURES) - {"solved"}), "epochs_to_95", "validation/accuracy"])
def test_a_seed_that_diverged_is_left_out(tmp_path: Path, measure: str) -> None:
    metric = "loss" if measure == "loss_left" else "accuracy"
    runs: Runs = {(0, 0): [0.6, 0.7], (0, 1): [0.6, 0.9]}
    runs |= {(1, 0): [0.6, np.nan], (1, 1): [0.5, np.nan]}
    runs |= {(2, 0): [0.6, 0.7], (2, 1): [0.5, np.nan], (2, 2): [0.5, 0.7], (3, 0): [0.6, 0.7], (3, 1): [0.5, np.inf]}
    assert list(measured(results(tmp_path, runs, metric=metric), measure)) == [0]


@pytest.mark.parametrize("measure", [*MEASURES, "epochs_to_95", "test/mse"])
def test_what_was_not_recorded_is_empty(tmp_path: Path, measure: str) -> None:
    assert by_seed(results(tmp_path, {(0, None): [0.5]}), "invented", "other", measure).empty


def test_an_unknown_measure_says_where_to_add_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'elegance'.*measures\.py"):
        measured(results(tmp_path, {(0, None): [0.5]}), "elegance")


def test_every_measure_is_defined_in_words() -> None:
    assert set(declared(make_study()).definitions) == {*MEASURES, *TO_LEVEL}
