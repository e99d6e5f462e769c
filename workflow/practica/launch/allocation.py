"""What SLURM gave this job: its remaining time, and a GPU, which TensorFlow must see."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import psutil

from practica.errors import RunError

GRANTS = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS")
"""Variables in which SLURM names the GPUs of a job step, and of a job."""

GRACE = 15.0
"""Seconds that the processes of a finished job have to end themselves."""

ANSWER = 2.0
"""Seconds within which the controller has to answer a job that has few left."""

USED = 0.75
"""Share of the time of grace in which a training has to reach its next point; the rest is for what follows."""

ALLOW = "PRACTICA_ALLOW_NO_GPU"
"""Variable that turns the error into a warning, for test clusters whose GPUs exist only in SLURM."""


def minutes_left(environment: Mapping[str, str]) -> float | None:
    """Return the minutes until SLURM ends this job; None outside SLURM, without a limit, or if SLURM does not answer.

    The limit may be less than the job requested, and the job began before this process did.
    """
    return minutes(_about_this_job(environment, "--format=%L", seconds=30))


def seconds_of_grace(environment: Mapping[str, str]) -> float:
    """Return the seconds in which this job can reach its next point after SLURM has told it to end, if it is preempted.

    They are part of the ``GraceTime`` of its partition. Any other job has none: SLURM kills it a few seconds after it
    has told it to end. The answer is 0 outside SLURM, too, and if SLURM does not answer.
    """
    answer = _about_this_job(environment, "--Format=PreemptTime:30,EndTime:30", seconds=ANSWER)
    try:
        notice, end = map(datetime.fromisoformat, answer.split())  # N/A if it is not preempted, or is being killed
    except ValueError:
        return 0.0
    return max(0.0, USED * (end - notice).total_seconds())


def _about_this_job(environment: Mapping[str, str], form: str, *, seconds: float) -> str:
    """Return what ``squeue`` says of this job within so many seconds; empty outside SLURM, or if it does not answer."""
    if "SLURM_JOB_ID" not in environment:
        return ""
    command = ["squeue", "--noheader", f"--jobs={environment['SLURM_JOB_ID']}", form]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def minutes(time: str) -> float | None:
    """Return the minutes that SLURM writes as ``days-hours:minutes:seconds``; None for ``UNLIMITED`` or nothing."""
    days, _, clock = time.strip().rpartition("-")
    parts = [*"00", *clock.split(":")][-3:]
    if not all(part.isdigit() for part in (days or "0", *parts)):
        return None
    hours, rest, seconds = map(int, parts)
    return (int(days or 0) * 24 + hours) * 60 + rest + seconds / 60


def ancestors() -> list[psutil.Process]:
    """Return the processes from this one's parent up to SLURM's, which started the job; empty outside a job.

    Without cgroups, SLURM loses track of a process when one of these ends.
    """
    parents = psutil.Process().parents()
    names = [parent.name() for parent in parents]
    return parents[: names.index("slurmstepd") + 1] if "slurmstepd" in names else []


def gone(process: psutil.Process) -> bool:
    """Return whether a process has ended, even if its parent has not noticed yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def end_with_job() -> None:
    """Make this process, and all that it has started, end when its job has ended."""
    above = ancestors()

    def watch() -> None:
        while not any(map(gone, above)):
            time.sleep(2)
        # SLURM has sent them a signal; training takes some seconds to stop with a checkpoint.
        for process in psutil.wait_procs(psutil.Process().children(recursive=True), timeout=GRACE)[1]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        os._exit(RunError.exit_code)

    threading.Thread(target=watch, daemon=True).start()


def granted_gpus(environment: Mapping[str, str]) -> str | None:
    """Return the indices of the GPUs that SLURM gave this job, or None."""
    return next((environment[name] for name in GRANTS if environment.get(name)), None)


def check_gpu(gpu: int) -> None:
    """Refuse to train on the CPU if SLURM gave this job a GPU; TensorFlow would do so silently.

    Outside SLURM nothing is checked: a study that asks for GPUs also runs on a machine without one.

    Raises:
        RunError: SLURM gave a GPU and TensorFlow sees none.
    """
    gpu_ids = granted_gpus(os.environ)
    if not gpu or gpu_ids is None:
        return
    from practica.backend import gpus

    if gpus():
        return
    reason = f"SLURM gave this job GPU {gpu_ids}, but TensorFlow sees none"
    if os.environ.get(ALLOW) != "1":
        raise RunError(
            f"{reason}: install the packages with `make setup ENV=gpu`, see whether `nvidia-smi` works on this node, "
            "or ask for none with resources: {gpu: 0}"
        )
    print(f"practica: warning: {reason}; training on the CPU, as {ALLOW}=1 allows", file=sys.stderr)
