"""The status of every block, from the files that its jobs leave on disk."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from practica.cli import main
from practica.cli.base import read_study
from practica.config.study import Block, Study
from practica.config.trials import folder, trial_blocks
from practica.errors import InputError
from practica.files import write_json
from practica.jobs.journal import Journal
from practica.jobs.lock import Holder, Lock
from practica.jobs.states import checkpoint_folder
from practica.jobs.status import Status, gather
from practica.jobs.status_table import duration, show, watch
from practica.jobs.together import with_others
from practica.plan import checks
from toy import toy_study

from .factory import make_study, write_block

PROGRESS = {
    "run": "s1",
    "runs_done": 1,
    "epoch": 4,
    "epochs": 10,
    "metric": "accuracy",
    "value": 0.75,
    "seconds_per_epoch": 2.0,
    "updated": "2026-01-01T00:00:00+00:00",
}


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Hide the cluster of this machine; return the folder in which a test may put its own ``squeue``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def study() -> Study:
    return make_study({"steps": ["dense", "conv"]}, seeds=3, seeds_per_job=3)


@pytest.fixture
def block(study: Study) -> Block:
    return study.blocks()[0]


def attempt(block: Block, results: Path, why: str | None) -> None:
    journal = Journal(block, results)
    number = journal.begin(replace(Holder.here(), host="node7", job="42"))
    write_json(checkpoint_folder(block, results) / "progress.json", PROGRESS)
    if why:
        journal.end(number, why)


def first(study: Study, results: Path) -> Status:
    return gather(study, results)[0]


def test_what_has_not_begun_waits(study: Study, tmp_path: Path) -> None:
    rows = gather(study, tmp_path)
    assert [(row.exercise, row.variant, row.block, row.state) for row in rows] == [
        ("steps", "dense", "s0-2", "waiting"),
        ("steps", "conv", "s0-2", "waiting"),
    ]
    assert (rows[0].runs, rows[0].runs_done, rows[0].attempts) == (3, 0, [])


def test_what_runs_shows_how_far_it_is(study: Study, block: Block, tmp_path: Path) -> None:
    attempt(block, tmp_path, "out of time")
    assert Lock(checkpoint_folder(block, tmp_path) / "lock.json").try_acquire()
    attempt(block, tmp_path, None)
    row = first(study, tmp_path)
    assert (row.state, row.runs_done, row.epoch, row.epochs) == ("running", 1, 4, 10)
    assert (row.metric, row.value, row.seconds_per_epoch) == ("accuracy", 0.75, 2.0)
    assert row.seconds_left == 2.0 * (6 + 10)
    assert [entry.why for entry in row.attempts] == ["out of time", None]


def test_trials_that_train_together_are_at_work(study: Study, tmp_path: Path) -> None:
    """Each shows a share of the time that is left; one that is done is done."""
    grid = {"dense": {"grid": {"learning_rate": [0.1, 0.2, 0.3]}}}
    steps = {**study.config["exercises"]["steps"], "variants": grid}
    study = toy_study(exercises={"steps": steps}, tuning={"seeds": 3}, seeds_per_job=3)
    blocks, tuning = trial_blocks(study), folder(tmp_path)
    write_block(blocks[0], tuning)
    together = checkpoint_folder(with_others(*blocks), tuning)
    assert Lock(together / "lock.json").try_acquire()
    progress = {**PROGRESS, "runs": 9, "runs_done": 0, "runs_at_once": 9}
    write_json(together / "progress.json", progress)
    rows = [row for row in gather(study, tmp_path) if row.trial]
    assert [row.state for row in rows] == ["done", "running", "running"]
    assert [(row.epoch, row.epochs, row.seconds_left) for row in rows[1:]] == [(4, 10, 4.0)] * 2  # a third of 12 s
    assert {row.reason for row in rows[1:]} == {"trials that can share a graph train together first"}


def test_what_is_done_shows_its_mean_metric(study: Study, block: Block, tmp_path: Path) -> None:
    folder = write_block(block, tmp_path, epochs=12)
    row = first(study, tmp_path)
    content = json.loads((folder / "metrics.json").read_text())
    values = [run["metrics"]["validation"]["accuracy"] for run in content["runs"]]
    assert (row.state, row.runs_done, row.epoch, row.epochs) == ("done", 3, 12, 12)
    assert row.value == pytest.approx(sum(values) / 3)
    assert row.seconds_per_epoch == pytest.approx(content["provenance"]["fit_seconds"] / 36)


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (None, "killed: Killed by the kernel"),
        ("out of time", "out of time"),
        ("terminated by SIGTERM", "terminated by SIGTERM"),
    ],
)
def test_what_was_stopped_says_why(study: Study, block: Block, tmp_path: Path, why: str | None, reason: str) -> None:
    log = tmp_path / "logs/train/steps/dense/s0-2.log"
    log.parent.mkdir(parents=True)
    log.write_text("epoch 4\nKilled by the kernel\n\n")
    attempt(block, tmp_path, why)
    row = first(study, tmp_path)
    assert (row.state, row.reason, row.epoch) == ("stopped", reason, 4)
    assert row.attempts[-1].why == (why or "killed")


def test_what_was_killed_keeps_what_its_journal_says(study: Study, block: Block, tmp_path: Path) -> None:
    alone = study.block(block.exercise, block.variant, (7,))
    journal = Journal(alone, tmp_path)
    number = journal.begin(replace(Holder.here(), host="node7", job="42"), by_hand=True)
    journal.add_cost(number, {"wall_seconds": 8.0})
    rows = [row for row in gather(study, tmp_path) if row.block == "s7"]
    assert [(row.state, row.by_hand, row.attempts[-1].cost) for row in rows] == [
        ("stopped", True, {"wall_seconds": 8.0})
    ]


def test_what_failed_says_why(study: Study, block: Block, tmp_path: Path) -> None:
    attempt(block, tmp_path, "DivergedError: the loss became nan")
    write_json(tmp_path / "failures/steps/dense/s0-2.json", {"reason": "the loss became nan", "when": ""})
    row = first(study, tmp_path)
    assert (row.state, row.reason) == ("failed", "the loss became nan")


def test_what_waits_for_the_cluster_is_queued(study: Study, tmp_path: Path, no_cluster: Path) -> None:
    squeue = no_cluster / "squeue"
    squeue.write_text("#!/bin/sh\necho PENDING rule_train_wildcards_steps_conv_s0-2\necho RUNNING rule_collect\n")
    squeue.chmod(0o755)
    rows = gather(study, tmp_path)
    assert [(row.state, row.reason) for row in rows] == [("waiting", ""), ("queued", "SLURM: pending")]
    packed = [f"rule_train_wildcards_steps_{variant}_s0-2" for variant in ("other", "conv")]
    squeue.write_text(f"#!/bin/sh\necho PENDING {','.join(packed)}\n")
    assert [row.state for row in gather(study, tmp_path)] == ["waiting", "queued"]
    squeue.write_text("#!/bin/sh\necho RUNNING rule_train_wildcards_steps_conv_s0-2\n")
    row = gather(study, tmp_path)[1]
    assert (row.state, row.reason) == ("running", "SLURM: running, but no sign of life")
    squeue.write_text("#!/bin/sh\nexit 1\n")
    assert gather(study, tmp_path)[1].state == "waiting"


def test_a_progress_that_says_little_does_not_stop_it(study: Study, block: Block, tmp_path: Path) -> None:
    write_json(checkpoint_folder(block, tmp_path) / "progress.json", {"epoch": 3})
    assert first(study, tmp_path).epoch == 0


def test_damaged_files_do_not_stop_it(study: Study, block: Block, tmp_path: Path) -> None:
    for path in (checkpoint_folder(block, tmp_path) / "progress.json", block.folder(tmp_path) / "metrics.json"):
        path.parent.mkdir(parents=True)
        path.write_text("{")
    row = first(study, tmp_path)
    assert (row.state, row.reason) == ("done", "metrics.json cannot be read: delete it and run again")


def test_the_table_and_the_attempts(study: Study, block: Block, tmp_path: Path) -> None:
    attempt(block, tmp_path, None)
    attempt(block, tmp_path, "terminated by SIGTERM")
    rows = gather(study, tmp_path)

    def printed(attempts: bool) -> list[str]:
        console = Console(file=StringIO(), width=60)
        show(rows, attempts=attempts, console=console)
        return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]

    table = printed(False)
    assert table[1] == "steps/dense/s0-2 stopped 1/3 4/10 accuracy 0.75 2 s 32 s 2 terminated by SIGTERM"
    assert table[2] == "steps/conv/s0-2 waiting 0/3 0/0"
    assert table[3] == "1 waiting, 1 stopped"
    journal = printed(True)
    assert len(journal) == 4
    assert journal[1].startswith("steps/dense/s0-2 1 node7 (job 42) 2")
    assert journal[1].endswith("killed")
    assert journal[2].endswith("terminated by SIGTERM")


@pytest.mark.parametrize(
    ("width", "heads"),
    [
        (117, "block state runs epoch validation an epoch left attempts why"),
        (108, "block state runs epoch validation an epoch left why"),
        (99, "block state runs epoch validation left why"),
        (80, "block state epoch validation left why"),
        (70, "block state epoch validation left why"),
    ],
)
def test_a_narrow_terminal_shows_fewer_columns_and_cuts_none(width: int, heads: str) -> None:
    curve = [0.1 * epoch for epoch in range(10)]
    row = Status("steps", "wide", "s0-24", "running", 125, 100, 25, 100, "accuracy", 0.72531, 0.0123, 130.0)
    row = replace(row, curve=curve)
    stopped = replace(row, state="stopped", reason="terminated by SIGTERM")
    console = Console(file=StringIO(), width=width, force_terminal=True, color_system=None)
    show([row, stopped], console=console)
    lines = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]
    assert lines[0] == heads
    assert "…" not in "".join(lines)
    assert ("▁▂▃▃▄▅▆▆▇█" in lines[1]) == (width > 70)


def test_the_command_reads_the_last_study(study: Study, block: Block, tmp_path: Path) -> None:
    attempt(block, tmp_path, None)
    write_json(tmp_path / "study.json", dict(study.config))
    result = CliRunner().invoke(main, ["status", "steps", "--json", "--results", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output) == [asdict(row) for row in gather(study, tmp_path)]
    strange = CliRunner().invoke(main, ["status", "sets", "--results", str(tmp_path)])
    assert strange.exit_code == 2
    assert "no exercise 'sets'" in strange.output


def test_results_need_not_be_writable_to_be_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(key: str, folder: Path) -> None:
        raise InputError(f"{key}: cannot write to {folder}")

    monkeypatch.setattr(checks, "check_writable", refuse)
    config = tmp_path / "config.yaml"
    write_json(config, dict(toy_study().config))
    result = CliRunner().invoke(main, ["status", "--config", str(config)])
    assert result.exit_code == 0, result.output
    with pytest.raises(InputError, match="cannot write to"):
        read_study([str(config)])


@pytest.mark.parametrize(("seconds", "text"), [(45, "45 s"), (700, "12 min"), (11100, "3 h 05 min")])
def test_durations_are_written_as_people_do(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("moments", "looks"),
    [
        (["waiting at work", "running", "waiting at work", "queued", "done at work", "running"], 5),
        (["failed at work", "stopped", "running"], 2),
    ],
)
def test_a_table_that_is_watched_waits_for_the_next_training_while_snakemake_runs(
    study: Study, tmp_path: Path, moments: list[str], looks: int
) -> None:
    seen: list[str] = []
    row = first(study, tmp_path)

    def look() -> tuple[list[Status], None]:
        seen.append(moments[len(seen)])
        return [replace(row, state=seen[-1].split()[0])], None

    watch(look, 0.0, Console(file=StringIO()), lambda: seen[-1].endswith("at work"))
    assert seen == moments[:looks]
