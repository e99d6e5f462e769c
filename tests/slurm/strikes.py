"""Failures of clusters, inflicted on the process that trains a block and on its SLURM job."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from mini import Cluster

Strike = Callable[[Cluster, psutil.Process, str], None]


def kill(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """End a process as the kernel does when memory runs out."""
    process.kill()


def terminate(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Ask a process to end."""
    process.terminate()


def kill_its_snakemake(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Kill the Snakemake that started the process within its job."""
    next(parent for parent in process.parents() if "snakemake" in parent.cmdline()).kill()


def kill_its_step(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Kill the daemon that started the job's step; SLURM notices only when the job's time is over."""
    next(parent for parent in process.parents() if parent.name() == "slurmstepd").kill()
    end_time(cluster, process, job)


def end_time(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """End a job's time."""
    cluster.call("scontrol", "update", f"jobid={job}", "EndTime=now")


def cancel(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Cancel a job."""
    cluster.call("scancel", job)


def hang(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Suspend a process, and end the job's time."""
    process.suspend()
    end_time(cluster, process, job)


def requeue(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Try to requeue a job as a site's scripts do; SLURM refuses."""
    refused = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, check=False)
    assert refused.returncode, "SLURM requeued a job that Snakemake watches"


def force_requeue(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Requeue a job as an administrator can."""
    cluster.call("scontrol", "update", f"jobid={job}", "Requeue=1")
    cluster.call("scontrol", "requeue", job)


def tear(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Cancel a job, and cut each of its checkpoints in half."""
    folder = checkpoints(process)
    cancel(cluster, process, job)
    with suppress(psutil.NoSuchProcess):
        process.wait(30)
    for path in folder.rglob("*.checkpoint*"):
        os.truncate(path, path.stat().st_size // 2)


def garble(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Kill a process, and overwrite all its files with noise: lock, progress, checkpoints."""
    folder = checkpoints(process)
    process.kill()
    for path in filter(Path.is_file, folder.rglob("*")):
        path.write_bytes(os.urandom(path.stat().st_size))


def forget(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Remove the files from which a running process would resume."""
    shutil.rmtree(checkpoints(process), ignore_errors=True)


def checkpoints(process: psutil.Process) -> Path:
    """Return the folder of the files from which a process would resume."""
    words = "".join(process.cmdline())
    exercise, variant = (words.split(f'"{key}":"')[1].split('"')[0] for key in ("exercise", "variant"))
    (block,) = (Path(process.cwd()) / "results/checkpoints" / exercise / variant).iterdir()
    return block


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small disk."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """Fill a disk; return the file to delete afterwards."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(2**16))
    return filler
