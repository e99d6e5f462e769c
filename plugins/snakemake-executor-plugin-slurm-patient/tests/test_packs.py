"""Jobs that share an allocation: packed by what they ask for, settled, retried, taken over and cancelled one by one."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_executor_plugin_slurm import Executor
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.real import RealExecutor
from watched import NAME, Resources, Watched, job

from snakemake_executor_plugin_slurm_patient import packs, register

Infos = dict[str, SubmittedJobInfo]
SUBMIT = Executor.run_job


class Packing(Watched):
    """An executor that submits with the SLURM plugin's own code, at once."""

    def __init__(self, size: int = 3, **settings: Any) -> None:
        names = ("qos", "reservation", "no_requeue", "pass_command_as_script")
        super().__init__(runs_per_job=size, **dict.fromkeys(names), **settings)
        self.workflow.workdir_init, self.workflow.dag = "/home", None
        self.array_jobs: set[str] = set()
        self._failed_nodes, self._submitted_job_clusters, self._main_event_loop = set(), set(), None
        self.logger = SimpleNamespace(
            warning=self.told.append, info=str, debug=str, error=lambda text, **_: self.told.append(text)
        )
        self._job_submission_executor = SimpleNamespace(
            submit=lambda call, *given: call(*given), shutdown=lambda wait: None
        )
        self.infos: Infos = {}

    def report_job_submission(self, job_info: SubmittedJobInfo, register_job: bool = True) -> None:
        super().report_job_submission(job_info, register_job)
        if isinstance(job_info.job.output, list) and len(job_info.job.output) == 1:
            self.infos[job_info.job.output[0]] = job_info


@pytest.fixture
def sbatch(slurm: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Submit with the plugin's own code; SLURM gives the number 7."""
    monkeypatch.setattr(Executor, "run_job", SUBMIT)
    monkeypatch.setattr(RealExecutor, "format_job_exec", lambda self, job: f"make {job.output[0]} {STEP}")
    monkeypatch.setattr(Executor, "additional_general_args", lambda self: STEP)
    monkeypatch.setattr(Executor, "get_python_executable", lambda self: "python")
    slurm("sbatch", "7")
    slurm("sinfo", "1:00:00|5000")
    return slurm


STEP = "--executor slurm-jobstep --jobs 1"


def some(*outputs: str, **changes: Any) -> list[Any]:
    """Return jobs as Snakemake has them when they are ready."""
    extra = {"jobid": 1, "log_info": lambda: None, "wildcards": (), **changes}
    return [job(output, **{**extra, "wildcards": (output[:1],)}) for output in outputs]


def started(size: int = 3, **settings: Any) -> Packing:
    """Return an executor that has packed three jobs."""
    executor = Packing(size, **settings)
    executor.run_jobs(some("a.json", "b.json", "c.json"))
    return executor


def calls(command: str) -> list[str]:
    return [line for line in Path("calls").read_text().splitlines() if line.startswith(command)]


def ends(info: SubmittedJobInfo, code: int) -> None:
    Path(info.aux["code"]).write_text(str(code))


def test_a_pack_asks_for_the_memory_and_threads_of_all_and_the_gpus_and_time_of_one(sbatch: Any) -> None:
    executor = Packing()
    executor.run_jobs(some("a.json", "b.json", resources=Resources(mem_mb=1000, runtime=50, gpu=1), threads=2))
    (asked,) = calls("sbatch")
    assert "--mem 2000 " in asked
    assert "--cpus-per-task=4 " in asked
    assert "-t 50 " in asked
    assert asked.count("--gpus=1") == 1
    assert "--comment rule_train_wildcards_a,rule_train_wildcards_b " in asked
    assert executor.told == []


def test_each_member_has_its_command_without_a_step_its_log_and_its_record(sbatch: Any) -> None:
    executor = started()
    wrapped = shlex.split(calls("sbatch")[0].partition("--wrap=")[2])
    listed = json.loads(Path(wrapped[-1], "pack.json").read_text())
    assert wrapped[:2] == ["exec", "python"]
    assert Path(wrapped[2]).name == "members.py"
    assert [each["command"].split() for each in listed] == [["make", f"{name}.json"] for name in "abc"]
    assert [each["log"] for each in listed] == [f"logs/rule_train/{name}/%j.log" for name in "abc"]
    assert [str(info.aux["slurm_logfile"]) for info in executor.infos.values()] == [
        f"logs/rule_train/{name}/7.log" for name in "abc"
    ]
    left = register.registered()
    assert [(line.output, line.number) for line in left] == [(f"{name}.json", "7") for name in "abc"]
    assert len({line.code for line in left}) == 3


@pytest.mark.parametrize(
    ("size", "changes", "sizes"),
    [
        (1, {}, [1, 1, 1, 1]),
        (2, {}, [2, 2]),
        (3, {}, [3, 1]),
        (3, {"threads": 2}, [3, 1]),
        (3, {"resources": Resources(mem_mb=2000, runtime=60, tmpdir="y")}, [3, 1]),
        (4, {"resources": Resources(mem_mb=1000, runtime=60, tmpdir="y")}, [4]),
        (4, {"attempt": 2}, [1, 3]),
        (4, {"is_group": lambda: True}, [1, 3]),
        (4, {"resources": Resources(mem_mb=1000, runtime=60, mpi="srun")}, [1, 3]),
    ],
)
def test_only_what_asks_for_the_same_at_its_first_attempt_is_packed(
    size: int, changes: dict[str, Any], sizes: list[int]
) -> None:
    jobs = [*some("a.json", "b.json", "c.json"), *some("d.json", **changes)]
    assert [len(packs.jobs_of(each)) for each in packs.packed(jobs, size)] == sizes


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "3"])
def test_the_size_of_packs_is_a_number(slurm: Any, size: Any) -> None:
    with pytest.raises(WorkflowError, match=r"--slurm-patient-runs-per-job: .* is not a whole number above 0"):
        Packing(size)


