"""Snakemake's SLURM executor, made robust enough to run for a week unattended.

Version 2.8 of the SLURM plugin forgets every job that runs while SLURM's controller is silent, waits for ever for jobs
that were preempted or that SLURM no longer lists, gives up a submission when the controller restarts, keeps submitting
after Ctrl-C, and submits a second copy of each job that a killed Snakemake has left in the queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from snakemake_interface_common.exceptions import WorkflowError

from snakemake_executor_plugin_slurm_patient.upstream import CappedExecutor, SubmittedJobInfo, aux_of, label, log_of

AT_WORK = {"PENDING", "CONFIGURING", "RUNNING", "SUSPENDED"}
ENDED = {"CANCELLED", "DEADLINE", "FAILED", "OUT_OF_MEMORY", "TIMEOUT"}
BY_SITE = {"BOOT_FAIL", "NODE_FAIL", "PREEMPTED"}
"""Ends after which SLURM runs a job again by itself, where the profile says ``slurm-requeue``."""
UNLISTED_LOOKS = 2
"""Looks in a row at which SLURM must not list a job before it counts as over."""
SKEW = 60.0
"""Seconds by which the clock of the file system may be behind."""
LONGEST_PAUSE = 180
"""Seconds between two looks at jobs of which nothing new has been heard for long."""
PATIENCE, POLL = 3600.0, 5.0
"""Seconds that a submission waits for the controller, and between two questions to it."""
HASTE = 2.0
"""Seconds for what is under way when Snakemake is told to end."""
GO_ON = "the jobs continue in SLURM; the next start of Snakemake takes them over"
COMMANDS = ("sbatch", "squeue", "scancel", "sinfo")
REGISTER = Path(".snakemake/slurm_patient_jobs.jsonl")
NOT_ASKED_OF_SLURM = ("_nodes", "tmpdir")
"""Resources that Snakemake gives to every job by itself."""

_leaves: list[Callable[[], bool]] = []


def leave_jobs_if(ends_for_now: Callable[[], bool]) -> None:
    """Let jobs continue when Snakemake is interrupted and this function returns True; otherwise they are cancelled.

    For workflows that distinguish an interruption from the end of their machine, such as SIGINT from SIGTERM.
    """
    _leaves[:] = [ends_for_now]


class Left(NamedTuple):
    """A job that was submitted for an output, with digests of what it computes and of its resources.

    Its name is that of a run of Snakemake, so number and name together are never used again.
    """

    output: str
    computes: str
    asks: str
    number: str
    name: str
    log: str
    submitted: float


def queue() -> dict[tuple[str, str], str] | None:
    """Return the state of each of this user's jobs, by number and name; None if SLURM does not answer.

    It includes jobs that ended recently.
    """
    command = ["squeue", "--me", "--states=all", "--noheader", "--format=%i|%T|%j"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    rows = (line.split("|", 2) for line in listed.splitlines())
    return {(row[0], row[2]): row[1] for row in rows if len(row) == 3}


class PatientExecutor(CappedExecutor):
    """The plugin's executor, with patience, and a memory that outlives it."""

    def __init__(self, workflow: Any, logger: Any) -> None:
        """Begin, unless a command is missing: there is no use in waiting for a controller that cannot be asked."""
        if missing := [name for name in COMMANDS if shutil.which(name) is None]:
            raise WorkflowError(
                f"SLURM's {', '.join(missing)} cannot be found: load the site's SLURM module, go to its login node, or "
                "leave the profile's executor: slurm-patient out"
            )
        super().__init__(workflow, logger)

    def __post_init__(self, test_mode: bool = False) -> None:
        """Find the jobs that an earlier Snakemake has left in the queue."""
        self.refuse_arrays()
        super().__post_init__(test_mode)
        self._stopping = self._silent = False
        self._pause = 0.0
        self._unlisted: Counter[str] = Counter()
        self._digests: dict[str, tuple[str, str]] = {}
        self._unsettled: dict[str, SubmittedJobInfo] = {}
        self._left = {left.output: left for left in self._still_listed(_registered())}

    def run_job(self, job: Any) -> None:
        """Submit a job once the controller answers, unless an equal one is at work already."""
        try:
            known = self._take_over(job, self._await_queue() or {})
        except Exception as error:  # nobody would see an error raised in this thread
            self.report_unsubmitted(job, f"cannot submit: {error!r}. ")
            return
        if not known and not self._stopping:
            super().run_job(job)

    def report_job_submission(self, job_info: SubmittedJobInfo, register_job: bool = True) -> None:
        """Record which job is at work on which output."""
        super().report_job_submission(job_info, register_job)
        self._unsettled[job_info.external_jobid] = job_info
        output = label(job_info.job)
        name = job_info.aux.setdefault("name", self.job_name)
        submitted = job_info.aux.setdefault("submitted", time.time())
        line = Left(output, *self._digests[output], job_info.external_jobid, name, str(log_of(job_info)), submitted)
        with contextlib.suppress(OSError), REGISTER.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        """Report the jobs that have ended, and yield the others."""
        first = self.habits.first_look
        states = await asyncio.to_thread(self._look) if active_jobs else {}
        going_on = [info for info in active_jobs if states is None or not self._settle(info, states)]
        idle = going_on and len(going_on) == len(active_jobs)
        self._pause = min(self._pause + first / 3, LONGEST_PAUSE) if idle else first
        self.next_seconds_between_status_checks = self._pause
        for info in going_on:
            yield info

    async def sleep(self) -> None:
        """Pause between two looks at the jobs, but not beyond the end of Snakemake."""
        end = time.monotonic() + self.next_seconds_between_status_checks
        while self.wait and time.monotonic() < end:
            await asyncio.sleep(1)

    def cancel(self) -> None:
        """Submit no more, and cancel all jobs or, if the workflow says so, leave them to the next Snakemake.

        This takes seconds: the plugin would wait for the next look at the jobs.
        """
        self._stopping = True
        self.submit_no_more()
        self.look_no_more(HASTE)
        self.cancel_jobs([])
        if not _left_alone():
            self.drop_scratch()

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """Cancel all jobs, including those that Snakemake is just asking about, which are not among its active ones."""
        numbers = list(self._unsettled)
        if not numbers:
            return
        if _left_alone():
            self.logger.warning(f"{GO_ON} (to end them: scancel {' '.join(numbers)})")
        elif subprocess.run(["scancel", *numbers], capture_output=True, check=False).returncode and queue() is None:
            self.logger.warning(GO_ON)

    def _take_over(self, job: Any, states: dict[tuple[str, str], str]) -> bool:
        """Adopt the job of an earlier Snakemake if it does the same, or cancel it; return whether it is adopted."""
        output = label(job)
        computes, asks = self._digests[output] = _digests(job)
        left = self._left.pop(output, None)
        state = states.get((left.number, left.name)) if left else None
        if left is None or state not in AT_WORK:
            return False
        # Do not keep one that waits in vain for its resources; one that runs has got them.
        if left.computes != computes or (left.asks != asks and state != "RUNNING"):
            subprocess.run(["scancel", left.number], capture_output=True, check=False)
            return False
        self.logger.warning(f"SLURM job {left.number} already works on {left.output}: taken over")
        self.report_taken_over(job, left.number, aux_of(Path(left.log), name=left.name, submitted=left.submitted))
        return True

    def _settle(self, info: SubmittedJobInfo, states: dict[tuple[str, str], str]) -> bool:
        """Report a job's end; return False if it continues."""
        log = log_of(info)
        state = states.get((info.external_jobid, info.aux["name"]), "UNLISTED")
        if state == "UNLISTED":
            self._unlisted[info.external_jobid] += 1
            if self._unlisted[info.external_jobid] < UNLISTED_LOOKS:
                return False
            state = "COMPLETED" if _made_since(info.job.output, info.aux["submitted"] - SKEW) else "FAILED"
        if state == "COMPLETED":
            self.report_job_success(info)
            if not self.habits.keep_logs:
                with contextlib.suppress(OSError):
                    log.unlink(missing_ok=True)
        elif state in ENDED or (state in BY_SITE and not self.habits.requeue):
            self.report_job_error(info, msg=f"SLURM job {info.external_jobid}: {state}. ", aux_logs=[str(log)])
        else:
            self._unlisted.pop(info.external_jobid, None)
            return False
        self._unsettled.pop(info.external_jobid, None)
        return True

    def _await_queue(self) -> dict[tuple[str, str], str] | None:
        """Return the queue once the controller answers; None if patience or Snakemake ends before."""
        end = time.monotonic() + PATIENCE
        while (states := self._look()) is None and time.monotonic() < end:
            if self._stopping:
                break
            time.sleep(POLL)
        return states

    def _look(self) -> dict[tuple[str, str], str] | None:
        """Return the queue; if the controller does not answer, say so once and return None."""
        states = queue()
        if states is None and not self._silent:
            self.logger.warning("SLURM's controller does not answer: waiting for it")
        self._silent = states is None
        return states

    def _still_listed(self, jobs: list[Left]) -> list[Left]:
        """Return the jobs that are still at work, and forget the others."""
        states = (self._await_queue() or {}) if jobs else {}
        left = [job for job in jobs if states.get((job.number, job.name)) in AT_WORK]
        with contextlib.suppress(OSError):
            part = REGISTER.with_suffix(".part")
            part.write_text("".join(json.dumps(job) + "\n" for job in left), encoding="utf-8")
            part.replace(REGISTER)  # whole or not at all
        return left


