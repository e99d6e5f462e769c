"""Snakemake's SLURM executor, made robust enough to run for a week unattended.

Version 2.8 of the SLURM plugin forgets every job that runs while SLURM's controller is silent, waits for ever for jobs
that were preempted or that SLURM no longer lists, gives up a submission when the controller restarts, keeps submitting
after Ctrl-C, and submits a second copy of each job that a killed Snakemake has left in the queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

from snakemake_interface_common.exceptions import WorkflowError

from snakemake_executor_plugin_slurm_patient import packs
from snakemake_executor_plugin_slurm_patient.packs import Pack, jobs_of
from snakemake_executor_plugin_slurm_patient.register import (
    AT_WORK,
    JobRecord,
    digests,
    keep,
    preempted_with_grace,
    queue,
    record,
    registered,
)
from snakemake_executor_plugin_slurm_patient.upstream import CappedExecutor, SubmittedJobInfo, aux_of, label, log_of

PREEMPTED = "PREEMPTED"
"""An end that is no fault of the job, which is therefore submitted again as often as it takes."""
ENDED = {"CANCELLED", "DEADLINE", "FAILED", "OUT_OF_MEMORY", "TIMEOUT"}
BY_SITE = {"BOOT_FAIL", "NODE_FAIL", PREEMPTED}
"""Ends after which SLURM runs a job again by itself, where the profile says ``slurm-requeue``."""
UNLISTED_LOOKS = 2
"""Looks in a row at which SLURM must not list a job before it counts as over."""
BY_SITE_LOOKS = 5
"""The same for one that the site has ended and SLURM should run again: some partitions cancel what they preempt."""
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

_leaves: list[Callable[[], bool]] = []


def leave_jobs_if(ends_for_now: Callable[[], bool]) -> None:
    """Let jobs continue when Snakemake is interrupted and this function returns True; otherwise they are cancelled.

    For workflows that distinguish an interruption from the end of their machine, such as SIGINT from SIGTERM.
    """
    _leaves[:] = [ends_for_now]


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
        self._pack_size = packs.checked(self.habits.runs_per_job)
        super().__post_init__(test_mode)
        self._stopping = self._silent = False
        self._pause = 0.0
        self._looks: Counter[str] = Counter()
        self._digests: dict[str, tuple[str, str]] = {}
        self._unsettled: dict[str, SubmittedJobInfo] = {}
        self._earlier = {each.output: each for each in self._still_listed(registered())}

    def run_jobs(self, jobs: list[Any]) -> None:
        """Submit the jobs that are ready, those with equal requests in packs."""
        super().run_jobs(packs.packed(jobs, self._pack_size))

    def run_job(self, job: Any) -> None:
        """Submit a job, or a pack, once the controller answers, without those that are at work already."""
        states, missing = self._await_queue() or {}, []
        for each in jobs_of(job):
            try:
                if not self._take_over(each, states):
                    missing.append(each)
            except Exception as error:  # nobody would see an error raised in this thread
                self.report_unsubmitted(each, f"cannot submit: {error!r}. ")
        if missing and not self._stopping:
            super().run_job(job if len(missing) == len(jobs_of(job)) else packs.together(missing))

    def report_job_submission(self, job_info: SubmittedJobInfo, register_job: bool = True) -> None:
        """Record which job is at work on which output."""
        if isinstance(job_info.job, Pack):
            for info in self.members(job_info):
                self.report_job_submission(info, register_job)
            return
        super().report_job_submission(job_info, register_job)
        output, aux = label(job_info.job), job_info.aux
        self._unsettled[output] = job_info
        name = aux.setdefault("name", self.job_name)
        submitted = aux.setdefault("submitted", time.time())
        ids = (job_info.external_jobid, name, str(log_of(job_info)))
        line = JobRecord(output, *self._digests[output], *ids, submitted, aux.setdefault("code", ""))
        record(line)

    def report_job_error(self, job_info: SubmittedJobInfo, msg: str | None = None, **kwargs: Any) -> None:
        """Report a failure; submit the jobs of a pack one by one if SLURM has refused them together."""
        if not isinstance(job_info.job, Pack):
            super().report_job_error(job_info, msg=msg, **kwargs)
            return
        self.logger.warning(f"SLURM takes no job for {len(job_info.job.jobs)} runs: each gets its own. {msg}")
        for job in job_info.job.jobs:
            self.submit(job)

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        """Report the jobs that have ended, and yield the others."""
        first = self.habits.first_look
        states = await asyncio.to_thread(self._look) if active_jobs else {}
        going_on = [info for info in active_jobs if not self._settle(info, states)]
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
        numbers = list(dict.fromkeys(info.external_jobid for info in self._unsettled.values()))
        if not numbers:
            return
        if _left_alone():
            self.logger.warning(f"{GO_ON} (to end them: scancel {' '.join(numbers)})")
        elif subprocess.run(["scancel", *numbers], capture_output=True, check=False).returncode and queue() is None:
            self.logger.warning(GO_ON)

    def _take_over(self, job: Any, states: dict[tuple[str, str], str]) -> bool:
        """Adopt the job of an earlier Snakemake if it does the same, or cancel it; return whether it is adopted."""
        output = label(job)
        computes, asks = self._digests[output] = digests(job)
        earlier = self._earlier.pop(output, None)
        state = states.get((earlier.number, earlier.name)) if earlier else None
        if earlier is None or state not in AT_WORK or packs.code_in(earlier.code) is not None:
            return False
        # Do not keep one that waits in vain for its resources; one that runs has got them.
        if earlier.computes != computes or (earlier.asks != asks and state != "RUNNING"):
            if not earlier.code or packs.cancel(earlier.code):
                subprocess.run(["scancel", earlier.number], capture_output=True, check=False)
            return False
        self.logger.warning(f"SLURM job {earlier.number} already works on {earlier.output}: taken over")
        more = {"name": earlier.name, "submitted": earlier.submitted, "code": earlier.code}
        self.report_taken_over(job, earlier.number, aux_of(Path(earlier.log), **more))
        return True

    def _settle(self, info: SubmittedJobInfo, states: dict[tuple[str, str], str] | None) -> bool:
        """Report a job's end; return False if it continues, or if nobody says how it is."""
        log, output, file = log_of(info), label(info.job), info.aux["code"]
        code = packs.code_in(file)
        if code is not None:
            state = f"exit code {code}" if code else "COMPLETED"
        elif states is None:
            return False
        else:
            state = states.get((info.external_jobid, info.aux["name"]), "UNLISTED")
            looks = self._looks_needed(state, packed=bool(file))
            self._looks[output] += 1
            if looks is None:
                self._looks.pop(output)
            if looks is None or self._looks[output] < looks:
                return False
            if state == "UNLISTED":
                state = "COMPLETED" if _made_since(info.job.output, info.aux["submitted"] - SKEW) else "FAILED"
        if state not in ("COMPLETED", PREEMPTED) and preempted_with_grace(info.external_jobid):
            state = PREEMPTED
        self._unsettled.pop(output, None)
        self._looks.pop(output, None)
        if state == "COMPLETED":
            self.report_job_success(info)
            if not self.habits.keep_logs:
                with contextlib.suppress(OSError):
                    log.unlink(missing_ok=True)
        elif state == PREEMPTED:
            self.logger.warning(
                f"SLURM job {info.external_jobid}, which worked on {output}, was preempted: submitted again"
            )
            self.submit(info.job)
        else:
            self.report_job_error(info, msg=f"SLURM job {info.external_jobid}: {state}. ", aux_logs=[str(log)])
        if file and (code is None or not packs.unfinished(file)) and not self._others(info):
            packs.forget(file)
        return True

    def _looks_needed(self, state: str, *, packed: bool) -> int | None:
        """Return how many looks must find a job in this state before it has ended; None if it continues."""
        if state in BY_SITE and self.habits.requeue:
            return BY_SITE_LOOKS
        if state == "UNLISTED":
            return UNLISTED_LOOKS
        if state in ENDED | BY_SITE:
            return UNLISTED_LOOKS if packed else 1  # a network file system may show an exit code late
        return 1 if state == "COMPLETED" else None

    def _others(self, info: SubmittedJobInfo) -> bool:
        """Return whether jobs of the same pack have not been settled."""
        return any(other.external_jobid == info.external_jobid for other in self._unsettled.values())

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

    def _still_listed(self, jobs: list[JobRecord]) -> list[JobRecord]:
        """Return the jobs that are still at work, and forget the others."""
        states = (self._await_queue() or {}) if jobs else {}
        remaining = [
            job for job in jobs if states.get((job.number, job.name)) in AT_WORK and packs.code_in(job.code) is None
        ]
        keep(remaining)
        return remaining


def _left_alone() -> bool:
    return any(ends_for_now() for ends_for_now in _leaves)


def _made_since(outputs: Iterable[str], begin: float) -> bool:
    try:
        times = [Path(path).stat().st_mtime for path in outputs]
        return bool(times) and min(times) >= begin
    except OSError:
        return False
