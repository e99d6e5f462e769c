"""Measurements beside the runs: collected with their results, and checked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from practica.errors import InputError
from practica.evidence.collect import collect, write_table
from practica.evidence.measures import by_seed
from practica.evidence.results import Results
from practica.evidence.timings import measured_file, measured_rows, timed_rows

from .factory import fill, make_study

STUDY = {"moons": ["raw", "raw_numpy"]}


def test_times_are_collected_as_metrics_paired_by_repetition(tmp_path: Path) -> None:
    study = make_study(STUDY)
    fill(study, tmp_path)
    times = [("raw", 0, 2.0), ("raw_numpy", 0, 1.0), ("raw", 1, 4.0), ("raw_numpy", 1, 3.0)]
    write_table(measured_file(tmp_path, "moons"), timed_rows(study, "moons", "ms_per_epoch", times, set()))
    collect(study, tmp_path)
    results = Results(study, tmp_path)
    net, twin = (by_seed(results, "moons", name, "timing/ms_per_epoch") for name in STUDY["moons"])
    assert (twin / net).to_dict() == {0: 0.5, 1: 0.75}
    value = results.value("moons", "raw", "timing", "ms_per_epoch")
    assert (value.mean, value.n, value.stand_in) == (3.0, 2, False)  # type: ignore[union-attr]


def test_times_on_generated_data_say_so(tmp_path: Path) -> None:
    study = make_study(STUDY)
    rows = timed_rows(study, "moons", "ms_per_epoch", [("raw", 0, 2.0)], {study.dataset("moons", "raw")})
    assert rows["data"].tolist() == ["STAND-IN"]


def test_rows_of_what_does_not_run_are_left_out(tmp_path: Path) -> None:
    study = make_study(STUDY)
    write_table(
        measured_file(tmp_path, "moons"),
        timed_rows(study, "moons", "ms_per_epoch", [("raw", 0, 2.0), ("raw_numpy", 0, 1.0)], set()),
    )
    assert measured_rows(make_study({"moons": ["raw"]}), tmp_path)["variant"].tolist() == ["raw"]
    assert measured_rows(make_study({"lines": ["line"]}), tmp_path).empty


@pytest.mark.parametrize(
    "damage",
    [
        lambda rows: rows.drop(columns="data"),
        lambda rows: rows.assign(value="fast"),
        lambda rows: rows.assign(data="made up"),
        lambda rows: rows.assign(variant=None),
        lambda rows: rows.assign(seed=0.5),
    ],
)
def test_malformed_rows_are_named(damage, tmp_path: Path) -> None:
    study = make_study(STUDY)
    rows: pd.DataFrame = timed_rows(study, "moons", "ms_per_epoch", [("raw", 0, 2.0)], set())
    write_table(measured_file(tmp_path, "moons"), damage(rows))
    with pytest.raises(InputError, match=r"measured/moons\.csv is malformed .*delete it"):
        measured_rows(study, tmp_path)
