"""Every private name of Snakemake's SLURM plugin, in one place: when the plugin changes, change this file.

`tests/test_upstream.py` names everything that is not part of the common interface of executor plugins, and says what to
do when it disappears.
"""

from __future__ import annotations

import io
import logging
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, suppress
from dataclasses import fields
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast, get_type_hints

import snakemake_executor_plugin_slurm as plugin
from snakemake_executor_plugin_slurm import Executor, ExecutorSettings, common_settings
from snakemake_executor_plugin_slurm.partitions import PartitionLimits, get_best_partition, read_partition_file
from snakemake_executor_plugin_slurm.utils import get_job_wildcards, parse_time_to_minutes
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from snakemake_executor_plugin_slurm_patient import packs

__all__ = ["CappedExecutor", "ExecutorSettings", "SubmittedJobInfo", "aux_of", "common_settings", "log_of"]

CLUSTER = ("cluster", "clusters", "slurm_cluster")
"""Keys by which a partition names its cluster, beside its limits."""
PACK_SIZE = "patient_runs_per_job"
"""Our only setting: the option ``--slurm-patient-runs-per-job``."""
SILENT = logging.getLogger("snakemake_executor_plugin_slurm_patient.partitions")
"""Where the plugin says which partition it chooses: nobody listens."""
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False
NO_RESOURCES = {"get", "items", "keys"}
"""Methods of a job's resources, among the attributes that the plugin asks for."""


class Habits(NamedTuple):
    """The plugin's settings for the time after a submission."""

    first_look: float
    """Seconds from a submission to the first look at the job."""
    keep_logs: bool
    """Whether the logs of jobs that succeed stay."""
    requeue: bool
    """Whether SLURM runs a job again by itself when a node fails."""
    runs_per_job: Any
    """How many jobs of Snakemake may share one of SLURM: our own setting, which only `given_settings` adds."""


class CappedExecutor(Executor):
    """The plugin's executor, which asks for no more than a partition gives, and whose own names are spoken of here."""

    @property
    def job_name(self) -> str:
        """Return the name that all jobs of this run of Snakemake have in SLURM."""
        return str(self.run_uuid)

    def refuse_arrays(self) -> None:
        """Refuse to submit the tasks of an array, which the plugin reports in another way.

        Raises:
            WorkflowError: the settings ask for arrays.
        """
        if self.workflow.executor_settings.array_jobs:
            raise WorkflowError("--slurm-array-jobs: the slurm-patient executor submits no arrays; leave it out")

    @property
    def habits(self) -> Habits:
        """Return the habits from the settings."""
        settings = self.workflow.executor_settings
        size = getattr(settings, "runs_per_job", 1)
        return Habits(settings.init_seconds_before_status_checks, settings.keep_successful_logs, settings.requeue, size)

    def report_unsubmitted(self, job: Any, why: str) -> None:
        """Tell Snakemake, from the submitting thread, that a job could not be submitted."""
        self._report_job_error_threadsafe(SubmittedJobInfo(job), why)

    def report_taken_over(self, job: Any, number: str, aux: dict[str, Any]) -> None:
        """Tell Snakemake, from the submitting thread, the number of a job that is at work already."""
        self._report_job_submission_threadsafe(SubmittedJobInfo(job, number, aux))

    def submit(self, job: Any) -> None:
        """Submit a job in one of the submitting threads, unless they have ended."""
        with suppress(RuntimeError):
            self._job_submission_executor.submit(self.run_job, job)

    def format_job_exec(self, job: Any) -> str:
        """Return the command of a job; that of a pack starts those of its members.

        The plugin's own starts a step of SLURM in the job. Members do without, as each step would take the whole job,
        and the next one wait for its end.
        """
        if not isinstance(job, packs.Pack):
            return str(super().format_job_exec(job))
        in_a_step = str(self.additional_general_args())
        commands = [str(super(CappedExecutor, self).format_job_exec(each)) for each in job.jobs]
        return job.command(
            self.get_python_executable(),
            [command.replace(in_a_step, "") for command in commands],
            [self._log(each, "%j") for each in job.jobs],
        )

    def members(self, info: SubmittedJobInfo) -> list[SubmittedJobInfo]:
        """Return the jobs of a pack that has been submitted, each with its log and the file of its exit code."""
        number, pack = str(info.external_jobid), info.job
        return [
            SubmittedJobInfo(job, number, aux_of(self._log(job, number), code=str(pack.code_file(place))))
            for place, job in enumerate(pack.jobs)
        ]

    def _log(self, job: Any, number: str) -> Path:
        """Return where the plugin has SLURM write what a job prints."""
        return Path(self.slurm_logdir, f"rule_{job.name}", get_job_wildcards(job), f"{number}.log")

    def submit_no_more(self) -> None:
        """End the submitting threads, once they have finished their current submission."""
        self._job_submission_executor.shutdown(wait=True)

    def look_no_more(self, seconds: float) -> None:
        """End the thread that looks at the jobs; wait up to ``seconds`` for it to record the latest submissions."""
        with self.lock:
            self.wait = False
        self.wait_thread.join(seconds)

    def drop_scratch(self) -> None:
        """Remove the folder that jobs look for when they begin."""
        if self._tmpdir:
            shutil.rmtree(self._tmpdir, ignore_errors=True)

    def get_partition_arg(self, job: Any) -> str:
        """Choose the partition, and request no more than it offers: a job that can never run would wait for ever."""
        like = [p.limits for p in self._partitions or [] if bool(p.limits.max_gpu) == bool(job.resources.get("gpu"))]
        # SLURM refuses a pack that is too large for any node; it is split then.
        names = ("runtime",) if isinstance(job, packs.Pack) else ("runtime", "mem_mb")
        for name in names:
            self._cap(job, name, max((getattr(limits, f"max_{name}") for limits in like), default=inf))
        partition: str = super().get_partition_arg(job)
        most = _limits(partition.rsplit(maxsplit=1)[-1]) if partition else {}
        for name in names:
            self._cap(job, name, most.get(name, inf))
        return partition

    def get_account_arg(self, job: Any) -> Iterator[str]:
        """Name the account if the profile does; SLURM knows the default one better than a guess.

        What follows an account replaces the plugin's own options, so here is a pack's comment: its members.
        """
        comment = f" --comment {shlex.quote(','.join(map(_comment, job.jobs)))}" if isinstance(job, packs.Pack) else ""
        for account in super().get_account_arg(job) if job.resources.get("slurm_account") else [""]:
            yield f"{account}{comment}"

    def _cap(self, job: Any, name: str, most: float) -> None:
        request = job.resources.get(name, 0)
        if isinstance(request, int) and request > most:
            if job.attempt == 1:  # later attempts request more in case it is needed
                self.logger.warning(
                    f"{label(job)}: {name} {request} is cut to {most:.0f}, the most that a partition gives"
                )
            setattr(job.resources, name, int(most))


