"""Import the libraries once per run, not once per step.

Each step of the workflow is a process of its own, and importing TensorFlow takes seconds. A *warm* process imports the
libraries of a kind of step, and forks for each step. ``python -m practica`` hands its work over to it and waits: the
fork writes to the same files, receives the same signals, and is killed with the command. If it crashes, only one step
is lost.

Only a Snakemake that runs its jobs on this machine offers it (`offer`). A step does its work itself if there is no
offer, if the warm process fails, or if the code has changed since the warm process started.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

OFFER = "PRACTICA_WARM"
"""Environment variable: the process that offers, and the folder of the sockets, as ``PID:FOLDER``."""
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("models", "rehearse", "train", "train-trials", "measure"), "training"),
    **dict.fromkeys(("collect", "statistics", "claims", "figure", "table", "trials", "page", "paper"), "evidence"),
}
"""The libraries that each command needs, if sharing them pays off; other commands start quickly, or run once."""
OWN = ("_", "PWD", "OLDPWD", "SHLVL")
"""Variables that differ between shells and have no effect."""
THREADS = re.compile("(OMP|MKL|OPENBLAS|GOTO|NUMEXPR)_NUM_THREADS|VECLIB_MAXIMUM_THREADS")
"""Variables that Snakemake sets to the threads of a job's rule, which may be for processes of a thread each."""
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
NUMBER = struct.Struct("!q")
REFUSED = 0
"""The answer in place of a process id: do the work yourself."""


def offer() -> None:
    """Let the steps that this process starts from now on share their imports, until it ends."""
    if OFFER in os.environ or not hasattr(os, "pidfd_open"):
        return
    folder = tempfile.mkdtemp(prefix="practica-warm-")
    os.environ[OFFER] = f"{os.getpid()}:{folder}"
    atexit.register(_withdraw, os.getpid(), folder)


def _withdraw(owner: int, folder: str) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def hand_over(arguments: Sequence[str]) -> int | None:
    """Have a command done by a warm process, if one is offered for it.

    Returns:
        The exit code of the command; None if it has to be done here.
    """
    kind, address = KINDS.get(arguments[0]) if arguments else None, os.environ.get(OFFER)
    if kind is None or not address:
        return None
    owner, folder = address.split(":", 1)
    threads = _threads(arguments)
    environment = _environment(threads)
    try:
        with _connected([kind, "--threads", threads], environment, int(owner), Path(folder)) as connection:
            return done_there(connection, arguments, environment)
    except OSError:
        return None


@contextlib.contextmanager
def _connected(
    need: Sequence[str], environment: Mapping[str, str], owner: int, folder: Path
) -> Iterator[socket.socket]:
    """Connect to the warm process for these needs, environment and folder; start it if there is none."""
    address = folder / _digest(need, environment)
    with socket.socket(socket.AF_UNIX) as connection, (folder / f"{address.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            _start(need, environment, owner, address)
        connection.connect(str(address))  # refused if it has failed, and it would fail again
        fcntl.flock(lock, fcntl.LOCK_UN)
        yield connection


def _threads(arguments: Sequence[str]) -> str:
    """Return how many threads a command may use: libraries read this when they are imported."""
    return arguments[arguments.index("--threads") + 1] if "--threads" in arguments[:-1] else "1"


def _digest(need: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return a digest of what a process needs and of what it inherits from where it starts."""
    variables = sorted((name, value) for name, value in environment.items() if name not in OWN)
    return hashlib.sha256(json.dumps([*need, sys.executable, str(Path.cwd()), variables]).encode()).hexdigest()[:16]


def _start(need: Sequence[str], environment: Mapping[str, str], owner: int, address: Path) -> None:
    """Start a warm process that listens at the address at once, and answers when everything is imported."""
    with socket.socket(socket.AF_UNIX) as listener, address.with_suffix(".log").open("w") as log:
        listener.bind(str(address))
        listener.listen(128)
        command = [sys.executable, "-m", "practica", "warm", *need, str(owner), str(listener.fileno()), str(address)]
        # Detach it from the terminal: each command passes Ctrl-C on to its own fork.
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )


class _Signals:
    """The signals that tell a command to end; it passes them on to its fork, as soon as there is one."""

    def __init__(self) -> None:
        self._before = {number: signal.getsignal(number) for number in FORWARDED}
        self.ignored = [number for number, handler in self._before.items() if handler is signal.SIG_IGN]
        self._process: int | None = None
        self._early: list[int] = []
        for number in set(FORWARDED) - set(self.ignored):
            signal.signal(number, self._pass_on)

    def go_to(self, process: int) -> None:
        """Pass every signal on to the fork, first those that came early."""
        self._process = process
        for early in self._early:
            self._pass_on(early, None)

    def wait(self, connection: socket.socket) -> None:
        """Wait until something arrives, and pass signals on at once: also one that comes just before a call blocks."""
        reader, writer = socket.socketpair()
        with reader, writer:
            for end in (reader, writer):
                end.setblocking(False)
            signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
            try:
                while connection not in select.select([connection, reader], [], [])[0]:
                    reader.recv(len(FORWARDED))
            finally:
                signal.set_wakeup_fd(-1)

    def stay(self) -> None:
        """Let this process receive them again."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        for early in self._early:
            os.kill(os.getpid(), early)

    def _pass_on(self, number: int, frame: Any) -> None:
        if self._process is None:
            self._early.append(number)
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, number)


def done_there(connection: socket.socket, arguments: Sequence[str], environment: Mapping[str, str]) -> int | None:
    """Send the command, pass signals on until it ends, and return its exit code; None if it was refused."""
    signals = _Signals()
    request = {"arguments": list(arguments), "environment": dict(environment), "ignored": signals.ignored}
    try:
        _send(connection, request)
        process = _number(connection)
    except OSError:
        process = REFUSED
    if process in (None, REFUSED):
        signals.stay()
        return None
    signals.go_to(process)
    signals.wait(connection)
    status = _number(connection)
    if status is None:  # the warm process, which would report how it ended, is gone
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        return 1
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status)


def _environment(threads: str) -> dict[str, str]:
    """Return the environment of a command that may use so many threads."""
    return {name: threads if THREADS.fullmatch(name) else value for name, value in os.environ.items() if name != OFFER}


def _send(connection: socket.socket, request: Mapping[str, Any]) -> None:
    body = json.dumps(request).encode()
    socket.send_fds(connection, [NUMBER.pack(len(body))], [0, 1, 2])
    connection.sendall(body)


def _number(connection: socket.socket) -> int | None:
    """Return the next number; None if the other side has gone."""
    try:
        content = connection.recv(NUMBER.size, socket.MSG_WAITALL)
    except ConnectionError:
        return None
    return NUMBER.unpack(content)[0] if len(content) == NUMBER.size else None
