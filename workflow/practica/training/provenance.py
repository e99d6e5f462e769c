"""Record where a result comes from: code, versions, machine, data and cost."""

from __future__ import annotations

import platform
import resource
import socket
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from practica.backend import gpus
from practica.backend import version as backend_version
from practica.files import now

PACKAGES = ("practica", "tensorflow", "keras", "numpy", "scikit-learn", "pandas", "snakemake")


def describe(threads: int, data: dict[str, Any]) -> dict[str, Any]:
    """Return the provenance at the start of a run: git state, versions, host, devices, threads, data and time."""
    return {
        "git": dict(git_state()),
        "versions": {
            "python": platform.python_version(),
            "backend": backend_version(),
            **versions(),
        },
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "gpu": _gpu(),
        "threads": threads,
        "data": data,
        "started": now(),
    }


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process so far [MB]."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


@lru_cache(maxsize=1)
def git_state() -> Mapping[str, Any]:
    """Return the commit of the project's code and whether files differ from it; null outside a repository.

    It is that of the first call: call it when the code is imported.
    """
    folder = Path(__file__).parent
    commit = _git(folder, "rev-parse", "HEAD")
    status = _git(folder, "status", "--porcelain")
    return {"commit": commit, "dirty": None if status is None else bool(status)}


def _git(folder: Path, *words: str) -> str | None:
    command = ["git", "-C", str(folder), *words]
    try:
        process = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return process.stdout.strip()


@lru_cache(maxsize=1)
def versions() -> Mapping[str, str | None]:
    """Return the version of each package; a process imports it only once."""
    return {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str | None:
    names = {"tensorflow": ("tensorflow", "tensorflow-cpu")}.get(package, (package,))
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _gpu() -> str | None:
    return ", ".join(gpus()) or None
