"""Snakemake's SLURM executor where SLURM is silent, forgetful, or full of the jobs of an earlier Snakemake."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_executor_plugin_slurm import Executor
from snakemake_interface_common.exceptions import WorkflowError
from watched import NAME, Resources, Watched, job, submitted

from snakemake_executor_plugin_slurm_patient import leave_jobs_if, register
from snakemake_executor_plugin_slurm_patient.patience import PatientExecutor


def test_no_job_is_forgotten_while_the_controller_is_silent(slurm: Any) -> None:
    patient = Watched()
    info = submitted(patient)
    slurm("squeue", code=1)
    assert patient.look(info) == patient.look(info) == ["7"]
    assert patient.told == ["SLURM's controller does not answer: waiting for it"]
    slurm("squeue", f"7|COMPLETED|{NAME}")
    assert patient.look(info) == []
    assert patient.told[1:] == ["7 done"]


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "BOOT_FAIL"])
def test_every_bad_end_is_one(slurm: Any, state: str) -> None:
    patient = Watched()
    info = submitted(patient)
    slurm("squeue", f"7|{state}|{NAME}")
    assert patient.look(info) == []
    assert patient.told == [f"SLURM job 7: {state}. "]


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "COMPLETING", "SUSPENDED", "CONFIGURING"])
def test_what_goes_on_is_looked_at_less_and_less_often(slurm: Any, state: str) -> None:
    patient = Watched()
    info = submitted(patient)
    slurm("squeue", f"7|{state}|{NAME}")
    pauses = []
    for _ in range(30):
        assert patient.look(info) == ["7"]
        pauses.append(patient.next_seconds_between_status_checks)
    assert pauses == sorted(pauses)
    assert pauses[-1] == 180


def test_slurm_runs_a_lost_job_again_where_it_was_told_to(slurm: Any) -> None:
    patient = Watched()
    patient.workflow.executor_settings.requeue = True
    info = submitted(patient)
    for _ in range(3):
        for state in ("NODE_FAIL", "NODE_FAIL", "PENDING"):
            slurm("squeue", f"7|{state}|{NAME}")
            assert patient.look(info) == ["7"]


def test_a_job_that_slurm_does_not_run_again_has_failed(slurm: Any) -> None:
    patient = Watched()
    patient.workflow.executor_settings.requeue = True
    info = submitted(patient)
    slurm("squeue", f"7|NODE_FAIL|{NAME}")
    for _ in range(4):
        assert patient.look(info) == ["7"]
    assert patient.look(info) == []
    assert patient.told == ["SLURM job 7: NODE_FAIL. "]


@pytest.mark.parametrize(("requeue", "looks"), [(False, 1), (True, 5)])  # by a partition with PreemptMode=CANCEL
def test_a_preempted_job_has_not_failed_but_is_submitted_again(slurm: Any, requeue: bool, looks: int) -> None:
    patient = Watched()
    patient.workflow.executor_settings.requeue = requeue
    info = submitted(patient)
    again: list[Any] = []
    patient.submit = again.append
    for _ in range(7):  # more often than any number of retries
        slurm("squeue", f"7|PREEMPTED|{NAME}")
        assert [patient.look(info) for _ in range(looks)] == [*[["7"]] * (looks - 1), []]
        patient.report_job_submission(info)
    assert again == [info.job] * 7
    assert set(patient.told) == {"SLURM job 7, which worked on a.json, was preempted: submitted again"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("2026-11-05T09:30:00", "SLURM job 7, which worked on a.json, was preempted: submitted again"),
        ("N/A", "SLURM job 7: FAILED. "),
        ("", "SLURM job 7: FAILED. "),
    ],
)
def test_a_job_that_ends_within_its_grace_was_preempted_too(slurm: Any, answer: str, told: str) -> None:
    patient = Watched()
    info = submitted(patient)
    patient.submit = lambda job: None
    slurm("squeue", f"7|FAILED|{NAME}")
    ask = f'case "$*" in *--jobs=7*PreemptTime*) echo "{answer}"; exit ;; esac\n'
    script = Path("squeue").read_text()
    Path("squeue").write_text(script.replace("echo '7|", f"{ask}echo '7|"))
    assert patient.look(info) == []
    assert patient.told == [told]


@pytest.mark.parametrize(
    ("age", "told"), [(None, "SLURM job 7: FAILED. "), (0, "7 done"), (7200, "SLURM job 7: FAILED. ")]
)
def test_a_job_that_slurm_has_forgotten_is_judged_by_its_output(slurm: Any, age: float | None, told: str) -> None:
    patient = Watched()
    info = submitted(patient)
    slurm("squeue", "7|RUNNING|another_cluster_gave_the_number_again")
    if age is not None:
        Path("a.json").touch()
        os.utime("a.json", (time.time() - age,) * 2)
    assert patient.look(info) == ["7"]
    assert patient.look(info) == []
    assert patient.told == [told]


def test_a_submission_waits_for_the_controller(slurm: Any) -> None:
    patient = Watched()
    slurm("squeue", code=1)
    silent = Path("squeue").read_text()
    Path("squeue").write_text(silent.replace("exit 1", '[ "$(grep -c squeue calls)" -ge 4 ]'))
    patient.run_job(job())
    assert patient.told == ["SLURM's controller does not answer: waiting for it", "submit a.json"]


def test_a_job_that_runs_on_is_taken_over(slurm: Any) -> None:
    submitted(Watched())
    slurm("squeue", f"7|RUNNING|{NAME}")
    patient = Watched()
    patient.run_job(job(resources=Resources(mem_mb=2000, runtime=60)))  # a retry, say
    assert patient.told == ["SLURM job 7 already works on a.json: taken over"]
    assert "scancel" not in Path("calls").read_text()
    patient.run_job(job("b.json"))
    assert patient.told[1:] == ["submit b.json"]


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("RUNNING", {"params": {"spec": "2"}}),
        ("RUNNING", {"rule": SimpleNamespace(name="train", shellcmd="train --anew {input}")}),
        ("PENDING", {"params": {"spec": "2"}}),
        ("PENDING", {"resources": Resources(mem_mb=2000, runtime=60)}),
    ],
)
def test_a_job_that_does_another_thing_or_waits_for_another_is_cancelled(slurm: Any, state: str, changes: Any) -> None:
    submitted(Watched())
    slurm("squeue", f"7|{state}|{NAME}")
    patient = Watched()
    patient.run_job(job(**changes))
    assert patient.told == ["submit a.json"]
    assert "scancel 7" in Path("calls").read_text()


@pytest.mark.parametrize("line", [f"7|COMPLETED|{NAME}", f"7|CANCELLED|{NAME}", "7|RUNNING|another", ""])
def test_a_job_that_is_over_is_submitted_again(slurm: Any, line: str) -> None:
    submitted(Watched())
    with register.REGISTER.open("a") as stream:
        stream.write('["cut short by a k')
    slurm("squeue", *filter(None, [line]))
    patient = Watched()
    patient.run_job(job())
    assert patient.told == ["submit a.json"]
    assert "scancel" not in Path("calls").read_text()


def test_a_group_is_taken_over_as_a_whole(slurm: Any) -> None:
    def group(*members: Any) -> Any:
        outputs = [path for member in members for path in member.output]
        return job(output=outputs, is_group=lambda: True, jobs=list(members), name="group")

    submitted(Watched(), of=group(job("b.json"), job("a.json")))
    slurm("squeue", f"7|RUNNING|{NAME}")
    patient = Watched()
    patient.run_job(group(job("a.json"), job("b.json")))
    assert patient.told == ["SLURM job 7 already works on a.json: taken over"]


def test_a_forgotten_job_without_outputs_has_failed(slurm: Any) -> None:
    patient = Watched()
    info = submitted(patient, of=job(output=[]))
    assert patient.look(info) == ["7"]
    assert patient.look(info) == []
    assert patient.told == ["SLURM job 7: FAILED. "]


def test_arrays_are_refused(slurm: Any) -> None:
    patient = Watched()
    patient.workflow.executor_settings.array_jobs = "all"
    with pytest.raises(WorkflowError, match="submits no arrays"):
        patient.__post_init__()


def test_ctrl_c_cancels_what_is_being_asked_about_and_submits_no_more(slurm: Any) -> None:
    patient = Watched()
    submitted(patient)
    patient.cancel()
    assert "scancel 7" in Path("calls").read_text()
    assert not Path(patient._tmpdir).exists()
    patient.run_job(job("b.json"))
    assert patient.told == []


def test_a_workflow_may_leave_its_jobs_to_the_next_snakemake(slurm: Any) -> None:
    leave_jobs_if(lambda: True)
    patient = Watched()
    submitted(patient)
    patient.cancel()
    assert "scancel" not in Path("calls").read_text()
    assert Path(patient._tmpdir).exists()  # for jobs that have not begun
    (text,) = patient.told
    assert text.endswith("the next start of Snakemake takes them over (to end them: scancel 7)")
    slurm("squeue", f"7|PENDING|{NAME}")
    following = Watched()
    following.run_job(job())
    assert following.told == ["SLURM job 7 already works on a.json: taken over"]


def test_the_pause_between_two_looks_ends_with_snakemake(slurm: Any) -> None:
    patient = Watched()
    patient.next_seconds_between_status_checks = 180
    threading.Timer(0.2, setattr, (patient, "wait", False)).start()
    begin = time.monotonic()
    asyncio.run(patient.sleep())
    assert time.monotonic() - begin < 10


def test_a_job_asks_for_no_more_than_its_partition_gives(slurm: Any) -> None:
    patient = Watched()
    slurm("sinfo", "1:00:00|500", "1:00:00|800")
    first, second = job(), job(resources=Resources(mem_mb=700, runtime=120), attempt=2)
    assert patient.get_partition_arg(first) == patient.get_partition_arg(second) == " -p gpu"
    assert (first.resources.mem_mb, first.resources.runtime) == (800, 60)
    assert (second.resources.mem_mb, second.resources.runtime) == (700, 60)
    assert patient.told == ["a.json: mem_mb 1000 is cut to 800, the most that a partition gives"]
    slurm("sinfo", "infinite|800")
    assert patient.get_partition_arg(third := job(resources=Resources(mem_mb=1, runtime=10**6))) == " -p gpu"
    assert third.resources.runtime == 10**6


def test_an_error_in_the_thread_of_a_submission_is_heard_of(slurm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Executor, "_report_job_error_threadsafe", lambda self, info, msg: self.report_job_error(info, msg)
    )
    patient = Watched()
    patient.run_job(job(params=None))
    assert patient.told == ["cannot submit: AttributeError(\"'NoneType' object has no attribute 'items'\"). "]


@pytest.mark.parametrize("name", ["sbatch", "squeue", "scancel", "sinfo"])
def test_a_missing_command_is_a_sentence_at_once(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("sbatch", "squeue", "scancel", "sinfo"):
        if each != name:
            (tmp_path / each).write_text("#!/bin/sh\n")
            (tmp_path / each).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorkflowError, match=f"SLURM's {name} cannot be found: load the site's SLURM module"):
        PatientExecutor(SimpleNamespace(), SimpleNamespace())


def test_the_end_ends_the_wait_of_a_submission(slurm: Any) -> None:
    patient = Watched()
    slurm("squeue", code=1)
    threading.Timer(0.5, patient.cancel).start()
    patient.run_job(job())
    assert patient.told == ["SLURM's controller does not answer: waiting for it"]
