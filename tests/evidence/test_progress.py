"""What is reported about a training while it runs, and what it costs."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from practica.files import write_json
from practica.jobs import meter
from practica.jobs.meter import NAMES, Meter, total
from practica.jobs.progress import epoch_line, seconds, seconds_left, telling
from practica.jobs.states import checkpoint_folder
from practica.jobs.status_table import sparkline
from practica.launch import shutdown
from snakemake_logger_plugin_lines import LogHandler
from snakemake_logger_plugin_lines import display as displays
from snakemake_logger_plugin_lines.display import Display, Job, Work

from .factory import make_study, write_block

PROGRESS = {
    **{"run": "s1", "runs": 4, "runs_done": 1, "runs_at_once": 1, "epoch": 4, "epochs": 10},
    **{"metric": "accuracy", "value": 0.75, "seconds_per_epoch": 0.02},
}


class Terminal(StringIO):
    """A terminal that only keeps what it is sent."""

    def isatty(self) -> bool:
        return True


def test_what_is_left_counts_runs_that_are_trained_together_once() -> None:
    assert seconds_left(PROGRESS) == pytest.approx(0.02 * (6 + 2 * 10))
    stack = {**PROGRESS, "run": "stack7", "runs_done": 0, "runs_at_once": 4}
    assert seconds_left(stack) == pytest.approx(0.02 * 6)


def test_a_line_names_the_run_and_has_units() -> None:
    assert epoch_line(PROGRESS) == "seed 1: epoch 4/10, accuracy 0.7500 (20 ms an epoch, 1 s left)"
    fold = {**PROGRESS, "run": "s3f2", "seconds_per_epoch": 780.0}
    assert epoch_line(fold).startswith("seed 3, fold 2: epoch 4/10, accuracy 0.7500 (780 s an epoch, ")
    assert epoch_line({**PROGRESS, "runs_at_once": 4}).startswith("4 runs: ")
    assert ", mse 2.87e-05 (" in epoch_line({**PROGRESS, "metric": "mse", "value": 2.87e-5})
    assert epoch_line({**PROGRESS, "run": "stack7"}).startswith("1 run: ")
    assert [seconds(time) for time in (0.0076, 0.5, 12.34, 780.4)] == ["7.6 ms", "0.5 s", "12.3 s", "780 s"]


def test_a_line_says_nothing_of_a_speed_that_is_not_known() -> None:
    first = {**PROGRESS, "seconds_per_epoch": None}
    assert seconds_left(first) is None
    assert epoch_line(first) == "seed 1: epoch 4/10, accuracy 0.7500"


def test_a_log_has_a_line_now_and_then_and_for_every_end(capsys: pytest.CaptureFixture[str]) -> None:
    with telling("steps/dense/s0-3") as tell:
        for epoch in range(1, 11):
            tell({**PROGRESS, "epoch": epoch})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "steps/dense/s0-3: seed 1: epoch 1/10",
        "steps/dense/s0-3: seed 1: epoch 10/10",
    ]


def test_a_curve_is_drawn_between_its_least_and_largest_value() -> None:
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"
    assert (sparkline([3.0, 3.0]), sparkline([])) == ("▁▁", "")


def test_a_heartbeat_says_what_is_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(displays, "HEARTBEAT", 1.0)
    study = make_study({"steps": ["dense"]}, seeds=4, seeds_per_job=4)
    block = study.blocks()[0]
    write_json(checkpoint_folder(block, study.results) / "progress.json", PROGRESS)
    work = Work(total=9, done=2, trainings=1)
    work.jobs = {
        3: Job("Training steps/dense/s0-3", time.monotonic(), block, study.results),
        4: Job("Drawing fig1", time.monotonic()),
    }
    stream = StringIO()
    display = Display(stream, work, [study])
    display.begin()
    deadline = time.monotonic() + 20
    while "slowest" not in stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.1)
    display.end()
    line = stream.getvalue().splitlines()[0]
    assert "2 of 9 done, 2 running, 5 waiting; slowest: steps/dense/s0-3, run 2/4, epoch 4/10, accuracy 0.75" in line
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(
    ("trainings", "failed", "end"),
    [
        (4, {}, "; all trainings: about 10 s left"),
        (3, {1: "one"}, "; all trainings: about 10 s left"),
        (2, {}, "5 waiting"),
    ],
)
def test_a_run_of_some_of_the_blocks_has_no_estimate_of_all(
    trainings: int, failed: dict[int, str], end: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(displays, "HEARTBEAT", 0.0)
    monkeypatch.setattr(displays, "seconds_to_go", lambda *_: 10.0)
    stream = StringIO()
    display = Display(
        stream, Work(total=9, done=4, trainings=trainings, failed=failed), [make_study({"steps": ["dense"]}, seeds=4)]
    )
    display.begin()
    deadline = time.monotonic() + 20
    while "done" not in stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.1)
    display.end()
    assert stream.getvalue().splitlines()[0].endswith(end)


@pytest.mark.parametrize("columns", ["80", "50"])
def test_the_last_trainings_have_an_estimate_too(columns: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study = make_study({"steps": ["dense", "conv"]}, seeds=4, seeds_per_job=4)
    last, result = study.blocks()
    write_block(result, study.results)
    write_json(checkpoint_folder(last, study.results) / "progress.json", {**PROGRESS, "seconds_per_epoch": 30.0})
    work = Work(total=9, done=2, trainings=1, jobs={3: Job("Training it", time.monotonic() - 40, last, study.results)})
    stream = Terminal()
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(displays, "LOOK", 0.0)
    display = Display(stream, work, [study])
    display.begin()
    deadline = time.monotonic() + 20
    while "accuracy" not in stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.1)
    display.end()
    text = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).split())
    assert "; trainings: about 13 min left" in text
    assert "Training it 40 s run 2/4, epoch 4/10, accuracy 0.75, 13 min left" in text


def test_a_run_has_stalled_if_a_fresh_look_shows_nothing_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study = make_study({"steps": ["dense"]}, seeds=4, seeds_per_job=4)
    study.config["notify"]["stalled_minutes"] = 1.0
    block = study.blocks()[0]
    progress = checkpoint_folder(block, study.results) / "progress.json"
    write_json(progress, PROGRESS)
    work = Work(total=1, trainings=1, jobs={3: Job("Training it", time.monotonic(), block, study.results)})
    display, text = Display(StringIO(), work, [study]), []
    monkeypatch.setattr(display, "tell", lambda *words: text.append(words))
    display._look()
    begin = time.monotonic()
    display._see_stall(begin)
    write_json(progress, {**PROGRESS, "epoch": 5})
    display._see_stall(begin + 61)
    assert text == []
    display._see_stall(begin + 122)
    display._see_stall(begin + 183)
    ((event, message),) = text
    assert event == "stall" and message.startswith("nothing has moved for 1 min; [") and "epoch 5/10" in message


def test_a_job_that_a_signal_ended_has_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, work = StringIO(), Work(total=2, jobs={7: Job("Drawing fig1", time.monotonic())})
    handler = LogHandler.__new__(LogHandler)
    for name, value in {"_is_ending": False, "_quiet": False, "_work": work}.items():
        monkeypatch.setattr(handler, name, value, raising=False)
    monkeypatch.setattr(handler, "_display", Display(stream, work, []), raising=False)
    monkeypatch.setattr(shutdown, "_signals", [signal.SIGTERM])
    handler._fail(SimpleNamespace(jobid=7))
    assert "stopped: Drawing fig1" in stream.getvalue() and not work.failed


def test_what_an_attempt_costs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "intel-rapl:0"
    (tmp_path / "intel-rapl:0:0").mkdir()
    package.mkdir()
    (package / "energy_uj").write_text("5000000\n")
    monkeypatch.setattr(meter, "RAPL", tmp_path)
    measured = Meter()
    (package / "energy_uj").write_text("7500000\n")
    begin = time.process_time()
    while time.process_time() - begin < 0.2:
        os.getpid()
    cost = measured.cost()
    assert list(cost) == list(NAMES)
    assert 0.15 < float(cost["cpu_seconds"] or 0) < 5 and float(cost["wall_seconds"] or 0) >= 0.15
    assert cost["cpu_joules"] == 2.5
    assert cost["gpu_seconds"] is cost["gpu_joules"] is None  # nothing here shows it


def test_gpus_are_those_that_cuda_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    joules = {"a": 1000.0, "b": 5000.0}

    def energy(handle: str) -> float:
        joules[handle] += 4000
        return joules[handle]

    nvml: Any = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda number: "ab"[number],
        nvmlDeviceGetUUID=lambda handle: f"GPU-{handle}",
        nvmlDeviceGetUtilizationRates=lambda handle: SimpleNamespace(gpu=50),
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(used=3 * 2**20),
        nvmlDeviceGetTotalEnergyConsumption=energy,
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-b")
    measured = Meter()
    time.sleep(0.2)
    cost = measured.cost()
    assert cost["gpu_joules"] == 4.0 and joules["a"] == 1000.0
    assert cost["gpu_peak_memory_mb"] == 3.0
    assert 0.08 < float(cost["gpu_seconds"] or 0) < 2
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert Meter().cost()["gpu_joules"] is None


def test_costs_add_up_but_for_memory() -> None:
    result = total([{"wall_seconds": 1.0, "peak_memory_mb": 5.0}, {"wall_seconds": 2.0, "peak_memory_mb": 4.0}, {}])
    assert (result["wall_seconds"], result["peak_memory_mb"], result["gpu_joules"]) == (3.0, 5.0, None)
