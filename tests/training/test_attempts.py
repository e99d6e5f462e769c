"""One process at a time: the lock, the journal of attempts, and how an attempt ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from practica.config.study import Block
from practica.errors import StoppedError
from practica.exercises.problem import MULTICLASS
from practica.jobs import lock as locks
from practica.jobs.attempt import Attempt
from practica.jobs.journal import Journal
from practica.jobs.lock import Holder, Lock, alive, holder
from practica.jobs.progress import LONG
from practica.jobs.states import checkpoint_folder, discard_checkpoints
from practica.training.record import Record

BLOCK = Block("steps", "dense", (0,), "dense", "walks", {"epochs": 3})


class GaveUpError(Exception):
    """Raised to end a test's waiting."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"STALE": 0.5, "SETTLE": 0.2, "POLL": 0.05}.items():
        monkeypatch.setattr(locks, name, seconds)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "block" / "lock.json"


def patience(seconds: float):
    """Return a callback that raises ``GaveUpError`` after this many seconds."""
    end = time.monotonic() + seconds

    def waiting(who: str) -> None:
        if time.monotonic() > end:
            raise GaveUpError(who)

    return waiting


def elsewhere(path: Path) -> Holder:
    """Write a lock of another machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    result = replace(Holder.here(), host="node7", pid=1, job="42")
    path.write_text(json.dumps(asdict(result)))
    return result


def test_a_lock_that_beats_is_waited_for_whatever_the_clocks_say(path: Path) -> None:
    elsewhere(path)
    over = threading.Event()

    def beat() -> None:
        for count in range(1000):
            os.utime(path, (count, count))  # a clock that stopped in 1970
            if over.wait(0.1):
                return

    heart = threading.Thread(target=beat)
    heart.start()
    with pytest.raises(GaveUpError, match="process 1 on node7, SLURM job 42 since 2"):
        Lock(path).acquire(patience(1.5))
    over.set()
    heart.join()


def test_a_lock_that_stands_still_is_taken_over(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere(path)
    lock = Lock(path)
    lock.acquire(patience(5))
    assert lock.held()
    assert "process 1 on node7, SLURM job 42" in capsys.readouterr().out
    lock.release()
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"host": "x"}'])
def test_a_lock_that_cannot_be_read_is_taken_over_too(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    assert not alive(path)
    lock = Lock(path)
    lock.acquire(patience(5))
    assert lock.held()


def test_the_lock_of_a_process_that_has_ended_is_free_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "STALE", 1000)
    program = "import sys; from practica.jobs.lock import *; Lock(Path(sys.argv[1])).try_acquire()"
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)
    result = holder(path)
    assert result is not None
    assert result.gone
    assert not alive(path)
    Lock(path).acquire(patience(5))


def test_a_process_number_that_was_given_again_is_no_holder(path: Path) -> None:
    assert not Holder.here().gone
    assert replace(Holder.here(), born=1.0).gone


def test_of_many_that_take_over_a_dead_lock_one_has_it(path: Path) -> None:
    elsewhere(path)
    winners: list[Lock] = []
    end = time.monotonic() + 2

    def take() -> None:
        lock = Lock(path)
        try:
            lock.acquire(patience(2))
        except GaveUpError:
            return
        winners.append(lock)
        while time.monotonic() < end:
            lock.beat()
            time.sleep(0.1)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [lock.held() for lock in winners] == [True]


def test_what_another_took_is_neither_kept_alive_nor_given_back(path: Path) -> None:
    lock = Lock(path)
    assert lock.try_acquire()
    assert not Lock(path).try_acquire()
    elsewhere(path)
    os.utime(path, (5, 5))
    lock.beat()
    lock.release()
    assert path.stat().st_mtime == 5


def test_a_full_disk_keeps_no_lock_that_nobody_can_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    with pytest.raises(OSError, match="No space left"):
        Lock(path).try_acquire()
    assert not path.exists()


def test_the_journal_tells_who_when_and_why(tmp_path: Path) -> None:
    journal = Journal(BLOCK, tmp_path)
    assert journal.entries() == []
    me = Holder.here()
    assert journal.begin(me) == 1
    assert journal.begin(replace(me, host="node7", job="42")) == 2
    journal.end(2, "done")
    first, second = journal.entries()
    assert (first.host, first.pid, first.end, first.why) == (me.host, os.getpid(), None, None)
    assert (second.host, second.job, second.why) == ("node7", "42", "done")
    assert second.start <= second.end
    assert journal.path == tmp_path / "journal/steps/dense/s0.jsonl"


def test_a_line_that_a_kill_cut_short_harms_no_other(tmp_path: Path) -> None:
    journal = Journal(BLOCK, tmp_path)
    journal.begin(Holder.here())
    with journal.path.open("a") as stream:
        stream.write('{"attempt": 1, "en')
    with journal.path.open("ab") as noise:
        noise.write(bytes(range(128, 256)))
    assert journal.begin(Holder.here()) == 2
    journal.end(2, "done")
    assert [entry.why for entry in journal.entries()] == [None, "done"]


def test_why_an_attempt_ended_is_written_down(tmp_path: Path) -> None:
    for error in (None, ValueError("bad\nworse"), StoppedError("stopped")):
        try:
            with Attempt(BLOCK, tmp_path, None):
                assert alive(checkpoint_folder(BLOCK, tmp_path) / "lock.json")
                if error:
                    raise error
        except (ValueError, StoppedError):
            pass
        assert not alive(checkpoint_folder(BLOCK, tmp_path) / "lock.json")
    assert [e.why for e in Journal(BLOCK, tmp_path).entries()] == ["done", "ValueError: bad", "stopped"]


def test_a_full_disk_hides_no_error_and_keeps_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ValueError, match="the error"), Attempt(BLOCK, tmp_path, None):
        monkeypatch.setattr(Journal, "_append", full)
        raise ValueError("the error")
    with pytest.raises(OSError, match="No space left"), Attempt(BLOCK, tmp_path, None):
        raise AssertionError("it has not begun")
    assert not (checkpoint_folder(BLOCK, tmp_path) / "lock.json").exists()


def test_no_log_is_worth_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal(BLOCK, tmp_path).begin(Holder.here())
    with contextlib.suppress(OSError), Path("/dev/full").open("w") as full:  # closing it fails too
        monkeypatch.setattr(sys, "stdout", full)
        with Attempt(BLOCK, tmp_path, None):
            pass
    assert Journal(BLOCK, tmp_path).entries()[-1].why == "done"


def test_the_next_attempt_says_how_the_last_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Journal(BLOCK, tmp_path).begin(replace(Holder.here(), host="node7"))
    half = BLOCK.folder(tmp_path) / ".metrics.json.abc.part"
    half.parent.mkdir(parents=True)
    half.write_text("{")
    with Attempt(BLOCK, tmp_path, None):
        pass
    assert "attempt 2; the one before, on node7: killed" in capsys.readouterr().out
    assert not half.exists()


def test_what_an_attempt_cost_that_was_killed_in_its_first_epoch_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("practica.jobs.attempt.BEAT", 0.05)
    killed = Attempt(BLOCK, tmp_path, None)
    killed.__enter__()
    deadline = time.monotonic() + 10
    while not (killed.folder / "cost.json").is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    killed._close()  # as a kill, it leaves the lock and the journal as they are
    elsewhere(killed.folder / "lock.json")
    with Attempt(BLOCK, tmp_path, None):
        pass
    first, second = Journal(BLOCK, tmp_path).entries()
    assert (first.why, second.why) == (None, "done")
    assert first.cost["wall_seconds"] > 0 and first.cost["epochs"] == 0


def test_a_process_that_lost_its_lock_writes_nothing_more(tmp_path: Path) -> None:
    run = Record(MULTICLASS, 9)
    run.add(1, {"train": {"loss": 0.1, "accuracy": 0.5}}, list)
    with pytest.raises(StoppedError, match="another process took over"), Attempt(BLOCK, tmp_path, None) as attempt:
        assert attempt.at_point("s0", run) is None
        progress = json.loads((attempt.folder / "progress.json").read_text())
        assert (progress["epoch"], progress["epochs"], progress["value"]) == (1, 9, 0.5)
        thief = elsewhere(attempt.folder / "lock.json")
        attempt.at_point("s0", run)
    assert holder(attempt.folder / "lock.json") == thief


def test_a_short_first_point_says_nothing_of_the_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = []

    def reached(*seconds: float) -> list[float | None]:
        message.clear()
        run = Record(MULTICLASS, 9)
        with Attempt(BLOCK, tmp_path, None) as attempt:
            attempt.tell = message.append
            for epoch, each in enumerate(seconds, 1):
                run.add(epoch, {"train": {"loss": 0.1, "accuracy": 0.5}}, list)
                run.point_seconds, attempt._reported = each, 0.0
                attempt.at_point("s0", run)
        return [progress["seconds_per_epoch"] for progress in message]

    assert reached(8.0, 0.5) == [None, 0.5], "the first has waited for its graph"
    assert reached(LONG, 25.0) == [LONG, 25.0]


def test_a_run_whose_next_epoch_does_not_fit_stops_unless_it_was_the_last(tmp_path: Path) -> None:
    run = Record(MULTICLASS, 2)
    with Attempt(BLOCK, tmp_path, 1.0) as attempt:
        run.add(1, {"train": {"loss": 0.1, "accuracy": 0.5}}, list)
        assert attempt.at_point("s0", run) is None
        run.point_seconds = 50.0
        assert attempt.at_point("s0", run) == "out of time"
    with Attempt(BLOCK, tmp_path, 1.0) as attempt:
        run.add(2, {"train": {"loss": 0.1, "accuracy": 0.5}}, list)
        run.point_seconds = 50.0
        assert attempt.at_point("s0", run) is None


@pytest.mark.parametrize(
    ("answer", "reached"), [("2026-11-05T09:30:00 2026-11-05T09:31:00", True), ("N/A 2026-11-05T09:31:00", False)]
)
def test_a_preempted_run_uses_the_time_that_slurm_gives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, reached: bool
) -> None:
    squeue = tmp_path / "squeue"
    squeue.write_text(f"#!/bin/sh\necho {answer}\n", encoding="utf-8")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("SLURM_JOB_ID", "42")
    monkeypatch.setattr("practica.jobs.attempt.GRACE", 0.1)
    cut = threading.Event()
    monkeypatch.setattr(Attempt, "_abort", lambda _: cut.set())
    run = Record(MULTICLASS, 9)
    run.add(1, {"train": {"loss": 0.1, "accuracy": 0.5}}, list)
    with Attempt(BLOCK, tmp_path, None) as attempt:
        os.kill(os.getpid(), signal.SIGTERM)
        assert cut.wait(1) != reached
        assert attempt.at_point("s0", run) == "terminated by SIGTERM"


def test_checkpoints_go_when_results_are_there_and_nobody_works_on_them(tmp_path: Path) -> None:
    folder = checkpoint_folder(BLOCK, tmp_path)
    (folder / "key").mkdir(parents=True)
    discard_checkpoints(BLOCK, tmp_path)
    assert folder.exists()
    results = BLOCK.folder(tmp_path) / "metrics.json"
    results.parent.mkdir(parents=True)
    results.write_text("{}")
    with Attempt(BLOCK, tmp_path, None):
        discard_checkpoints(BLOCK, tmp_path)
        assert folder.exists()
    Lock(folder / "lock.json").path.write_text(json.dumps(asdict(replace(Holder.here(), pid=2**22 + 1))))
    discard_checkpoints(BLOCK, tmp_path)
    assert not (tmp_path / "checkpoints/steps").exists()