def _comment(job: Any) -> str:
    """Return what the plugin says of a job in the queue."""
    wildcards = get_job_wildcards(job)
    return f"rule_{job.name}_wildcards_{wildcards}" if wildcards else f"rule_{job.name}"


def _limits(partition: str) -> dict[str, float]:
    """Return the longest runtime (minutes) that a partition allows, and the memory (MB) of its largest node."""
    command = ["sinfo", "--noheader", "--Node", f"--partition={partition}", "--format=%l|%m"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    rows = [line.split("|") for line in listing.splitlines()]
    longest = max((minutes(time) or inf for time, _ in rows), default=inf)
    return {"runtime": longest, "mem_mb": max((float(memory) for _, memory in rows), default=inf)}


def label(job: Any) -> str:
    """Return what distinguishes a job from all others: an output or, if it has none, the rule."""
    if job.is_group():
        return min(map(str, job.output), default=job.name)
    return str(next(iter(job.output), job.name))


def log_of(info: SubmittedJobInfo) -> Path:
    """Return the file to which SLURM writes what a job prints."""
    return Path(info.aux["slurm_logfile"])


def aux_of(log: Path, **more: Any) -> dict[str, Any]:
    """Return what the plugin keeps with a submitted job, and ``more`` that we keep there."""
    return {"slurm_logfile": log, **more}


def given_settings(**own: Any) -> ExecutorSettings:
    """Return the plugin's settings from this command line and its profiles, elsewhere the defaults, and our own.

    Call it before Snakemake changes to the folder that ``--directory`` names.
    """
    settings = _their_settings()
    vars(settings).update(own)
    return settings


def _their_settings() -> ExecutorSettings:
    if "snakemake" not in Path(sys.argv[0]).parts[-2:]:
        return ExecutorSettings()
    from snakemake.cli import parse_args  # this imports all plugins

    with redirect_stderr(io.StringIO()):  # Snakemake has already printed which profiles it uses
        _, arguments = parse_args(sys.argv[1:])
    return cast(ExecutorSettings, ExecutorPluginRegistry().get_plugin("slurm").get_settings(arguments))


def minutes(time: str) -> float | None:
    """Return the minutes that SLURM writes as ``days-hours:minutes:seconds``; None for ``infinite`` and the like.

    `parse_time_to_minutes` of the plugin takes ``30:00``, half an hour in `sinfo`, for 30 hours.
    """
    days, _, clock = time.strip().rpartition("-")
    parts = [*"00", *clock.split(":")][-3:]
    if not all(part.isdigit() for part in (days or "0", *parts)):
        return None
    hours, rest, seconds = map(int, parts)
    return (int(days or 0) * 24 + hours) * 60 + rest + seconds / 60


def settings() -> list[str]:
    """Return the names of all settings, as Python writes them after ``slurm_``."""
    return [*(field.name for field in fields(ExecutorSettings)), PACK_SIZE]


def accept(setting: str, value: Any) -> None:
    """Let the plugin check the value of a setting.

    Raises:
        Exception: of the plugin, if it refuses the value.
    """
    if setting == PACK_SIZE:
        packs.checked(value)
        return
    ExecutorSettings(**{"status_command": None, setting: value})


def limits() -> dict[str, Any]:
    """Return the type of each limit that a partition may set, and of the names of its cluster."""
    return {**get_type_hints(PartitionLimits), **dict.fromkeys(CLUSTER, str)}


def partition_of(resources: Mapping[str, Any], threads: int, files: Sequence[Path]) -> str:
    """Return the partition that the plugin would choose for a job, from those in the last of the files.

    If neither the job nor a file names one, SLURM's default partition is used.
    """
    if name := resources.get("slurm_partition"):
        return str(name)
    job = SimpleNamespace(name="", resources=resources, threads=threads)
    best = get_best_partition(read_partition_file(files[-1]), job, SILENT) if files else None
    return best or "the default partition"


def minutes_of(time: str) -> float:
    """Return the minutes in a time such as ``24h``.

    Raises:
        Exception: of the plugin, if the text is not a time.
    """
    return float(parse_time_to_minutes(time))


def resources() -> set[str]:
    """Return the resources that the plugin reads from a job, according to its source."""
    names = set()
    place = Path(plugin.__path__[0])
    for path in place.parent.glob(f"{place.name}*/*.py"):  # that of the jobs on the nodes, too
        text = path.read_text(encoding="utf-8")
        names |= set(re.findall(r'resources\.get\(\s*"(\w+)"', text))
        names |= set(re.findall(r"job\.resources\.(\w+)\b(?!\()", text))
    return names - NO_RESOURCES
