"""End Snakemake within seconds and cleanly when it is told to, and remove the lock of one that could not do so itself.

Snakemake dies of SIGHUP and leaves its lock; after SIGTERM it waits for running jobs, which may take days. Its lock
lists only files, so nobody can tell who holds it: a note beside it does.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from practica.errors import InputError
from practica.files import read_json, write_json
from practica.launch.snakemake_internals import on_sigterm

LOCKS = Path(".snakemake/locks")
NOTE = LOCKS / "practica.json"
"""The holder of the lock; Snakemake removes it with the lock."""
CONTROLLER = "PRACTICA_CONTROLLER"
"""Environment variable: the SLURM job that runs this Snakemake, if ``practica submit`` started it."""
STARTED = 1.0
"""Two start times closer than these seconds belong to the same process."""

DYING = 2.0
"""Seconds within which a killed process is gone, even on a busy machine."""

LAUNCHER, SHELLS = "srun", ("bash", "sh")
"""SLURM's process that starts a step, and shells that run a job's command."""

LOOPING = 3.0
"""Seconds that Snakemake's event loop has to finish, because it prints a traceback if it is interrupted."""

_signals: list[int] = []
_postponements: list[float] = []


def end_when_told() -> None:
    """Make SIGHUP and SIGTERM end Snakemake as Ctrl-C does: its jobs here are told to end, and no lock is left.

    A process that ignores SIGHUP, as under ``nohup``, continues to ignore it.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    on_sigterm(_end)
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)


def told_to_end(number: int) -> bool:
    """Return whether that signal told this process to end."""
    return number in _signals


def _end(number: int, frame: Any) -> None:
    """End the jobs here, which stop with a checkpoint, and this process; ignore a second signal."""
    if _signals:
        return
    if _in_event_loop():
        _postponements.append(time.monotonic())
        if _postponements[-1] - _postponements[0] < LOOPING:
            again = threading.Timer(0.1, os.kill, (os.getpid(), number))
            again.daemon = True
            again.start()
            return
    _signals.append(number)
    sys.excepthook = _without_traceback
    for process in psutil.Process().children(recursive=True):
        try:
            if not _waits(process):
                process.terminate()
        except psutil.NoSuchProcess:
            continue
    raise KeyboardInterrupt


def _without_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Report an error, except an interruption while Snakemake builds its executor, which it does not handle itself."""
    if not issubclass(kind, KeyboardInterrupt | asyncio.CancelledError):
        sys.__excepthook__(kind, error, trace)


def _waits(process: psutil.Process) -> bool:
    """Return whether a process only waits for a child that was told to end; without it, SLURM would kill the child."""
    name = process.name()
    return name == LAUNCHER or (name in SHELLS and bool(process.children()))


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def note_owner() -> None:
    """Record that this process holds Snakemake's lock, unless another live process does."""
    if _holder() is None:
        me = psutil.Process()
        note = {"host": socket.gethostname(), "pid": me.pid, "started": me.create_time()}
        write_json(NOTE, note | {"controller": os.environ.get(CONTROLLER)})


def at_work() -> bool:
    """Return whether a Snakemake runs in this folder, on this machine."""
    return _holder() is not None


def drop_dead_lock() -> None:
    """Remove the lock of a dead Snakemake, on this machine or of an earlier controller, and say so."""
    owner = _owner()
    if owner is None or not any(LOCKS.glob("*.lock")):
        return
    # SLURM starts a controller only after the one before it has ended, on whichever node that was.
    before = owner["controller"] and CONTROLLER in os.environ
    if not before and (holder := _holder()):
        with suppress(psutil.TimeoutExpired):
            holder.wait(DYING)
    if before or (owner["host"] == socket.gethostname() and _holder() is None):
        shutil.rmtree(LOCKS)
        LOCKS.mkdir()
        print(f"The lock of process {owner['pid']}, which is gone, is removed", file=sys.stderr, flush=True)


def why_locked() -> str:
    """Return why Snakemake cannot lock the folder, and what to do."""
    here, owner = Path.cwd(), _owner()
    if owner is None:
        return f"{here} is locked: if no other Snakemake is running there, remove the lock with snakemake --unlock"
    message = f"{here} is locked by {_owner_text(owner)}"
    if owner["host"] == socket.gethostname():
        return f"{message}, which is running there: wait for it, or stop it (kill {owner['pid']})"
    return f"{message}: wait for it, or, if it is gone, remove the lock with snakemake --unlock"


def planned_beside() -> str:
    """Return what to know of a dry run in a folder that another Snakemake has locked."""
    owner = _owner()
    who = f", {_owner_text(owner)}," if owner else ""
    return f"Another Snakemake{who} holds the lock of this folder: what follows is what it has not finished yet"


def _owner_text(owner: Mapping[str, Any]) -> str:
    return f"process {owner['pid']} on {owner['host']}"


def _owner() -> dict[str, Any] | None:
    """Return the recorded owner of the lock."""
    try:
        owner = read_json(NOTE)
        fields = {"host": str(owner["host"]), "pid": int(owner["pid"]), "started": float(owner["started"])}
        return fields | {"controller": owner.get("controller")}
    except (InputError, LookupError, TypeError, ValueError):
        return None


def _holder() -> psutil.Process | None:
    """Return the process on this machine that is recorded as the lock's owner, if it is alive."""
    owner = _owner()
    if owner is None or owner["host"] != socket.gethostname():
        return None
    try:
        process = psutil.Process(owner["pid"])
        same = abs(process.create_time() - owner["started"]) < STARTED
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
