"""Jobs that are killed, stopped or run twice: their results equal those of an undisturbed run, bit for bit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from practica.files import sha256
from practica.jobs.journal import Entry, Journal
from practica.jobs.states import checkpoint_folder, discard_checkpoints
from training.tiny_jobs import BLOCKS, LONG, ONE_CALL, Block, run, runs, start

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the data sets of the toy."""
    from practica.data import prepare

    folder = tmp_path_factory.mktemp("data")
    for name in sorted({block.dataset for block in BLOCKS.values()}):
        prepare(name, folder)
    return folder


@pytest.fixture(scope="module")
def undisturbed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Block], list[str]]:
    """Return a function that returns the runs of a block that was trained without interruption."""
    folder = tmp_path_factory.mktemp("undisturbed")

    def train(block: Block) -> list[str]:
        results = folder / sha256(block.specification())
        if not (block.folder(results) / "metrics.json").is_file():
            assert run(block, data, results) == 0
        return runs(block, results)

    return train


def attempts(block: Block, results: Path) -> list[Entry]:
    return Journal(block, results).entries()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


@pytest.mark.parametrize("name", list(BLOCKS))
def test_a_job_killed_again_and_again_ends_as_if_nothing_had_happened(name, data, undisturbed, tmp_path) -> None:
    block = BLOCKS[name]
    moments = np.random.default_rng(len(name)).integers(6, 16, 3).tolist()
    codes = [run(block, data, tmp_path, kill_at=moment) for moment in moments]
    # The third moment may come after the end.
    assert codes[:2] == [-signal.SIGKILL] * 2
    assert run(block, data, tmp_path) == 0
    assert runs(block, tmp_path) == undisturbed(block)
    ends = ["done" if code == 0 else None for code in codes]
    assert [entry.why for entry in attempts(block, tmp_path)] == [*ends, "done"]
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.checkpoint-before"))
    discard_checkpoints(block, tmp_path)
    assert not list(tmp_path.rglob("*.checkpoint")), "checkpoints go when the results are collected"


def test_a_job_killed_from_outside_at_any_moment_goes_on(data, undisturbed, tmp_path) -> None:
    moments = np.random.default_rng(5)
    for _ in range(4):
        process = start(LONG, data, tmp_path, pause=0.03)
        process.join(float(moments.uniform(0.5, 1.5)))
        process.kill()
        process.join()
    assert run(LONG, data, tmp_path) == 0
    assert runs(LONG, tmp_path) == undisturbed(LONG)
    cost = json.loads((LONG.folder(tmp_path) / "manifest.json").read_text())["provenance"]
    assert cost["fit_seconds"] <= cost["wall_seconds"] + cost["resumed_seconds"]


def test_a_torn_checkpoint_is_set_aside_and_the_one_before_it_used(data, undisturbed, tmp_path) -> None:
    assert run(LONG, data, tmp_path, kill_in=7) == -signal.SIGKILL
    (last,) = tmp_path.rglob("s0.checkpoint")
    last.write_bytes(last.read_bytes()[:-100])
    assert run(LONG, data, tmp_path, log=tmp_path / "log") == 0
    log = (tmp_path / "log").read_text()
    assert "s0.checkpoint is torn" in log
    assert "going on after epoch 5 of 60" in log
    assert runs(LONG, tmp_path) == undisturbed(LONG)
    assert [path.name for path in tmp_path.rglob("*torn*")] == ["s0.checkpoint.torn-1"]


def test_other_settings_never_go_on_from_a_checkpoint(data, undisturbed, tmp_path) -> None:
    changed = Block(**{**vars(LONG), "settings": {**LONG.settings, "learning_rate": 0.05}})
    assert run(changed, data, tmp_path, kill_in=7) == -signal.SIGKILL
    assert run(LONG, data, tmp_path, log=tmp_path / "log") == 0
    log = (tmp_path / "log").read_text()
    assert "going on" not in log
    assert (
        f"its states are of no use now (learning_rate 0.05 -> {LONG.settings['learning_rate']}): it trains from" in log
    )
    assert runs(LONG, tmp_path) == undisturbed(LONG)
    assert len(list(tmp_path.rglob("s0.checkpoint"))) == 1, "those of other settings go"


