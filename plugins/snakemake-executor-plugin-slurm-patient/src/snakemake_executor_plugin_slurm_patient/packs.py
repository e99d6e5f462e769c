"""Packs: jobs with equal requests that share one SLURM job, and the folder through which each tells how it ended."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from snakemake_interface_common.exceptions import WorkflowError

from snakemake_executor_plugin_slurm_patient import members

FOLDER = Path(".snakemake/slurm_patient_packs")
NOT_ASKED_OF_SLURM = ("_nodes", "tmpdir")
"""Resources that Snakemake gives to every job by itself."""
SUMMED = ("mem_mb", "cpus_per_task", "cpus_per_gpu")
"""Resources of which a pack asks for as much as its members together; the rest, GPUs and time, they share."""
SPREAD = ("mpi", "nodes", "tasks", "tasks_per_gpu", "tasks_per_node")
"""Resources of jobs that consist of several tasks: SLURM starts those itself, so they are not packed."""


class Requests(SimpleNamespace):
    """Resources, as Snakemake has them: both attributes and items."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return a resource."""
        return getattr(self, name, default)

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return all resources."""
        return vars(self).items()

    def keys(self) -> Iterable[str]:
        """Return the names of all resources."""
        return vars(self).keys()


class Pack:
    """Jobs that share one SLURM job. The SLURM plugin submits it like a group."""

    name = "pack"
    wildcards = ()

    def __init__(self, jobs: Sequence[Any]) -> None:
        self.jobs = list(jobs)
        self.rule = jobs[0].rule
        self.attempt = jobs[0].attempt
        self.jobid = ", ".join(str(job.jobid) for job in jobs)
        self.threads = len(jobs) * jobs[0].threads
        requests = dict(jobs[0].resources.items())
        for name in SUMMED:
            if isinstance(amount := requests.get(name), int) and amount > 0:
                requests[name] = len(jobs) * amount
        self.resources = Requests(**requests)
        self.output = [path for job in jobs for path in job.output]
        self.folder = (FOLDER / uuid.uuid4().hex).absolute()

    def is_group(self) -> bool:
        """Return True: its jobs are not those of one rule."""
        return True

    def log_info(self) -> None:
        """Say that its jobs begin."""
        for job in self.jobs:
            job.log_info()

    def command(self, python: str, commands: Sequence[str], logs: Sequence[Path]) -> str:
        """Write the list of its members, and return the command that runs them."""
        entries = [{"command": command, "log": str(log)} for command, log in zip(commands, logs, strict=True)]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / members.LIST).write_text(json.dumps(entries), encoding="utf-8")
        # In the place of its shell, which SLURM signals alone where it is told to (--signal=B:USR1@60).
        return f"exec {shlex.join([python, str(Path(members.__file__)), str(self.folder)])}"

    def code_file(self, number: int) -> Path:
        """Return the file that will hold the exit code of a member."""
        return self.folder / f"{number}.code"


def checked(size: Any) -> int:
    """Return how many jobs a pack may have.

    Raises:
        WorkflowError: it is not a number above 0.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise WorkflowError(f"--slurm-patient-runs-per-job: {size!r} is not a whole number above 0")
    return size


def asks(job: Any) -> dict[str, str]:
    """Return the resources that a job asks SLURM for."""
    return {name: str(value) for name, value in job.resources.items() if name not in NOT_ASKED_OF_SLURM}


def packed(jobs: Sequence[Any], size: int) -> list[Any]:
    """Return the jobs, of which up to ``size`` with equal requests are packed.

    Groups stay alone, and so does what has failed before: nothing beside it shall suffer from it.
    """
    alike: dict[str, list[Any]] = {}
    alone = []
    for job in jobs:
        if size < 2 or job.is_group() or job.attempt > 1 or any(job.resources.get(name) for name in SPREAD):
            alone.append(job)
        else:
            alike.setdefault(json.dumps([job.threads, asks(job)], sort_keys=True), []).append(job)
    return alone + [together(each[at : at + size]) for each in alike.values() for at in range(0, len(each), size)]


def together(jobs: Sequence[Any]) -> Any:
    """Return the pack of these jobs, or the job itself if it is alone."""
    return Pack(jobs) if len(jobs) > 1 else jobs[0]


def jobs_of(job: Any) -> list[Any]:
    """Return the jobs of a pack, or the job itself in a list."""
    return job.jobs if isinstance(job, Pack) else [job]


def code_in(file: str) -> int | None:
    """Return the exit code of a member; None as long as it is not known, or if the job is not packed."""
    if file:
        with contextlib.suppress(OSError, ValueError):
            list(Path(file).parent.iterdir())  # a network file system then looks again for files that were missing
            return int(Path(file).read_text(encoding="utf-8"))
    return None


def cancel(file: str) -> bool:
    """End a member of a pack; return whether no other one is left, so that its allocation is to be cancelled."""
    with contextlib.suppress(OSError):
        Path(file).with_suffix(".cancel").touch()
    return not unfinished(file)


def unfinished(file: str) -> bool:
    """Return whether any member of the same pack has neither ended by itself nor been cancelled."""
    folder = Path(file).parent
    try:
        count = len(json.loads((folder / members.LIST).read_text(encoding="utf-8")))
        over = {path.stem for path in folder.iterdir() if path.suffix in (".code", ".cancel")}
    except (OSError, ValueError):
        return False
    return len(over) < count


def forget(file: str) -> None:
    """Remove the folder of a pack whose members have all ended."""
    shutil.rmtree(Path(file).parent, ignore_errors=True)


def forget_all_but(files: Iterable[str]) -> None:
    """Remove the folders of all packs to which none of these files belongs."""
    names = {Path(file).parent.name for file in files if file}
    with contextlib.suppress(OSError):
        for folder in FOLDER.iterdir():
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)