def left_at_work() -> list[str]:
    """Return the numbers of the waiting or running jobs of any Snakemake of this folder."""
    states = queue() or {}
    return [job.number for job in _registered() if states.get((job.number, job.name)) in AT_WORK]


def _left_alone() -> bool:
    return any(ends_for_now() for ends_for_now in _leaves)


def _registered() -> list[Left]:
    """Return the recorded jobs; a line that a kill cut short is skipped."""
    found = []
    with contextlib.suppress(OSError):
        for line in REGISTER.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, TypeError):
                found.append(Left(*json.loads(line)))
    return found


def _made_since(outputs: Iterable[str], begin: float) -> bool:
    try:
        times = [Path(path).stat().st_mtime for path in outputs]
        return bool(times) and min(times) >= begin
    except OSError:
        return False


def _digests(job: Any) -> tuple[str, str]:
    asked = {name: str(value) for name, value in job.resources.items() if name not in NOT_ASKED_OF_SLURM}
    members = job.jobs if job.is_group() else [job]
    return _digest([job.threads, *sorted(map(_work, members))]), _digest(asked)


def _work(job: Any) -> str:
    """Return what a job computes: its command before resources are filled in, because those of a retry differ."""
    params = {name: str(value) for name, value in job.params.items()}
    return json.dumps([job.rule.name, job.rule.shellcmd, params], sort_keys=True)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