def with_epochs(block: Block, epochs: int) -> Block:
    return replace(block, settings={**block.settings, "epochs": epochs})


@pytest.mark.parametrize(
    ("name", "epochs", "goes_on"),
    [("augmentation", 3, True), ("by hand", 10, True), ("several seeds", 2, False)],  # the last are replicas
)
def test_with_more_epochs_a_run_goes_on_where_it_ended(name, epochs, goes_on, data, undisturbed, tmp_path) -> None:
    block, short = BLOCKS[name], with_epochs(BLOCKS[name], epochs)
    assert run(short, data, tmp_path) == 0
    assert runs(short, tmp_path) == undisturbed(short)
    discard_checkpoints(short, tmp_path, but_last=True)
    kept = sorted(path.name for path in checkpoint_folder(short, tmp_path).rglob("*") if path.is_file())
    assert kept == (["origin.json", *(f"s{seed}.checkpoint" for seed in short.seeds)] if goes_on else [])
    assert run(block, data, tmp_path, log=tmp_path / "log") == 0
    assert (f"going on after epoch {epochs} of {block.settings['epochs']}" in (tmp_path / "log").read_text()) == goes_on
    assert runs(block, tmp_path) == undisturbed(block)


def test_a_promoted_trial_goes_on_from_its_lower_rung_and_counts_new_epochs_only(data, undisturbed, tmp_path) -> None:
    long = replace(BLOCKS["dropout"], trial="t1_6")
    short = replace(with_epochs(long, 2), trial="t1_2")
    assert run(short, data, tmp_path) == 0
    discard_checkpoints(short, tmp_path, but_last=True)
    assert run(long, data, tmp_path, log=tmp_path / "log") == 0
    assert runs(long, tmp_path) == undisturbed(long)
    assert "going on after epoch 2 of 6" in (tmp_path / "log").read_text()
    assert [attempts(block, tmp_path)[0].cost["epochs"] for block in (short, long)] == [2, 4]


def test_with_fewer_epochs_a_run_begins_anew(data, undisturbed, tmp_path) -> None:
    block, short = BLOCKS["by hand"], with_epochs(BLOCKS["by hand"], 10)
    assert run(block, data, tmp_path) == 0
    assert run(short, data, tmp_path, log=tmp_path / "log") == 0
    assert "going on" not in (tmp_path / "log").read_text()
    assert runs(short, tmp_path) == undisturbed(short)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_job_at_its_next_point(number, data, undisturbed, tmp_path) -> None:
    process = start(LONG, data, tmp_path, pause=0.1, log=tmp_path / "log")
    progress = checkpoint_folder(LONG, tmp_path) / "progress.json"
    wait_for(progress.is_file)
    os.kill(process.pid, number)
    process.join(60)
    assert process.exitcode == 1
    assert [entry.why for entry in attempts(LONG, tmp_path)] == [f"terminated by {number.name}"]
    failure = json.loads((tmp_path / "failures/moons/dense_numpy/s0.json").read_text())
    assert "run it again to go on from there" in failure["reason"]
    assert run(LONG, data, tmp_path, log=tmp_path / "log") == 0
    assert "going on after epoch" in (tmp_path / "log").read_text()
    assert runs(LONG, tmp_path) == undisturbed(LONG)
    assert not (tmp_path / "failures/moons/dense_numpy/s0.json").exists()


def test_a_signal_ends_a_job_that_is_deep_in_tensorflow(data, tmp_path) -> None:
    process = start(ONE_CALL, data, tmp_path, log=tmp_path / "log")
    wait_for(lambda: attempts(ONE_CALL, tmp_path))
    time.sleep(2)
    os.kill(process.pid, signal.SIGTERM)
    process.join(10)
    assert process.exitcode == 1
    assert [entry.why for entry in attempts(ONE_CALL, tmp_path)] == ["terminated by SIGTERM"]
    assert not (checkpoint_folder(ONE_CALL, tmp_path) / "lock.json").exists()
    assert "run it again to continue from its last checkpoint" in (tmp_path / "log").read_text()
    failure = json.loads((tmp_path / "failures/moons/dense/s0.json").read_text())
    assert "terminated by SIGTERM" in failure["reason"]


