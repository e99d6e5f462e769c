"""Run a command in a process of its own and measure it from outside: wall time including its start, and peak memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK = 0.02
"""Seconds between two looks at what a process has written."""


class MeasurementError(Exception):
    """A measured command failed or took too long."""


@dataclass(frozen=True)
class Measured:
    """The cost of a process.

    Attributes:
        seconds: from its start to its end.
        peak_mb: the largest resident memory, its own or that of a process it started and waited for; at least that of
            the measuring process, because Linux also counts what a process was before it became the command.
        output: what it printed.
    """

    seconds: float
    peak_mb: float
    output: str


def measure(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, limit: float) -> Measured:
    """Run ``command`` and return its cost; it is killed after ``limit`` seconds.

    Raises:
        MeasurementError: it failed or took too long; the message ends with its last output.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            words, env=dict(env), cwd=cwd, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        late = threading.Event()

        def kill() -> None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

        def expire() -> None:
            late.set()
            kill()

        timer = threading.Timer(limit, expire)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            kill()
            process.wait()
            raise
        finally:
            timer.cancel()
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if late.is_set():
        raise MeasurementError(f"over {limit:.0f} s: {_short(words)}")
    if process.returncode:
        raise MeasurementError(f"exit code {process.returncode}: {_short(words)}\n{text[-2000:]}")
    return Measured(seconds, usage.ru_maxrss / 1024, text)


def measure_until(
    command: Sequence[str | Path], reached: Callable[[], bool], *, env: Mapping[str, str], cwd: Path, limit: float
) -> Measured:
    """Run ``command`` until ``reached`` says so, kill it, and return its cost from its start to that moment.

    Raises:
        MeasurementError: it ended before, or took too long; the message ends with its last output.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            words, env=dict(env), cwd=cwd, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        why = ""
        try:
            while not reached() and not why:
                if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    why = "" if reached() else "it ended before it was there"
                    break
                if time.perf_counter() - start > limit:
                    why = f"over {limit:.0f} s"
                time.sleep(LOOK)
            seconds = time.perf_counter() - start
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if why:
        raise MeasurementError(f"{why}: {_short(words)}\n{text[-2000:]}")
    return Measured(seconds, usage.ru_maxrss / 1024, text)


def interrupt(
    command: Sequence[str | Path],
    number: int,
    when: Callable[[], bool],
    *,
    env: Mapping[str, str],
    cwd: Path,
    limit: float,
) -> float:
    """Run ``command``, send it a signal once ``when`` says so, and return the seconds from its start to its end.

    Raises:
        MeasurementError: it ended before, or took too long.
    """
    words = [str(word) for word in command]
    start = time.perf_counter()
    process = subprocess.Popen(
        words, env=dict(env), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while not when():
            if process.poll() is not None:
                raise MeasurementError(f"it ended before it was stopped: {_short(words)}")
            if time.perf_counter() - start > limit:
                raise MeasurementError(f"over {limit:.0f} s: {_short(words)}")
            time.sleep(0.05)
        process.send_signal(number)
        process.wait(limit)
        return time.perf_counter() - start
    except subprocess.TimeoutExpired as error:
        raise MeasurementError(f"over {limit:.0f} s after signal {number}: {_short(words)}") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _short(words: Sequence[str]) -> str:
    return " ".join(word if len(word) < 60 else f"{word[:57]}..." for word in words)
