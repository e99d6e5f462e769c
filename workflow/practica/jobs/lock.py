"""Let only one process at a time work on a block, even if processes run on different machines.

The lock is a file that says who holds it; the holder updates its modification time as a heartbeat. Operating system
locks end with their process, but not every cluster file system supports them.
"""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from practica.files import now, say, write_json

BEAT = 5.0
"""Seconds between two heartbeats."""
STALE = 30.0
"""Seconds without a heartbeat after which the holder counts as dead."""
SETTLE = 1.0
"""Seconds that a process waits after taking a dead holder's lock, to see whether another one took it too."""
POLL = 0.5
"""Seconds between two looks at a lock that another process holds."""


@dataclass(frozen=True)
class Holder:
    """A process that holds a lock."""

    host: str
    pid: int
    born: float
    job: str | None
    since: str
    token: str

    @classmethod
    def here(cls) -> Holder:
        """Describe this process."""
        process = psutil.Process()
        job = os.environ.get("SLURM_JOB_ID")
        return cls(socket.gethostname(), process.pid, process.create_time(), job, now(), uuid.uuid4().hex)

    @property
    def gone(self) -> bool:
        """Return whether the process is known to have ended; this can be known only on the same machine."""
        if self.host != socket.gethostname():
            return False
        try:
            process = psutil.Process(self.pid)
            # Another process may have got the same number since.
            return process.status() == psutil.STATUS_ZOMBIE or abs(process.create_time() - self.born) > 1
        except psutil.NoSuchProcess:
            return True

    def __str__(self) -> str:
        job = f", SLURM job {self.job}" if self.job else ""
        return f"process {self.pid} on {self.host}{job} since {self.since}"


def holder(path: Path) -> Holder | None:
    """Return who holds the lock, or None if there is no lock or it cannot be read."""
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def alive(path: Path) -> bool:
    """Return whether the lock's holder seems to be at work."""
    owner = holder(path)
    if owner is None or owner.gone:
        return False
    try:
        return time.time() - path.stat().st_mtime < 2 * STALE  # the clocks of two machines may differ
    except OSError:
        return False


class Lock:
    """The lock of one block."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.me = Holder.here()

    def acquire(self, on_wait: Callable[[str], None]) -> None:
        """Wait for the lock, and take it from a dead holder.

        Args:
            on_wait: called with the holder before each new look; may raise to end the waiting.
        """
        last_beat, since = None, 0.0
        while not self.try_acquire():
            beat = self._beat()
            if beat != last_beat:  # compared with its own earlier value, because clocks of two machines may differ
                last_beat, since = beat, time.monotonic()
            other = holder(self.path)
            if (other and other.gone) or time.monotonic() - since > STALE:
                say(f"{self.path}: {other or 'its holder'} is dead, taking over")
                write_json(self.path, asdict(self.me))
                # If several take it at the same time, the last to write has it.
                time.sleep(SETTLE)
                if self.held():
                    return
            on_wait(str(other or "an unknown process"))
            time.sleep(POLL)

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            stream = self.path.open("x", encoding="utf-8")
        except FileExistsError:
            return False
        except FileNotFoundError:  # the previous holder has just removed the folder
            return False
        try:
            with stream:
                json.dump(asdict(self.me), stream)
        except OSError:  # a full disk: nobody could read whose lock it is
            self.path.unlink(missing_ok=True)
            raise
        return True

    def held(self) -> bool:
        """Return whether this process still holds the lock."""
        current = holder(self.path)
        return current is not None and current.token == self.me.token

    def beat(self) -> None:
        """Show that this process is alive."""
        if self.held():
            os.utime(self.path)

    def release(self) -> None:
        """Release the lock."""
        if self.held():
            self.path.unlink(missing_ok=True)

    def _beat(self) -> tuple[str, float] | None:
        try:
            return (current.token if (current := holder(self.path)) else ""), self.path.stat().st_mtime
        except OSError:
            return None
