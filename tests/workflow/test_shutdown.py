"""Snakemake ends within seconds when told to, leaves no lock, and ignores the lock of a dead one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.workflow
BLOCK = "steps/dense/s0"
RUN = f"results/runs/{BLOCK}/metrics.json"
LONG = "exercises.steps.settings.epochs=1000000"


@contextmanager
def at_work(folder: Path, *before: str) -> Iterator[subprocess.Popen[str]]:
    """Start Snakemake on an endless training, and wait until it is running."""
    environment = {**os.environ, "PYTHONPATH": str(folder / "workflow"), "PRACTICA_DATA_MIRROR": ""}
    command = [*before, Path(sys.executable).with_name("snakemake"), RUN, "--cores", "1"]
    command += ["--configfile", "tiny.yaml", "--config", LONG]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        end = time.monotonic() + 120
        while not (folder / "results/checkpoints" / BLOCK / "progress.json").is_file():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < end
            time.sleep(0.2)
        yield process
    finally:
        for each in [process, *children(process)]:
            each.kill()
        process.wait()


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def locks(folder: Path) -> list[Path]:
    return list((folder / ".snakemake/locks").glob("*"))


def test_what_trainings_import_is_on_its_way_before_the_first_step_that_needs_it(fresh, tmp_path: Path) -> None:
    log = tmp_path / "commands"
    note = f"import sys\nopen({str(log)!r}, 'a').write(' '.join(sys.orig_argv[2:5]) + '\\n')\n"
    (fresh.folder / "workflow/sitecustomize.py").write_text(note)
    with at_work(fresh.folder):
        commands = log.read_text().splitlines()
    rehearsal = next(place for place, command in enumerate(commands) if command.startswith("practica rehearse"))
    assert "practica warm training" in commands[:rehearsal]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_it_in_seconds_with_a_checkpoint_and_no_lock(fresh, number: signal.Signals) -> None:
    with at_work(fresh.folder) as process:
        jobs = children(process)
        trainings = [job for job in jobs if "train" in job.cmdline()]
        assert trainings
        assert locks(fresh.folder)
        process.send_signal(number)
        text = process.communicate(timeout=20)[0]
        assert process.returncode == 1, text
        assert not [job for job in trainings if job.is_running()]  # it has waited for them
        psutil.wait_procs(jobs, timeout=5)
    assert not [job for job in jobs if job.is_running()]
    assert not locks(fresh.folder)
    journal = (fresh.folder / "results/journal" / f"{BLOCK}.jsonl").read_text()
    assert "terminated by SIG" in journal
    assert "Traceback" not in text
    assert f"stopped: Training {BLOCK}" in text
    assert "FAILED" not in text
    assert "0 jobs failed" in text


def test_one_that_is_to_outlive_its_terminal_does(fresh) -> None:
    with at_work(fresh.folder, "nohup") as process:
        process.send_signal(signal.SIGHUP)
        for job in children(process):
            job.send_signal(signal.SIGHUP)
        time.sleep(3)
        assert process.poll() is None
        assert children(process)


def test_the_lock_of_one_that_was_killed_is_removed_and_that_of_another_is_not(fresh) -> None:
    with at_work(fresh.folder) as process:
        before = children(process)
        refused = fresh.snakemake("--nocolor", RUN)
        assert refused.returncode == 2
        assert f"is locked by process {process.pid} on {socket.gethostname()}, which is running" in refused.stderr
        assert refused.stderr.count("\n") == 3  # with the profile and the configuration
        planned = fresh.snakemake("--nocolor", "--dry-run", RUN)
        assert planned.returncode == 0
        text = planned.stdout + planned.stderr
        assert f"Another Snakemake, process {process.pid} on {socket.gethostname()}, holds the lock" in text
        assert "Error" not in text
        process.kill()
        process.wait()
        for job in before:
            job.kill()
    note = fresh.folder / ".snakemake/locks/practica.json"
    owner = json.loads(note.read_text())
    for other in ({**owner, "host": "elsewhere"}, None):
        note.write_text(json.dumps(other))
        refused = fresh.snakemake("--nocolor", RUN)
        assert refused.returncode == 2
        assert "remove the lock with snakemake --unlock" in refused.stderr
        assert note.is_file()
    note.write_text(json.dumps(owner))
    result = fresh.snakemake("--nocolor", "results/study.json")
    assert result.returncode == 0, result.stderr
    assert f"The lock of process {owner['pid']}, which is gone, is removed" in result.stderr
    assert not locks(fresh.folder)


def test_a_process_that_has_got_the_number_of_one_that_is_gone_holds_no_lock(fresh) -> None:
    folder = fresh.folder / ".snakemake/locks"
    folder.mkdir(parents=True)
    (folder / "0.output.lock").write_text("results/study.json\n")
    note = {"host": socket.gethostname(), "pid": os.getpid(), "started": psutil.Process().create_time() - 60}
    (folder / "practica.json").write_text(json.dumps(note))
    process = fresh.snakemake("--nocolor", "results/study.json")
    assert process.returncode == 0, process.stderr
