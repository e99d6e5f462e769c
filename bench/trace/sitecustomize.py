"""Record when each Python process of a traced run began and ended, and its command line; put this folder on PYTHONPATH.

Quick, because it runs at the start of every process: it imports only what Python itself has loaded.
"""

import atexit
import os
import sys
import time


def _began() -> float:
    """Return when this process began, in seconds since the machine started."""
    with open("/proc/self/stat", encoding="ascii") as stat:  # noqa: PTH123
        ticks = int(stat.read().rsplit(")", 1)[1].split()[19])
    return ticks / os.sysconf("SC_CLK_TCK")


def _note(path: str, start: float, process: int) -> None:
    if os.getpid() != process:  # a fork: the command that it works for lives as long, and notes itself
        return
    end = time.clock_gettime(time.CLOCK_BOOTTIME)
    words = [word.replace("\t", " ").replace("\n", " ") for word in sys.orig_argv[1:5]]
    line = "\t".join([f"{start:.3f}", f"{end:.3f}", *words]) + "\n"
    # One write of a short line to a file opened for appending is not torn by other processes.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode())
    os.close(descriptor)


if "BENCH_TRACE" in os.environ:
    atexit.register(_note, os.environ["BENCH_TRACE"], _began(), os.getpid())
