"""The harness runs processes, reads their output, and says what went wrong."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import chosen, main
from bench.against import BEFORE, NOW, Against
from bench.cases import CASES, quick
from bench.measures import Band, Job, Total
from bench.orchestration import DryRun, Turn, traced
from bench.process import MeasurementError, interrupt, measure
from bench.rows import FAILED, REACHED, at_least
from bench.sides import job_environment, last_json
from bench.training import TrainingCase
from practica import data
from practica.config.prepared import read_config
from practica.config.study import Study
from ten import needs, runs

ROOT = Path(__file__).parents[2]
TINY = {"epochs": 2, "train_samples": 400, "batch_size": 100}


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.resolve(read_config([ROOT / "config.yaml"]))


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


def test_every_one_of_the_ten_is_a_case_and_names_are_unique(study: Study) -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    ten = {f"ej{number:02d}" for number in range(1, 11)}
    assert {case.exercise for case in CASES if isinstance(case, TrainingCase)} >= ten & set(study.exercises)


THERE = [case for case in CASES if not isinstance(case, TrainingCase) or runs(f"{case.exercise}/{case.variant}")]


@pytest.mark.parametrize("case", THERE, ids=lambda case: case.name)
def test_a_quick_case_has_no_goals_and_settings_that_can_run(case: object, study: Study) -> None:
    reduced = quick(case, study)
    if not isinstance(reduced, TrainingCase):
        assert reduced.goal is None
        assert reduced.runs < case.runs
        return
    assert all(each.goal is None for each in reduced.measures)
    for number, job in enumerate(job for each in reduced.measures for job in each.jobs(reduced.work(study))):
        block = reduced.block(job, number, study)
        assert len(block.seeds) == job.seeds <= 10
        assert block.settings["epochs"] % block.settings.get("log_every", 1) == 0


@needs("ej06/corrected")
def test_both_sides_train_the_same_block(study: Study) -> None:
    case = next(case for case in CASES if case.name == "ej06")
    plain, ours = (case.block(Job(side, 1, 100), 2, study) for side in ("plain", "ours"))
    assert plain.specification() == ours.specification()
    assert plain.seeds == (2,)
    assert case.block(Job("ours", 10, 100), 2, study).seeds == tuple(range(10))


def test_an_unknown_case_is_named() -> None:
    done = CliRunner().invoke(main, ["--cases", "ej06 ej66"])
    assert done.exit_code == 2
    assert "no case 'ej66'" in done.output
    assert [case.name for case in chosen(["xor", "ej06"])] == ["ej06", "xor"]
    assert "dag1000" not in [case.name for case in chosen([])]
    assert [case.name for case in chosen(["dag1000"])] == ["dag1000"]


@needs("ej05/tanh5")
def test_what_failed_is_a_row_that_says_why(study: Study) -> None:
    case = TrainingCase("x", "ej05", "tanh5", Band("test", "mse", 1.0), (Total(1),), TINY)
    row = case.rows(study, [dict.fromkeys(Total(1).jobs(case.work(study)), "over 900 s: python")])[0]
    assert (row.verdict, row.note) == (FAILED, "over 900 s: python")


@needs("ej05/tanh5")
@pytest.mark.keras
def test_a_tiny_case_runs_on_both_sides(study: Study, tmp_path: Path) -> None:
    data.prepare("logistic", tmp_path)
    case = TrainingCase("x", "ej05", "tanh5", Band("test", "mse", 1.0), (Total(1, at_least(0)), Total(3)), TINY)
    repetition = case.repeat(0, study, tmp_path)
    one, three = case.rows(study, [repetition])
    assert one.verdict == REACHED, one.note
    assert three.value is not None, three.note
    assert all(side.seconds.median > 0 and side.peak_mb > 100 for side in (one.other, one.ours))
    record = case.record(repetition)
    assert {(each["side"], each["seeds"]) for each in record} == {("plain", 1), ("ours", 1), ("ours", 3)}


@pytest.mark.workflow
def test_a_dry_run_is_compared_with_as_many_bare_jobs(study: Study, tmp_path: Path) -> None:
    turn = DryRun("x", 29, None, one_a_job=True).repeat(0, study, tmp_path)
    assert isinstance(turn, Turn), turn
    assert turn.jobs > 29
    assert turn.seconds > 0 < turn.bare_seconds


@needs("ej05/tanh5")
@pytest.mark.keras
def test_both_commits_train_the_same_case(study: Study, tmp_path: Path) -> None:
    # Its data are computed and need no network.
    short = replace(quick(next(case for case in CASES if case.name == "ej05"), study), measures=(Total(2),))
    case = Against(short, ROOT)
    turn = case.repeat(0, study, tmp_path)
    (job,) = case.jobs(study)
    assert turn[BEFORE, job]["results"] == turn[NOW, job]["results"]
    (row,) = case.rows(study, [turn])
    assert row.value.median == turn[BEFORE, job]["seconds"] / turn[NOW, job]["seconds"]
    assert row.measure == f"before / now, 2 seeds, {job.epochs} epochs"
    assert {entry["side"] for entry in case.record(turn)} == {BEFORE, NOW}


def test_a_commit_that_is_not_there_is_one_sentence() -> None:
    done = CliRunner().invoke(main, ["--against", "nowhere"])
    assert done.exit_code == 2
    assert "there is no commit 'nowhere' in this repository" in done.output
