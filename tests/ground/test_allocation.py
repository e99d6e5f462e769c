"""What SLURM gave a job: its time, its life, and a GPU that must not silently be replaced by the CPU."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from practica.errors import RunError
from practica.launch.allocation import (
    ALLOW,
    GRANTS,
    ancestors,
    check_gpu,
    gone,
    minutes,
    minutes_left,
    seconds_of_grace,
)


@pytest.fixture(autouse=True)
def no_slurm(monkeypatch):
    for name in (*GRANTS, ALLOW):
        monkeypatch.delenv(name, raising=False)


def with_gpus(monkeypatch, *devices):
    monkeypatch.setitem(sys.modules, "practica.backend", SimpleNamespace(gpus=lambda: list(devices)))


@pytest.mark.parametrize("variable", GRANTS)
def test_a_gpu_that_nobody_sees_is_an_error(monkeypatch, variable):
    with_gpus(monkeypatch)
    monkeypatch.setenv(variable, "0")
    with pytest.raises(RunError, match=r"SLURM gave this job GPU 0, but TensorFlow sees none: install"):
        check_gpu(1)


def test_a_gpu_that_is_seen_is_fine(monkeypatch):
    with_gpus(monkeypatch, "GPU:0")
    monkeypatch.setenv(GRANTS[0], "3")
    check_gpu(1)


@pytest.mark.parametrize(("asked", "granted"), [(0, "0"), (1, ""), (0, "")])
def test_other_runs_do_not_even_import_tensorflow(monkeypatch, asked, granted):
    monkeypatch.setitem(sys.modules, "practica.backend", None)  # an import would raise
    monkeypatch.setenv(GRANTS[0], granted)
    check_gpu(asked)


def test_a_test_cluster_may_go_on(monkeypatch, capsys):
    with_gpus(monkeypatch)
    monkeypatch.setenv(GRANTS[0], "1")
    monkeypatch.setenv(ALLOW, "1")
    check_gpu(1)
    assert "GPU 1, but TensorFlow sees none; training on the CPU" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("9:30\n", 9.5),
        ("1:00:00", 60),
        ("2-03:04:00", 3064),
        ("0:00", 0),
        ("30", 0.5),
        ("UNLIMITED", None),
        ("NOT_SET", None),
        ("", None),
        ("INVALID", None),
    ],
)
def test_slurms_times_are_read(time, expected):
    assert minutes(time) == expected


def test_the_time_left_is_what_slurm_says(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    squeue = tmp_path / "squeue"
    squeue.write_text('#!/bin/sh\n[ "$*" = "--noheader --jobs=42 --format=%L" ] && echo 4:30\n')
    squeue.chmod(0o755)
    assert minutes_left({"SLURM_JOB_ID": "42"}) == 4.5
    assert minutes_left({"SLURM_JOB_ID": "43"}) is None
    assert minutes_left({}) is None
    squeue.unlink()
    assert minutes_left({"SLURM_JOB_ID": "42"}) is None


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("2026-11-05T23:59:30   2026-11-06T00:01:00", 67.5),
        ("N/A   2026-11-06T00:01:00", 0),
        ("2026-11-05T09:30:00   N/A", 0),
        ("2026-11-05T09:30:00   2026-11-05T09:00:00", 0),
        ("", 0),
    ],
)
def test_the_grace_of_a_preempted_job_lasts_until_its_new_end(monkeypatch, tmp_path, answer, seconds):
    monkeypatch.setenv("PATH", str(tmp_path))
    squeue = tmp_path / "squeue"
    squeue.write_text(f'#!/bin/sh\n[ "$2" = --jobs=42 ] && echo "{answer}"\n')
    squeue.chmod(0o755)
    assert seconds_of_grace({"SLURM_JOB_ID": "42"}) == seconds
    assert seconds_of_grace({"SLURM_JOB_ID": "43"}) == 0
    assert seconds_of_grace({}) == 0


def test_all_of_a_job_ends_with_it(tmp_path):
    assert ancestors() == []
    step = tmp_path / "slurmstepd"  # what SLURM starts, by its name
    shutil.copy(shutil.which("bash"), step)
    program = tmp_path / "job.py"
    program.write_text(
        "import subprocess\n"
        "from practica.launch.allocation import end_with_job\n"
        "end_with_job()\n"
        "subprocess.run(['sleep', '300'])\n"
    )
    begun = subprocess.Popen([step, "-c", f"{sys.executable} {program}; true"])
    end = time.monotonic() + 30
    below: list[psutil.Process] = []
    while "sleep" not in [process.name() for process in below]:
        assert time.monotonic() < end
        time.sleep(0.1)
        below = psutil.Process(begun.pid).children(recursive=True)
    begun.kill()
    begun.wait()
    assert psutil.wait_procs(below, timeout=30)[1] == []
    assert all(map(gone, below))
