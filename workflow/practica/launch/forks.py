"""The warm process of `practica.launch.warm`: it has imported the libraries of steps, and forks for each step."""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from practica.launch.warm import FORWARDED, NUMBER, REFUSED

IDLE = 60.0
"""Seconds without work after which a warm process ends."""
USUAL: dict[int, Any] = {signal.SIGINT: signal.default_int_handler}
"""Python's own signal handlers at start-up, where they differ from the system's defaults."""


class QuickEnd:
    """End a fork as soon as its command has: to take TensorFlow apart takes longer than many a step.

    Create it before the libraries are imported: what is registered first is called last, when threads have ended and
    the libraries have cleaned up. It does nothing in a process that has not used it as a context, or if its command
    ends with anything but an exit code.
    """

    def __init__(self) -> None:
        self._code: int | None = None
        atexit.register(self._leave)

    def __enter__(self) -> None:
        """Nothing is to be done before the command."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep the exit code of a command that ends with one."""
        if isinstance(error, SystemExit) and isinstance(error.code, int):
            self._code = error.code

    def _leave(self) -> None:
        if self._code is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self._code)


class Forks:
    """Fork for each command that arrives, until the owner has gone or no command has come for a while.

    Args:
        owner: the process that offers this service.
        descriptor: of the socket at which commands arrive.
        address: the file of that socket; it is removed when no more commands are accepted.
        code: folders of the imported code; once it changes, commands have to do their work themselves.
        ahead: called with a command's arguments before its fork, to do what later forks need not do again.
    """

    def __init__(
        self,
        owner: int,
        descriptor: int,
        address: Path,
        code: Sequence[Path],
        ahead: Callable[[Sequence[str]], object] = lambda _: None,
    ) -> None:
        self._listener = socket.socket(fileno=descriptor)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._fork)
        self._selector.register(os.pidfd_open(owner), selectors.EVENT_READ, self._close)
        self._address, self._folders, self._ahead = address, code, ahead
        self._code = self._stamps()
        self._open = True
        self._steps = 0

    def serve(self) -> list[str] | None:
        """Serve; return the arguments in each fork, which then is the command's own process, and None at the end."""
        gc.collect()
        gc.freeze()  # imported modules stay, and so do their shared pages
        while self._open or self._steps:
            events = self._selector.select(None if self._steps else IDLE)
            if not events:
                self._close()
            for key, _ in events:
                arguments = key.data()
                if arguments is not None:
                    return arguments
        return None

    def _close(self) -> None:
        """Accept no more commands; later ones do their own work."""
        for key in list(self._selector.get_map().values()):
            if key.data in (self._fork, self._close):
                self._selector.unregister(key.fileobj)
        self._address.unlink(missing_ok=True)
        self._listener.close()
        self._open = False

    def _stamps(self) -> list[tuple[str, int]]:
        """Return the files of the code, each with the time of its last change."""
        stamps, folders = [], [*map(str, self._folders)]
        while folders:
            with os.scandir(folders.pop()) as entries:  # four times as fast as pathlib
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.name.endswith(".py") and entry.is_file():
                        stamps.append((entry.path, entry.stat().st_mtime_ns))
        return sorted(stamps)

    def _fork(self) -> list[str] | None:
        connection, _ = self._listener.accept()
        request = _received(connection)
        if request is None:
            connection.close()
            return None
        content, files = request
        if self._code != self._stamps():
            connection.sendall(NUMBER.pack(REFUSED))
            connection.close()
            self._close()
            process = -1
        else:
            self._ahead(content["arguments"])
            process = os.fork()
        if process == 0:
            connection.close()
            return self._begin(content, files)
        for file in files:
            os.close(file)
        if process > 0:
            connection.sendall(NUMBER.pack(process))
            self._watch(process, connection)
        return None

    def _watch(self, process: int, connection: socket.socket) -> None:
        """Tell the command how its fork ended; kill the fork if the command is killed."""
        end = os.pidfd_open(process)
        self._steps += 1

        def ended() -> None:
            _, status = os.waitpid(process, 0)
            with contextlib.suppress(OSError):
                connection.sendall(NUMBER.pack(status))
            for each in (end, connection):
                with contextlib.suppress(KeyError):
                    self._selector.unregister(each)
            os.close(end)
            connection.close()
            self._steps -= 1

        def hang_up() -> None:
            if connection.fileno() >= 0:  # otherwise it has ended in the meantime
                self._selector.unregister(connection)
                os.kill(process, signal.SIGKILL)

        self._selector.register(end, selectors.EVENT_READ, ended)
        self._selector.register(connection, selectors.EVENT_READ, hang_up)

    def _begin(self, content: dict[str, Any], files: list[int]) -> list[str]:
        """Turn this fork into the process that its command would have been."""
        os.setpgid(0, 0)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close() if isinstance(key.fileobj, socket.socket) else os.close(key.fd)
        self._selector.close()
        for place, file in enumerate(files):
            os.dup2(file, place)
            os.close(file)
        for number in FORWARDED:
            signal.signal(number, signal.SIG_IGN if number in content["ignored"] else USUAL.get(number, signal.SIG_DFL))
        os.environ.clear()
        os.environ.update(content["environment"])
        tempfile.tempdir = None  # the folder that its environment names
        sys.argv[1:] = content["arguments"]
        return content["arguments"]


def _received(connection: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Return a command's request, and its standard input, output and error; None if it has gone."""
    size, files, _, _ = socket.recv_fds(connection, NUMBER.size, 3)
    length = NUMBER.unpack(size)[0] if len(size) == NUMBER.size else 0
    body = b""
    while len(body) < length and (part := connection.recv(length - len(body))):
        body += part
    if not length or len(body) < length:
        for file in files:
            os.close(file)
        return None
    return json.loads(body), files
