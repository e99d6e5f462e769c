"""The four tables that are collected from the blocks."""

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evidence.factory import fill, make_study, write_block, write_failure
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.collect import collect, wall_seconds
from practica.files import read_json, write_json
from practica.jobs.journal import Journal
from practica.jobs.lock import Holder, Lock
from practica.jobs.states import checkpoint_folder

Collected = tuple[Study, Path]
TABLES = ["metrics.csv", "history.csv.gz", "summary.csv", "runs.csv"]


def table(results: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(results / name, keep_default_na=False, na_values=[""])


def test_every_metric_reads_back_exactly(collected: Collected) -> None:
    study, results = collected
    written = {
        (b.exercise, b.variant, run["seed"], run["fold"], split, metric): value
        for b in study.blocks()
        for run in read_json(b.folder(results) / "metrics.json")["runs"]
        for split, metrics in run["metrics"].items()
        for metric, value in metrics.items()
    }
    written |= {
        (b.exercise, b.variant, run["seed"], run["fold"], "train", f"running_{metric}"): values[-1]
        for b in study.blocks()
        for run in read_json(b.folder(results) / "history.json")["runs"]
        for metric, values in run["train"].items()
    }
    rows = table(results, "metrics.csv")
    assert list(rows.columns) == ["exercise", "variant", "seed", "fold", "split", "metric", "value", "data"]
    folds = [None if pd.isna(fold) else int(fold) for fold in rows["fold"]]
    keys = zip(rows["exercise"], rows["variant"], rows["seed"], folds, rows["split"], rows["metric"], strict=True)
    assert dict(zip(keys, rows["value"], strict=True)) == written
    assert set(rows["data"]) == {"real"}


def test_history_has_one_row_per_epoch_and_reads_back_exactly(collected: Collected) -> None:
    study, results = collected
    block = next(b for b in study.blocks() if b.exercise == "moons" and b.variant == "wider")
    run = read_json(block.folder(results) / "history.json")["runs"][3]
    rows = table(results, "history.csv.gz").query(
        "exercise == 'moons' and variant == 'wider' and seed == 0 and fold == 3 and split == 'validation'"
    )
    rows = rows[rows["metric"] == "accuracy"]
    assert rows["epoch"].tolist() == run["epoch"]
    assert rows["value"].tolist() == run["validation"]["accuracy"]


def test_rows_follow_the_order_of_the_study(collected: Collected) -> None:
    study, results = collected
    expected = [(b.exercise, b.variant, b.name) for b in study.blocks()]
    runs = table(results, "runs.csv")
    assert list(runs[["exercise", "variant", "block"]].itertuples(index=False, name=None)) == expected
    for name in ("metrics.csv", "history.csv.gz", "summary.csv"):
        pairs = table(results, name)[["exercise", "variant"]].drop_duplicates()
        assert list(pairs.itertuples(index=False, name=None)) == list(dict.fromkeys(key[:2] for key in expected))


def test_equal_runs_give_equal_bytes(tmp_path: Path) -> None:
    study = make_study({"moons": ["raw"], "steps": ["conv"]})
    fill(study, tmp_path)
    collect(study, tmp_path)
    first = {name: (tmp_path / name).read_bytes() for name in TABLES}
    time.sleep(1.1)  # a gzip header counts in seconds
    collect(study, tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in TABLES} == first
    assert gzip.decompress(first["history.csv.gz"]).startswith(b"exercise,variant,seed,fold,epoch,")


def test_runs_say_what_they_cost_and_ran_on(collected: Collected) -> None:
    _, results = collected
    with (results / "runs.csv").open() as stream:
        header, first = stream.readline(), stream.readline()
    assert header.startswith("exercise,variant,block,status,reason,data,wall_seconds,fit_seconds,epochs,")
    cost = "attempts,all_seconds,cpu_seconds,gpu_seconds,gpu_peak_memory_mb,cpu_joules,gpu_joules"
    assert header.endswith(f"tensorflow,keras,numpy,fingerprint,origin,{cost}\n")
    assert first.startswith("moons,raw,s0,done,,real,12.5,10.25,12,512.0,16140,node1,")


@pytest.mark.parametrize(
    ("provenance", "seconds"),
    [
        ({"wall_seconds": 12.5, "fit_seconds": 30.0, "resumed_seconds": 20.25}, 32.75),
        ({"wall_seconds": 12.5, "fit_seconds": 10.0, "resumed_seconds": 0.0}, 12.5),
        ({"wall_seconds": 12.5, "fit_seconds": 30.0}, 30.0),
        ({}, None),
    ],
)
def test_what_a_block_took_counts_the_training_of_earlier_attempts(
    provenance: dict[str, float], seconds: float | None
) -> None:
    assert wall_seconds(provenance) == seconds


def test_failed_and_missing_blocks_are_rows_with_a_reason(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]}, seeds=4)
    result, failed, _, cut = study.blocks()
    write_block(result, tmp_path)
    write_failure(failed, tmp_path, "out of memory:\nno GPU")
    (write_block(cut, tmp_path) / "metrics.json").unlink()
    collect(study, tmp_path)
    runs = table(tmp_path, "runs.csv")
    assert runs["status"].tolist() == ["done", "failed", "missing", "missing"]
    assert runs["reason"].tolist()[1:] == ["out of memory: no GPU", "not run yet", "not run yet"]
    assert runs["epochs"].tolist()[0] == 12
    assert "done,,real,12.5,10.25,12,512.0,16140," in (tmp_path / "runs.csv").read_text()
    assert set(table(tmp_path, "metrics.csv")["seed"]) == {0}