def test_each_member_is_settled_by_its_own_exit_code_while_the_others_run(sbatch: Any) -> None:
    executor = started()
    a, b, c = executor.infos.values()
    ends(a, 0)
    ends(b, 1)
    sbatch("squeue", f"7|RUNNING|{NAME}")
    assert executor.look(a, b, c) == ["7"]
    assert executor.told == ["7 done", "SLURM job 7: exit code 1. "]
    sbatch("sbatch", "8")
    executor.run_jobs(some("b.json", attempt=2))
    assert "--mem 1000 " in calls("sbatch")[1]
    folder = Path(c.aux["code"]).parent
    assert folder.is_dir()
    ends(c, 0)
    assert executor.look(c) == []
    assert not folder.exists()


def test_an_exit_code_is_read_while_the_controller_is_silent(sbatch: Any) -> None:
    executor = started()
    a, b, _ = executor.infos.values()
    ends(a, 0)
    sbatch("squeue", code=1)
    assert executor.look(a, b) == ["7"]
    assert executor.told == ["SLURM's controller does not answer: waiting for it", "7 done"]


@pytest.mark.parametrize("state", ["CANCELLED", "TIMEOUT", "NODE_FAIL"])
def test_a_lost_allocation_fails_those_that_have_not_ended(sbatch: Any, state: str) -> None:
    executor = started()
    a, b, c = executor.infos.values()
    ends(a, 0)
    sbatch("squeue", f"7|{state}|{NAME}")
    assert executor.look(a, b, c) == ["7", "7"]  # a network file system may show their exit codes late
    ends(b, 0)
    assert executor.look(b, c) == []
    assert executor.told == ["7 done", "7 done", f"SLURM job 7: {state}. "]
    assert not Path(c.aux["code"]).parent.exists()


def test_an_allocation_that_slurm_runs_again_goes_on(sbatch: Any) -> None:
    executor = started(requeue=True)
    sbatch("squeue", f"7|PREEMPTED|{NAME}")
    for _ in range(3):
        assert executor.look(*executor.infos.values()) == ["7"] * 3


def test_a_forgotten_allocation_is_judged_by_the_outputs_of_each(sbatch: Any) -> None:
    executor = started()
    Path("b.json").touch()
    sbatch("squeue")
    assert executor.look(*executor.infos.values()) == ["7"] * 3
    assert executor.look(*executor.infos.values()) == []
    assert executor.told == ["SLURM job 7: FAILED. ", "7 done", "SLURM job 7: FAILED. "]


def test_what_slurm_refuses_together_is_submitted_one_by_one(sbatch: Any) -> None:
    executor = Packing()
    sbatch("sbatch", "7")
    Path("sbatch").write_text('#!/bin/sh\necho sbatch $* >> calls\necho 7\ncase "$*" in *" --mem 3000"*) exit 1; esac')
    executor.run_jobs(some("a.json", "b.json", "c.json"))
    assert [line.partition("--mem ")[2].split()[0] for line in calls("sbatch")] == ["3000", "1000", "1000", "1000"]
    assert executor.told[0].startswith("SLURM takes no job for 3 runs: each gets its own. ")
    assert sorted(executor.infos) == ["a.json", "b.json", "c.json"]


def test_members_at_work_are_taken_over_and_the_others_are_packed_anew(sbatch: Any) -> None:
    infos = started(4).infos
    ends(infos["b.json"], 1)
    sbatch("squeue", f"7|RUNNING|{NAME}")
    sbatch("sbatch", "8")
    following = Packing(4)
    following.run_jobs(some("a.json", "b.json", "c.json", "d.json"))
    assert {output: info.external_jobid for output, info in following.infos.items()} == {
        "a.json": "7",
        "b.json": "8",
        "c.json": "7",
        "d.json": "8",
    }
    ends(infos["a.json"], 0)
    ends(following.infos["d.json"], 0)
    assert following.look(*following.infos.values()) == ["7", "8"]
    assert following.told[-2:] == ["7 done", "8 done"]


def test_a_member_that_would_do_something_else_ends_and_the_last_one_ends_the_allocation(sbatch: Any) -> None:
    infos = started().infos
    sbatch("squeue", f"7|RUNNING|{NAME}")
    following = Packing()
    following.run_jobs(some("a.json", params={"spec": "2"}))
    folder = Path(infos["a.json"].aux["code"]).parent
    assert sorted(path.name for path in folder.glob("*.cancel")) == ["0.cancel"]
    assert not calls("scancel")
    ends(infos["b.json"], 0)
    following.run_jobs(some("c.json", params={"spec": "2"}))
    assert calls("scancel") == ["scancel 7"]


def test_ctrl_c_cancels_each_allocation_once(sbatch: Any) -> None:
    started().cancel()
    assert calls("scancel") == ["scancel 7"]
    assert register.left_at_work() == []
    sbatch("squeue", f"7|RUNNING|{NAME}")
    assert register.left_at_work() == ["7"]


def test_folders_of_packs_that_are_over_are_removed(sbatch: Any) -> None:
    folder = Path(started().infos["a.json"].aux["code"]).parent
    sbatch("squeue", f"7|RUNNING|{NAME}")
    Packing()
    assert folder.is_dir()
    sbatch("squeue", f"7|CANCELLED|{NAME}")
    Packing()
    assert not folder.exists()
