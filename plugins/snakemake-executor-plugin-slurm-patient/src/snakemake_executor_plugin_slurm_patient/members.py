"""Run the members of a pack side by side in their allocation: ``python members.py FOLDER``.

This is all that runs in the SLURM job beside the members, so it imports the standard library alone. The folder's
``pack.json`` lists a command and a log for each member. ``N.code`` holds the exit code of a member that has ended by
itself. One that was told to end has none, and starts again if SLURM runs the job again. ``N.cancel`` ends a member.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

LIST = "pack.json"
POLL = 1.0
SETTLE = 2.0
"""Seconds within which SLURM, ending a job, signals all of its processes, one after another."""
GRACE = 60.0
"""Seconds that a member has to end after SIGTERM. When its time is up, SLURM itself waits for less (KillWait)."""
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
SHARED_GPU = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
"""By default, the first process of TensorFlow or JAX takes the GPU's whole memory."""
ADOPT_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of Linux."""


class Member:
    """A process group with a log of its own."""

    def __init__(self, folder: Path, number: int, entry: Mapping[str, str]) -> None:
        self.code_file = folder / f"{number}.code"
        self.cancel_file = folder / f"{number}.cancel"
        self.command = entry["command"]
        self.log = Path(entry["log"].replace("%j", os.environ.get("SLURM_JOB_ID", "0")))
        self.leader: subprocess.Popen[bytes] | None = None
        self.recorded = self.code_file.read_text(encoding="utf-8") if self.code_file.exists() else None
        self._code: int | None = None
        self._ended_at = self._told_at = float("inf")

    @property
    def at_work(self) -> bool:
        """Return whether it has begun and its end is not dealt with."""
        return self.leader is not None

    def start(self) -> None:
        """Start it, unless it has ended before SLURM ran the job again."""
        if self.recorded is not None or self.cancel_file.exists():
            return
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with self.log.open("ab") as log:
                self.leader = subprocess.Popen(
                    ["/bin/sh", "-c", self.command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                )
        except OSError as error:
            say(f"{self.log}: {error}")
            self._record(1)

    def terminate(self) -> None:
        """Tell all of its processes to end."""
        self._told_at = min(self._told_at, time.monotonic())
        self._signal(signal.SIGTERM)

    def leader_ended(self, status: int) -> None:
        """Note how its first process ended."""
        self._code, self._ended_at = os.waitstatus_to_exitcode(status), time.monotonic()

    def look(self, *, ending: bool) -> None:
        """Record its exit code once all of its processes are gone, unless it was told to end."""
        now = time.monotonic()
        if self._told_at > now and (ending or self.cancel_file.exists()):
            self.terminate()
        was_told = self._told_at <= now
        if now > self._told_at + GRACE:
            self._signal(signal.SIGKILL)
        if self._code is None or (self._code and now < self._ended_at + SETTLE) or (was_told and self._signal(0)):
            return
        self._signal(signal.SIGKILL)  # what it has left behind
        if self._code == 0 or not was_told:
            self._record(self._code)
        self.leader = None

    def _signal(self, number: int) -> bool:
        """Send a signal to all of its processes; return whether there are any."""
        if self.leader is None:
            return False
        try:
            os.killpg(self.leader.pid, number)
        except ProcessLookupError:
            return False
        return True

    def _record(self, code: int) -> None:
        say(f"{self.log}: exit code {code}")
        part = self.code_file.with_suffix(".part")
        try:
            part.write_text(str(code), encoding="utf-8")
            part.replace(self.code_file)  # whole or not at all
            self.recorded = str(code)
        except OSError as error:
            say(f"{self.code_file}: {error}")


def run(folder: Path) -> int:
    """Run all members; return 0 if each has ended well."""
    entries: list[dict[str, str]] = json.loads((folder / LIST).read_text(encoding="utf-8"))
    members = [Member(folder, number, each) for number, each in enumerate(entries)]
    signals: list[int] = []

    def tell(number: int, frame: Any) -> None:
        """Tell every member to end, also after SIGUSR1, of which Snakemake itself would die."""
        signals.append(number)
        for member in members:
            if member.at_work:
                member.terminate()

    for number in SIGNALS:
        signal.signal(number, tell)
    for member in members:
        if not signals:
            member.start()
    while working := [member for member in members if member.at_work]:
        reap(working)
        for member in working:
            member.look(ending=bool(signals))
        time.sleep(POLL)
    return 0 if all(member.recorded == "0" for member in members) else 1


def reap(members: list[Member]) -> None:
    """Learn which processes have ended, those among them whose parents have ended before."""
    with suppress(ChildProcessError):
        while True:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            for member in members:
                if member.leader and member.leader.pid == process:
                    member.leader.returncode = os.waitstatus_to_exitcode(status)
                    member.leader_ended(status)


def adopt_orphans() -> None:
    """Become the parent of processes whose own has ended: to learn when they are gone, and for SLURM to find them."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)


def say(text: str) -> None:
    """Write a line into the log of the allocation."""
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    for name, value in SHARED_GPU.items():
        os.environ.setdefault(name, value)
    adopt_orphans()
    sys.exit(run(Path(sys.argv[1])))