def test_a_killed_block_is_a_row_that_says_so(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]}, seeds=4)
    killed, stopped, running, deleted = study.blocks()
    for block, why in ((killed, None), (stopped, "out of time"), (running, None), (deleted, "done")):
        journal = Journal(block, tmp_path)
        number = journal.begin(replace(Holder.here(), host="node7"))
        if why:
            journal.end(number, why)
    assert Lock(checkpoint_folder(running, tmp_path) / "lock.json").try_acquire()
    collect(study, tmp_path)
    runs = table(tmp_path, "runs.csv")
    assert runs["status"].tolist() == ["failed", "failed", "missing", "missing"]
    assert runs["reason"].tolist() == [
        "killed on node7, attempt 1",
        "out of time on node7, attempt 1",
        "not run yet",
        "not run yet",
    ]


def test_a_run_that_finished_after_a_failure_is_done(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]}, seeds=1)
    write_failure(study.blocks()[0], tmp_path, "an old failure")
    fill(study, tmp_path)
    collect(study, tmp_path)
    assert table(tmp_path, "runs.csv")["status"].tolist() == ["done"]


def test_nothing_run_gives_empty_tables_with_headers(tmp_path: Path) -> None:
    study = make_study()
    collect(study, tmp_path)
    assert table(tmp_path, "metrics.csv").empty
    assert table(tmp_path, "history.csv.gz").columns.tolist()[4] == "epoch"
    assert table(tmp_path, "summary.csv").columns.tolist()[-2:] == ["n", "data"]
    assert set(table(tmp_path, "runs.csv")["status"]) == {"missing"}


