"""Files of a run that were changed since it wrote them are named, and never taken for what it left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evidence.factory import make_study, write_block
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.collect import collect, write_table
from practica.evidence.results import Results
from practica.evidence.tables import check_tables
from practica.files import read_json, write_json
from practica.reference.archive import ARCHIVE, pack, restore
from practica.reference.condense import caveats
from practica.training.record import Outcome
from practica.training.results import write_results


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Study, Path]:
    """Return a study of one block, and its folder as a training leaves it."""
    study = make_study({"steps": ["dense"]}, seeds=2, seeds_per_job=2)
    (block,) = study.blocks()
    folder = write_block(block, tmp_path)
    metrics, history, manifest = (read_json(folder / f"{name}.json") for name in ("metrics", "history", "manifest"))
    runs = [
        (
            run["seed"],
            run["fold"],
            Outcome(
                epochs=curves["epoch"],
                history={part: curves[part] for part in ("train", "validation")},
                metrics=run["metrics"],
                best_epoch=run["best_epoch"],
                parameters={},
                fit_seconds=1.0,
                artefacts={},
            ),
        )
        for run, curves in zip(metrics["runs"], history["runs"], strict=True)
    ]
    write_results(block, runs, {"s0/x": np.eye(2)}, manifest["provenance"], folder, {})
    return study, folder


def edit(path: Path, change: Callable[[Any], object]) -> None:
    content = read_json(path)
    change(content)
    write_json(path, content)


def better_test(content: Any) -> None:
    content["runs"][1]["metrics"]["test"]["accuracy"] = 0.99


def better_start(content: Any) -> None:
    content["runs"][0]["validation"]["accuracy"][0] = 0.99


def marks(study: Study, results: Path) -> list[str]:
    collect(study, results)
    return list(Results(study, results).runs["rewritten"].fillna(""))


def test_what_a_training_leaves_has_no_mark(trained: tuple[Study, Path], tmp_path: Path) -> None:
    assert marks(trained[0], tmp_path) == [""]
    assert caveats(trained[0], tmp_path) == ""


@pytest.mark.parametrize(
    ("file", "change"), [("metrics.json", better_test), ("history.json", better_start), ("arrays.npz", None)]
)
def test_a_file_that_is_not_as_its_run_left_it_is_named(
    file: str, change: Any, trained: tuple[Study, Path], tmp_path: Path
) -> None:
    study, folder = trained
    if change:
        edit(folder / file, change)
    else:
        np.savez(folder / file, **{"s0/x": np.zeros((2, 2))})  # type: ignore[arg-type]
    assert marks(study, tmp_path) == [f"changed since the run: {file}"]
    assert caveats(study, tmp_path) == "Written again, and not as the runs left them: steps/dense/s0-1."
    edit(folder / "manifest.json", lambda content: content.update(rewritten="my own table"))
    assert marks(study, tmp_path) == ["my own table"]


def test_layout_and_names_of_hosts_may_change(trained: tuple[Study, Path], tmp_path: Path) -> None:
    study, folder = trained
    edit(folder / "metrics.json", lambda content: content["provenance"].update(host="another"))
    pack(study, tmp_path, tmp_path / ARCHIVE)
    restore(tmp_path / ARCHIVE, tmp_path / "restored")
    assert marks(study, tmp_path / "restored") == [""]


@pytest.mark.parametrize(("part", "metric"), [("test", "accuracy"), ("train", "loss")])
def test_metrics_that_are_not_those_of_the_runs_are_named(
    part: str, metric: str, trained: tuple[Study, Path], tmp_path: Path
) -> None:
    study, folder = trained
    collect(study, tmp_path)
    path = tmp_path / "metrics.csv"
    table = pd.read_csv(path, dtype={"fold": "Int64"})
    table["value"] = table["value"].astype(float).round(9)  # as another program may write it
    write_table(path, table)
    check_tables(study, tmp_path)
    where = (table["seed"] == 1) & (table["split"] == part) & (table["metric"] == metric)
    table.loc[where, "value"] += 0.001
    write_table(path, table)
    text = rf"metrics\.csv: steps/dense, seed 1, {part} {metric} is .*, and .* in .*metrics\.json; delete it and run"
    with pytest.raises(InputError, match=text):
        check_tables(study, tmp_path, ["metrics.csv"])
    (folder / "metrics.json").unlink()  # tables may be kept without the runs
    check_tables(study, tmp_path, ["metrics.csv"])
