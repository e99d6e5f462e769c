"""Show the progress of a training: a progress bar in a terminal, an occasional line in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from practica.files import say
from practica.jobs.history import RUN

if TYPE_CHECKING:
    from practica.training.record import History

EVERY = 10.0
"""Seconds between two lines; the end of a run is always reported."""
LONG = 30.0
"""Seconds of a point beside which compiling a graph counts for little."""
SMALL = 0.001
"""A smaller value, such as the error of a net that predicts well, is written as a power of ten."""

Tell = Callable[[Mapping[str, Any]], None]
"""Called with the progress of a block, as in its ``progress.json``."""


def epoch_line(progress: Mapping[str, Any], *, speed: bool = True) -> str:
    """Return one line about the last point of the history, with the time that is left where the speed is known."""
    value = progress["value"]
    text = f"{value:.2e}" if 0 < abs(value) < SMALL else f"{value:.4f}"
    line = f"{run_text(progress)}: epoch {progress['epoch']}/{progress['epochs']}, {progress['metric']} {text}"
    remaining = seconds_left(progress)
    if remaining is None:
        return line
    each = f"{seconds(progress['seconds_per_epoch'])} an epoch, " if speed else ""
    return f"{line} ({each}{duration(remaining)} left)"


def pace(record: History, *, first: bool) -> float | None:
    """Return the seconds of an epoch at a run's last point, or None if they say nothing of the epochs to come.

    The ``first`` point of a process has waited for its graph to be compiled, which is most of the time of a short one.
    """
    if first and record.point_seconds < LONG:
        return None
    return record.point_seconds / epochs_of_last(record)


def epochs_of_last(record: History, points: int = 1) -> int:
    """Return the epochs of the last points of a run."""
    return record.done - (record.epochs[-points - 1] if len(record.epochs) > points else 0)


def run_text(progress: Mapping[str, Any]) -> str:
    """Return a name for what is being trained: a seed, a fold of it, or several runs at once."""
    together = progress.get("runs_at_once", 1)
    match = RUN.fullmatch(str(progress["run"]))
    if together > 1 or not match:
        return f"{together} run{'s' * (together != 1)}"
    seed, fold = match.groups()
    return f"seed {seed}" if fold is None else f"seed {seed}, fold {fold}"


def seconds_left(progress: Mapping[str, Any]) -> float | None:
    """Return an estimate of the seconds for all remaining runs of a block; None while their speed is unknown."""
    if progress["seconds_per_epoch"] is None:
        return None
    together = progress.get("runs_at_once", 1)
    others = max(0, progress["runs"] - progress["runs_done"] - together) / together
    epochs = others * progress["epochs"] + progress["epochs"] - progress["epoch"]
    return max(0.0, float(epochs * progress["seconds_per_epoch"]))


def duration(seconds: float) -> str:
    """Return a time as people write it: ``45 s``, ``12 min``, ``3 h 05 min``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def seconds(time: float) -> str:
    """Return a time as people read it, without an exponent: in seconds, or in milliseconds."""
    if time < 0.1:
        return f"{1000 * time:.3g} ms"
    return f"{time:.3g} s" if time < 100 else f"{time:.0f} s"


@contextmanager
def telling(block: str) -> Iterator[Tell]:
    """Yield a function to call with the progress of a block while it is trained."""
    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines(block)
        return
    columns = ("{task.percentage:3.0f} %", "{task.fields[said]}")
    bar = Progress(TextColumn(block), BarColumn(), *map(TextColumn, columns), console=console, transient=True)
    with bar:
        console.show_cursor()  # a killed process could not restore it
        task = bar.add_task(block, total=None, said="")

        def tell(progress: Mapping[str, Any]) -> None:
            together = progress.get("runs_at_once", 1)
            epochs_done = progress["runs_done"] * progress["epochs"] + together * progress["epoch"]
            total = progress["runs"] * progress["epochs"]
            bar.update(task, total=total, completed=epochs_done, said=epoch_line(progress, speed=False))
            if progress["epoch"] >= progress["epochs"]:
                bar.console.print(f"{block}: {epoch_line(progress)}", markup=False, highlight=False)

        yield tell


class _Lines:
    def __init__(self, block: str) -> None:
        self._block = block
        self._last = 0.0

    def __call__(self, progress: Mapping[str, Any]) -> None:
        if time.monotonic() - self._last >= EVERY or progress["epoch"] >= progress["epochs"]:
            self._last = time.monotonic()
            say(f"{self._block}: {epoch_line(progress)}")
