"""Import the libraries once per run, not once per step.

Each step of the workflow is a process of its own, and importing TensorFlow takes seconds. A *warm* process imports the
libraries of a kind of step, and forks for each step. ``python -m practica`` hands its work over to it and waits: the
fork writes to the same files, receives the same signals, and is killed with the command. If it crashes, only one step
is lost.

Only a Snakemake that runs its jobs on this machine offers it (`offer`). A step does its work itself if there is no
offer, if the warm process fails, or if the code has changed since the warm process started.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import select
import signal
import socket
import struct
import sys

TYPE_CHECKING = False  # that of typing: every step imports this module, so the rest is imported where it is needed
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

OFFER = "PRACTICA_WARM"
"""Environment variable: the process that offers, and the folder of the sockets, as ``PID:FOLDER``."""
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("models", "rehearse", "train", "train-trials", "measure"), "training"),
    **dict.fromkeys(("collect", "statistics", "claims", "figure", "table", "trials", "page", "paper"), "evidence"),
}
"""The libraries that each command needs, if sharing them pays off; other commands start quickly, or run once."""
OWN = ("_", "PWD", "OLDPWD", "SHLVL", "TMPDIR", "TMP", "TEMP", "TEMPDIR")
"""Variables that differ between shells or steps and have no effect on what is imported."""
THREADS = (
    *(f"{library}_NUM_THREADS" for library in ("OMP", "MKL", "OPENBLAS", "GOTO", "NUMEXPR")),
    "VECLIB_MAXIMUM_THREADS",
)
"""Variables that Snakemake sets to the threads of a job's rule, which may be for processes of a thread each."""
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
NUMBER = struct.Struct("!q")
REFUSED = 0
"""The answer in place of a process id: do the work yourself."""


def offer() -> None:
    """Let the steps that this process starts from now on share their imports, until it ends."""
    if OFFER in os.environ or not hasattr(os, "pidfd_open"):
        return
    import atexit
    import tempfile

    folder = tempfile.mkdtemp(prefix="practica-warm-")
    os.environ[OFFER] = f"{os.getpid()}:{folder}"
    atexit.register(_withdraw, os.getpid(), folder)


def _withdraw(owner: int, folder: str) -> None:
    import shutil

    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def start_for(commands: Iterable[tuple[str, int]]) -> None:
    """Start the warm processes that these commands need, one after the other, beside what comes before the commands.

    Only those of one thread, as nearly all steps have: with other threads the same libraries stay in memory again.
    """
    from threading import Thread

    environment = {**dict.fromkeys(THREADS, "1"), **_environment("1")}
    kinds = {KINDS[command] for command, threads in commands if command in KINDS and threads == 1}

    def start(owner: int, folder: str) -> None:
        for kind in sorted(kinds, reverse=True):  # training comes first
            need = [kind, "--threads", "1"]
            with contextlib.suppress(OSError), _connected(need, environment, owner, folder) as connection:
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)  # it hangs up when it has imported everything

    if offered := _offered():
        Thread(target=start, args=offered, daemon=True).start()


def _offered() -> tuple[int, str] | None:
    """Return the process that offers warm ones, and the folder of their sockets, if there is an offer."""
    owner, _, folder = os.environ.get(OFFER, "").partition(":")
    return (int(owner), folder) if owner else None


def hand_over(arguments: Sequence[str]) -> int | None:
    """Have a command done by a warm process, if one is offered for it.

    Returns:
        The exit code of the command; None if it has to be done here.
    """
    kind, offered = KINDS.get(arguments[0]) if arguments else None, _offered()
    if kind is None or offered is None:
        return None
    owner, folder = offered
    threads = _threads(arguments)
    environment = _environment(threads)
    try:
        with _connected([kind, "--threads", threads], environment, owner, folder) as connection:
            return done_there(connection, arguments, environment)
    except OSError:
        return None


@contextlib.contextmanager
def _connected(need: Sequence[str], environment: Mapping[str, str], owner: int, folder: str) -> Iterator[socket.socket]:
    """Connect to the warm process for these needs, environment and folder; start it if there is none."""
    address = f"{folder}/{_digest(need, environment)}"
    with socket.socket(socket.AF_UNIX) as connection:
        with open(f"{address}.lock", "w") as lock:  # noqa: PTH123
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(address):  # noqa: PTH110
                _start(need, environment, owner, address)
            connection.connect(address)  # refused if it has failed, and it would fail again
        yield connection


def _threads(arguments: Sequence[str]) -> str:
    """Return how many threads a command may use: libraries read this when they are imported."""
    return arguments[arguments.index("--threads") + 1] if "--threads" in arguments[:-1] else "1"


def _digest(need: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return a digest of what a process needs and of what it inherits from where it starts."""
    variables = sorted((name, value) for name, value in environment.items() if name not in OWN)
    here = os.getcwd()  # noqa: PTH109, pathlib takes as long to import as all of this module
    return hashlib.sha256(json.dumps([*need, sys.executable, here, variables]).encode()).hexdigest()[:16]


ORPHAN = "import os, sys; os.fork() or os.execv(sys.argv[1], sys.argv[1:])"
"""A program that starts a command and ends at once."""


def _start(need: Sequence[str], environment: Mapping[str, str], owner: int, address: str) -> None:
    """Start a warm process that listens at the address at once, and answers when everything is imported.

    It is nobody's child: Snakemake ends its children when it is told to end, and a warm process has to wait for its
    forks, which stop with a checkpoint.
    """
    import subprocess

    with socket.socket(socket.AF_UNIX) as listener, open(f"{address}.log", "w") as log:  # noqa: PTH123
        listener.bind(address)
        listener.listen(128)
        command = [sys.executable, "-m", "practica", "warm", *need, str(owner), str(listener.fileno()), address]
        # Detach it from the terminal: each command passes Ctrl-C on to its own fork.
        subprocess.run(
            [sys.executable, "-ISc", ORPHAN, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[listener.fileno()],
            start_new_session=True,
            check=False,
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
    return {name: threads if name in THREADS else value for name, value in os.environ.items() if name != OFFER}


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
