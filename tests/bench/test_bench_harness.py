"""The harness runs processes, reads their output, and says what went wrong."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import main
from bench.orchestration import Overhead, Turn, spent, traced
from bench.process import Measured, MeasurementError, interrupt, measure, measure_until
from bench.sides import csv_points, job_environment, json_points, last_json

ROOT = Path(__file__).parents[2]


def python(code: str, limit: float = 60) -> object:
    return measure([sys.executable, "-c", code], env=os.environ, cwd=ROOT, limit=limit)


def test_a_process_is_measured_from_outside() -> None:
    small, large = python("print('{}')"), python("x = bytearray(300 * 2**20); print('{\"a\": 1}')")
    assert large.peak_mb > 300
    assert last_json(large.output) == {"a": 1}
    slow = python("import time; time.sleep(1)")
    assert 1 < slow.seconds < small.seconds + 10


def test_a_failing_process_says_what_it_printed_last() -> None:
    with pytest.raises(MeasurementError, match=r"exit code 3(.|\n)*no such luck"):
        python("import sys; print('no such luck'); sys.exit(3)")


def test_a_process_beyond_its_limit_is_killed() -> None:
    with pytest.raises(MeasurementError, match="over 1 s"):
        python("import time; time.sleep(60)", limit=1)


def test_a_process_is_told_to_end_at_its_moment(tmp_path: Path) -> None:
    def interrupted(code: str, number: int) -> float:
        command = [sys.executable, "-c", code, str(tmp_path / "begun")]
        begun = (tmp_path / "begun").exists
        return interrupt(command, number, begun, env=os.environ, cwd=ROOT, limit=20)

    begin = "pathlib.Path(sys.argv[1]).touch()\n"
    handle = (
        "import pathlib, signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), sys.exit()))\n"
    )
    assert 1 < interrupted(f"{handle}{begin}time.sleep(60)", signal.SIGTERM) < 20
    (tmp_path / "begun").unlink()
    assert interrupted(f"{handle}{begin}time.sleep(60)", signal.SIGKILL) < 20
    (tmp_path / "begun").unlink()
    with pytest.raises(MeasurementError, match="ended before it was stopped"):
        interrupted("", signal.SIGTERM)


def test_a_process_is_measured_until_it_is_there_and_then_killed(tmp_path: Path) -> None:
    def until(code: str, limit: float = 20) -> Measured:
        command = [sys.executable, "-c", code, str(tmp_path / "there")]
        return measure_until(command, (tmp_path / "there").exists, env=os.environ, cwd=ROOT, limit=limit)

    touch = "import pathlib, sys, time; x = bytearray(300 * 2**20); time.sleep(1); pathlib.Path(sys.argv[1]).touch()"
    result = until(f"{touch}; time.sleep(60)")
    assert 1 < result.seconds < 20
    assert result.peak_mb > 300
    (tmp_path / "there").unlink()
    assert until(touch).seconds > 1  # it may end with what was waited for
    (tmp_path / "there").unlink()
    with pytest.raises(MeasurementError, match=r"ended before it was there(.|\n)*no luck"):
        until("print('no luck')")
    with pytest.raises(MeasurementError, match="over 1 s"):
        until("import time; time.sleep(60)", limit=1)


def test_points_of_both_sides_are_epochs_from_one() -> None:
    assert csv_points("val_accuracy", "epoch,accuracy,val_accuracy\n0,0.5,0.6\n1,0.7,0.8") == [(1, 0.6), (2, 0.8)]
    ours = '{"schema": 1}\n{"seed": 0, "epoch": 1, "train": {"accuracy": 0.5}, "validation": {"accuracy": 0.6}}'
    assert json_points("validation", "accuracy", ours) == [(1, 0.6)]
    assert csv_points("val_accuracy", "") == json_points("validation", "accuracy", "") == []


def test_a_process_without_json_is_an_error() -> None:
    with pytest.raises(MeasurementError, match="no JSON"):
        last_json("nothing\nhere")


def test_ours_runs_as_a_job_of_the_workflow_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_TOP_PAD_", raising=False)
    assert job_environment()["MALLOC_TOP_PAD_"] == str(64 * 2**20)
    assert "MALLOC_TOP_PAD_" not in os.environ


def test_a_trace_is_summed_by_subcommand() -> None:
    lines = ["1.0 9.0 snakemake --cores 1", "2.0 4.5 -m practica train --spec", "5.0 6.0 -m practica train --spec"]
    assert traced("\n".join(line.replace(" ", "\t") for line in lines)) == {"train": 3.5}


def test_the_seconds_of_blocks_are_in_their_manifests(tmp_path: Path) -> None:
    for place, (wall, fit) in enumerate([(5.0, 3.0), (7.0, 4.0)]):
        folder = tmp_path / f"exercise/variant/s{place}"
        folder.mkdir(parents=True)
        message = {"provenance": {"wall_seconds": wall, "fit_seconds": fit}}
        (folder / "manifest.json").write_text(json.dumps(message), encoding="utf-8")
    assert spent(tmp_path) == (12.0, 7.0)
    assert spent(tmp_path / "nowhere") == (0, 0)


def test_the_parts_of_training_add_up_to_its_processes() -> None:
    turn = Turn(12, 60.0, 500, 12, 2.0, 100, {"train": 20.0}, blocks=12.0, fitted=7.0, epoch=0.1)
    parts = turn.training(10)
    assert list(parts.values()) == pytest.approx([8.0, 5.0, 6.0, 1.0])
    (row,) = Overhead("dag10", "any", 10, None).rows(None, [turn])  # type: ignore[arg-type]
    assert row.value.median == 4.0
    assert "start, imports and data 8, " in row.note
    assert "tracing 6, epochs 1, an epoch from trainings of 1 and 201" in row.note


def test_cases_may_be_repeated() -> None:
    result = CliRunner().invoke(main, ["--cases", "dryrun unknown", "--cases", "xor"])
    assert (result.exit_code, "unknown" in result.output) == (2, True)


def test_a_commit_that_is_not_there_is_one_sentence() -> None:
    result = CliRunner().invoke(main, ["--against", "nowhere"])
    assert result.exit_code == 2
    assert "there is no commit 'nowhere' in this repository" in result.output