def test_stand_ins_are_marked_in_every_table(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense", "conv"]}, seeds=2)
    for block in study.blocks():
        write_block(block, tmp_path, stand_in=block.variant == "conv" and block.name == "s1")
    collect(study, tmp_path)
    metrics = table(tmp_path, "metrics.csv")
    assert set(metrics[metrics["data"] == "STAND-IN"]["seed"]) == {1}
    summary = table(tmp_path, "summary.csv").groupby("variant")["data"].unique()
    # A mean over real and generated data is not a real one.
    assert summary["conv"].tolist() == ["STAND-IN"]
    assert summary["dense"].tolist() == ["real"]
    assert table(tmp_path, "runs.csv")["data"].tolist() == ["real", "real", "real", "STAND-IN"]


def test_several_seeds_in_a_block(tmp_path: Path) -> None:
    study = make_study({"moons": ["raw"]}, seeds=4, seeds_per_job=3)
    fill(study, tmp_path)
    collect(study, tmp_path)
    metrics = table(tmp_path, "metrics.csv").query("split == 'train' and metric == 'loss'")
    assert list(zip(metrics["seed"], metrics["fold"], strict=True)) == [(s, f) for s in range(4) for f in range(5)]
    assert table(tmp_path, "summary.csv")["n"].unique().tolist() == [4]


def test_users_exercises_variants_and_metrics_flow_through(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense", "null"], "extra": ["mine"]}, seeds=1)
    fill(study, tmp_path)
    path = study.blocks()[-1].folder(tmp_path) / "metrics.json"
    content = read_json(path)
    content["runs"][0]["metrics"]["validation"]["top5"] = 0.75
    write_json(path, content)
    collect(study, tmp_path)
    metrics = table(tmp_path, "metrics.csv")
    assert set(metrics["variant"]) == {"dense", "null", "mine"}
    last = metrics[metrics["metric"] == "top5"][["exercise", "split", "metric", "value"]]
    assert last.to_numpy().tolist() == [["extra", "validation", "top5", 0.75]]


def broken(content: dict, how: str) -> object:
    run = content["runs"][0]
    if how == "list":
        return [1, 2]
    if how == "no runs":
        del content["runs"]
    if how == "empty runs":
        content["runs"] = []
    if how == "other variant":
        content["variant"] = "conv"
    if how == "other seed":
        run["seed"] = 7
    if how == "no seed":
        del run["seed"]
    if how == "text":
        key = "metrics" if "metrics" in run else "train"
        run[key] = {"train": {"loss": "low"}} if key == "metrics" else {"loss": ["low"] * len(run["epoch"])}
    if how == "metrics list":
        run["metrics"] = [0.5]
    if how == "no stand_in":
        del content["stand_in"]
    if how == "short curve":
        run["train"]["loss"].pop()
    if how == "scalar curve":
        run["train"]["loss"] = 0.5
    return content


@pytest.mark.parametrize(
    ("name", "how"),
    [
        *(
            (name, how)
            for name in ("metrics.json", "history.json")
            for how in ("list", "no runs", "empty runs", "other variant", "other seed", "no seed", "text")
        ),
        ("metrics.json", "metrics list"),
        ("metrics.json", "no stand_in"),
        ("history.json", "short curve"),
        ("history.json", "scalar curve"),
        ("manifest.json", "list"),
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, name: str, how: str) -> None:
    study = make_study({"steps": ["dense"]}, seeds=1)
    fill(study, tmp_path)
    path = study.blocks()[0].folder(tmp_path) / name
    content = json.loads(path.read_text())
    content.setdefault("runs", [{}])
    path.write_text(json.dumps(broken(content, how)))
    with pytest.raises(InputError, match=str(path)):
        collect(study, tmp_path)
    assert not (tmp_path / "metrics.csv").exists()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda made: made["settings"].update(epochs=999), "epochs 999, and the study has epochs 20"),
        (lambda made: made["settings"].pop("epochs"), "no epochs, and the study has epochs 20"),
        (lambda made: made["settings"].update(momentum=0.9), "momentum 0.9, and the study has no momentum"),
        (lambda made: made.update(model="conv"), "model conv, and the study has model dense"),
        (
            lambda made: made["provenance"]["data"].update(name="crescents"),
            "data set crescents, and the study has data set walks",
        ),
    ],
)
def test_a_run_with_other_settings_than_the_study_says_is_named(
    tmp_path: Path, edit: Callable[[dict[str, Any]], object], said: str
) -> None:
    """A report would be wrong about it, and with ``--rerun-triggers mtime`` Snakemake does not notice."""
    study = make_study({"steps": ["dense"]}, seeds=1)
    study.config["exercises"]["steps"]["settings"]["epochs"] = 20
    fill(study, tmp_path)
    path = study.blocks()[0].folder(tmp_path) / "manifest.json"
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=f"{path}: steps/dense/s0 was trained with {said}; delete .* and run again"):
        collect(study, tmp_path)
    assert not (tmp_path / "metrics.csv").exists()


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    study = make_study({"steps": ["dense"]}, seeds=1)
    fill(study, tmp_path)
    path = study.blocks()[0].folder(tmp_path) / "metrics.json"
    path.write_text(path.read_text()[:100])
    with pytest.raises(InputError, match="not valid JSON"):
        collect(study, tmp_path)


@pytest.mark.parametrize("damage", ["deleted", "torn"])
@pytest.mark.parametrize("name", ["history.json", "manifest.json"])
def test_a_damaged_file_beside_whole_metrics_says_what_to_delete(tmp_path: Path, name: str, damage: str) -> None:
    """Say that ``metrics.json`` must be deleted: the workflow does not retrain a block that has it."""
    study = make_study({"steps": ["dense"]}, seeds=1)
    fill(study, tmp_path)
    path = study.blocks()[0].folder(tmp_path) / name
    if damage == "deleted":
        path.unlink()
    else:
        path.write_text(path.read_text()[:100])
    with pytest.raises(InputError, match=f"{path} .*delete {path.with_name('metrics.json')} and run again"):
        collect(study, tmp_path)
