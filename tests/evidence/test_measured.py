"""Rows that are measured beside the runs: collected with theirs, and checked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from practica.errors import InputError
from practica.evidence.collect import collect, write_table
from practica.evidence.measured import measured, measured_file, timed_rows
from practica.evidence.measures import by_seed
from practica.evidence.results import Results

from .factory import fill, make_study

STUDY = {"ej02": ["xor_221", "xor_221_numpy"]}


def test_times_are_collected_as_metrics_paired_by_repetition(tmp_path: Path) -> None:
    study = make_study(STUDY)
    fill(study, tmp_path)
    times = [("xor_221", 0, 2.0), ("xor_221_numpy", 0, 1.0), ("xor_221", 1, 4.0), ("xor_221_numpy", 1, 3.0)]
    write_table(measured_file(tmp_path, "ej02"), timed_rows(study, "ej02", "ms_per_epoch", times, set()))
    collect(study, tmp_path)
    results = Results(study, tmp_path)
    net, twin = (by_seed(results, "ej02", name, "timing/ms_per_epoch") for name in STUDY["ej02"])
    assert (twin / net).to_dict() == {0: 0.5, 1: 0.75}
    value = results.value("ej02", "xor_221", "timing", "ms_per_epoch")
    assert (value.mean, value.n, value.stand_in) == (3.0, 2, False)  # type: ignore[union-attr]


def test_times_on_generated_data_say_so(tmp_path: Path) -> None:
    study = make_study(STUDY)
    rows = timed_rows(study, "ej02", "ms_per_epoch", [("xor_221", 0, 2.0)], {study.dataset("ej02", "xor_221")})
    assert rows["data"].tolist() == ["STAND-IN"]


def test_rows_of_what_does_not_run_are_left_out(tmp_path: Path) -> None:
    study = make_study(STUDY)
    write_table(
        measured_file(tmp_path, "ej02"),
        timed_rows(study, "ej02", "ms_per_epoch", [("xor_221", 0, 2.0), ("xor_221_numpy", 0, 1.0)], set()),
    )
    assert measured(make_study({"ej02": ["xor_221"]}), tmp_path)["variant"].tolist() == ["xor_221"]
    assert measured(make_study({"ej01": ["linear"]}), tmp_path).empty


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
    rows: pd.DataFrame = timed_rows(study, "ej02", "ms_per_epoch", [("xor_221", 0, 2.0)], set())
    write_table(measured_file(tmp_path, "ej02"), damage(rows))
    with pytest.raises(InputError, match=r"measured/ej02\.csv is malformed .*delete it"):
        measured(study, tmp_path)