def test_a_job_stops_before_its_time_is_up_and_retries_finish_it(data, undisturbed, tmp_path) -> None:
    tries = 0
    while (code := run(LONG, data, tmp_path, pause=0.1, minutes=0.05)) != 0:
        assert code == 1
        tries += 1
        assert tries < 20, "no progress"
    assert tries >= 1
    # On a busy machine, no epoch may fit into one of the attempts.
    assert [entry.why.partition(":")[0] for entry in attempts(LONG, tmp_path)] == ["out of time"] * tries + ["done"]
    assert runs(LONG, tmp_path) == undisturbed(LONG)


def test_a_time_in_which_no_epoch_fits_is_named(data, tmp_path) -> None:
    assert run(ONE_CALL, data, tmp_path, minutes=0.03, log=tmp_path / "log") == 1
    (entry,) = attempts(ONE_CALL, tmp_path)
    assert entry.why == "out of time: no epoch fitted into 0.03 minutes, raise resources.runtime"
    assert entry.why in (tmp_path / "log").read_text()


def test_a_second_copy_waits_and_puts_back_what_snakemake_deleted(data, undisturbed, tmp_path) -> None:
    first = start(LONG, data, tmp_path, pause=0.1)
    lock = checkpoint_folder(LONG, tmp_path) / "lock.json"
    wait_for(lock.is_file)
    second = start(LONG, data, tmp_path, log=tmp_path / "log")
    first.join(60)
    shutil.rmtree(LONG.folder(tmp_path))
    second.join(60)
    assert (first.exitcode, second.exitcode) == (0, 0)
    assert f"is being trained by process {first.pid} on " in (tmp_path / "log").read_text()
    assert runs(LONG, tmp_path) == undisturbed(LONG)
    one, two = attempts(LONG, tmp_path)
    assert one.end is not None
    assert one.end <= two.start

    (result,) = tmp_path.rglob("s0.done")
    written = result.stat().st_mtime_ns
    shutil.rmtree(LONG.folder(tmp_path))
    assert run(LONG, data, tmp_path) == 0
    assert runs(LONG, tmp_path) == undisturbed(LONG)
    assert result.stat().st_mtime_ns == written, "a finished run is not trained again"

    discard_checkpoints(LONG, tmp_path)
    assert not checkpoint_folder(LONG, tmp_path).exists()


def test_a_second_copy_gives_up_when_its_time_is_up(data, tmp_path) -> None:
    first = start(ONE_CALL, data, tmp_path)
    lock = checkpoint_folder(ONE_CALL, tmp_path) / "lock.json"
    wait_for(lock.is_file)
    assert run(ONE_CALL, data, tmp_path, minutes=0.02, log=tmp_path / "log") == 1
    assert f"out of time while process {first.pid} on " in (tmp_path / "log").read_text()
    assert len(attempts(ONE_CALL, tmp_path)) == 1
    first.kill()
    first.join()


def test_a_run_that_diverges_is_not_tried_again(data, tmp_path) -> None:
    block = BLOCKS["by hand"]
    wild = replace(block, settings={**block.settings, "l2": 1e30})
    assert run(wild, data, tmp_path) == 1
    failure = tmp_path / "failures/moons/dense_numpy/s0-1.json"
    reason = json.loads(failure.read_text())["reason"]
    assert "seed 0" in reason
    assert "lower the learning rate" in reason
    assert run(wild, data, tmp_path, kill_at=20) == 1
    again = json.loads(failure.read_text())["reason"]
    assert again.startswith(reason)
    assert "diverged.json" in again
    assert [entry.why[:13] for entry in attempts(wild, tmp_path)] == ["DivergedError"] * 2
