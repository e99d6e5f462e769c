"""The register of this folder: which SLURM job is at work on which output, for a Snakemake that comes later."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from snakemake_executor_plugin_slurm_patient import packs

AT_WORK = {"PENDING", "CONFIGURING", "RUNNING", "SUSPENDED"}
REGISTER = Path(".snakemake/slurm_patient_jobs.jsonl")


class JobRecord(NamedTuple):
    """A job that was submitted for an output, with digests of what it computes and of its resources.

    Its name is that of a run of Snakemake, so number and name together are never used again. Jobs of a pack share them;
    each has its own file of an exit code.
    """

    output: str
    computes: str
    asks: str
    number: str
    name: str
    log: str
    submitted: float
    code: str = ""


def queue() -> dict[tuple[str, str], str] | None:
    """Return the state of each of this user's jobs, by number and name; None if SLURM does not answer.

    It includes jobs that ended recently.
    """
    command = ["squeue", "--me", "--states=all", "--noheader", "--format=%i|%T|%j"]
    try:
        listing = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    rows = (line.split("|", 2) for line in listing.splitlines())
    return {(row[0], row[2]): row[1] for row in rows if len(row) == 3}


def preempted_with_grace(number: str) -> bool:
    """Return whether a job was preempted in a partition with a ``GraceTime``.

    Such a job is told to end. If it ends in time, SLURM says of it what its exit code says, such as FAILED.
    """
    command = ["squeue", "--states=all", "--noheader", f"--jobs={number}", "--Format=PreemptTime:30"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        return bool(datetime.fromisoformat(answer.strip()))  # N/A for any other job
    except (OSError, subprocess.SubprocessError, ValueError):
        return False


def left_at_work() -> list[str]:
    """Return the numbers of the waiting or running jobs of any Snakemake of this folder."""
    states = queue() or {}
    return list({job.number: None for job in registered() if states.get((job.number, job.name)) in AT_WORK})


def registered() -> list[JobRecord]:
    """Return the recorded jobs; a line that a kill cut short is skipped."""
    jobs = []
    with contextlib.suppress(OSError):
        for line in REGISTER.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, TypeError):
                jobs.append(JobRecord(*json.loads(line)))
    return jobs


def digests(job: Any) -> tuple[str, str]:
    """Return digests of what a job computes and of its resources."""
    members = job.jobs if job.is_group() else [job]
    return _digest([job.threads, *sorted(map(_work, members))]), _digest(packs.asks(job))


def _work(job: Any) -> str:
    """Return what a job computes: its command before resources are filled in, because those of a retry differ."""
    params = {name: str(value) for name, value in job.params.items()}
    return json.dumps([job.rule.name, job.rule.shellcmd, params], sort_keys=True)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def record(job: JobRecord) -> None:
    """Add a job to the register."""
    with contextlib.suppress(OSError), REGISTER.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(job) + "\n")


def keep(jobs: list[JobRecord]) -> None:
    """Keep these jobs in the register, and the folders of their packs, and no other."""
    with contextlib.suppress(OSError):
        part = REGISTER.with_suffix(".part")
        part.write_text("".join(json.dumps(job) + "\n" for job in jobs), encoding="utf-8")
        part.replace(REGISTER)  # whole or not at all
    packs.forget_all_but(job.code for job in jobs)
