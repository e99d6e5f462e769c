"""Print the lines of a run and, at a terminal, a block below them with the running jobs.

In a log, an occasional line replaces the block. What is shown about a training comes from the files of its job.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from practica.config.block import Block
from practica.config.study import Study
from practica.errors import InputError
from practica.jobs.progress import duration
from practica.jobs.status import RUNNING, WAITING, Status, status_of
from practica.jobs.status_table import sparkline
from practica.launch.notices import STALL, notify
from practica.plan.outlook import seconds_to_go

HEARTBEAT = 60.0
"""Seconds between two lines of a log about the running jobs."""
LOOK = 3.0
"""Seconds between two looks at the files of jobs, for the block at a terminal."""
DRAW = 0.25
"""Seconds between two updates of the block."""
OUTLOOK = 30.0
"""Seconds between two estimates of the time that is left."""
ROWS = 8
"""Most running jobs in the block: those that began first."""


@dataclass
class Work:
    """The state of the run: running and failed jobs by number, and how many jobs are done and in all.

    ``trainings`` counts those that are not done.
    """

    total: int = 0
    done: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    trainings: int = 0
    jobs: dict[int, Job] = field(default_factory=dict)
    most_at_once: int = 1

    @property
    def waiting(self) -> int:
        """Return how many jobs have not begun."""
        return max(0, self.total - self.done - len(self.jobs) - len(self.failed))


@dataclass(frozen=True, eq=False)
class Job:
    """A running job; for a training, also its block and its folder of results."""

    title: str
    begin: float
    block: Block | None = None
    results: Path = Path()


class Display:
    """Print lines, and show the running jobs."""

    def __init__(
        self, stream: TextIO, work: Work, studies: Sequence[Study], *, colour: bool = True, quiet: bool = False
    ) -> None:
        self._console = Console(file=stream, no_color=not colour or None, highlight=False)
        self._work, self._studies, self._quiet = work, studies, quiet
        self._looks: list[tuple[Job, Status | None]] = []
        self._seconds_left: float | None = None
        self._last_outlook = float("-inf")
        self._begin = time.monotonic()
        self._last_move, self._stalled = self._begin, False
        self._last: tuple[object, ...] = ()
        self._over = threading.Event()
        self._live: Live | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_live(self) -> bool:
        """Return whether there is a terminal that can show a block, and is to show it."""
        return not self._quiet and self._console.is_terminal and not self._console.is_dumb_terminal

    @property
    def seconds(self) -> float:
        """Return the time since the run began [s]."""
        return time.monotonic() - self._begin

    def say(self, text: str, style: str = "") -> None:
        """Print a line that stays, above the block."""
        self._console.print(Text(text, style=style), soft_wrap=True)

    def begin(self) -> None:
        """Begin to show the running jobs."""
        self._begin = self._last_move = time.monotonic()
        if self.is_live:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
            self._console.show_cursor()  # a killed process cannot restore it
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop showing the running jobs."""
        self._over.set()
        if self._thread:
            self._thread.join(LOOK)
        if self._live:
            self._live.stop()
            self._live = None

    def _go_on(self) -> None:
        last_look, last_heartbeat = float("-inf"), time.monotonic()
        while not self._over.wait(DRAW if self._live else 1.0):
            now = time.monotonic()
            due = self._live is not None or now - last_heartbeat >= HEARTBEAT
            self._see_stall(now)
            if due and now - last_look >= LOOK:
                last_look = now
                self._look()
            if self._live:
                self._live.update(self._picture(), refresh=True)
            elif due and not self._quiet:
                last_heartbeat = now
                self.say(self._heartbeat())

    def _look(self) -> None:
        """Read the files of the running jobs; what cannot be read now may be readable later."""
        jobs = list(self._work.jobs.values())
        with suppress(OSError, ValueError, InputError):
            self._looks = [(job, status_of(job.block, job.results, {}) if job.block else None) for job in jobs]
        if not self._work.trainings:
            self._seconds_left = None
        elif self._studies and time.monotonic() - self._last_outlook > OUTLOOK:
            self._last_outlook = time.monotonic()
            with suppress(OSError, ValueError, InputError):
                self._seconds_left = self._reckon(self._studies[0])

    def _see_stall(self, now: float) -> None:
        """Send a notice once if the run stalls: no job begins or ends, and no training reaches another epoch."""
        if self._has_moved(now) or self._stalled or not self._studies:
            return
        minutes = float(self._studies[0].config["notify"]["stalled_minutes"])
        if now - self._last_move >= 60 * minutes:
            self._look()  # in a log, the last look may be a while ago
            if not self._has_moved(now):
                self._stalled = True
                self.tell(STALL, f"nothing has moved for {duration(60 * minutes)}; {self._heartbeat()}")

    def _has_moved(self, now: float) -> bool:
        work = self._work
        state = (
            work.done,
            list(work.failed),
            list(work.jobs),
            *((s.id, s.runs_done, s.epoch) for _, s in self._looks if s),
        )
        if state == self._last:
            return False
        self._last_move, self._last, self._stalled = now, state, False
        return True

    def tell(self, event: str, message: str) -> None:
        """Notify those whom the configuration names."""
        if self._studies:
            text = f"practica in {Path.cwd().name}: {message}"
            for sentence in notify(self._studies[0].config["notify"], event, text):
                self.say(sentence, "yellow")

    def _reckon(self, study: Study) -> float | None:
        """Return how long the trainings still take [s]; None if unknown, as when only some will run."""
        at_work = {status.id for _, status in self._looks if status}
        rows = [replace(status, state=RUNNING) for _, status in self._looks if status]
        to_come = [block for block in study.blocks() if block.id not in at_work]
        missing = [
            block for block in to_come if not (block.folder(study.results) / "metrics.json").is_file()
        ] or to_come
        waiting = max(0, self._work.trainings - len(at_work))
        if waiting and waiting + len(self._work.failed) < len(missing):
            return None
        rows += [Status(b.exercise, b.variant, b.name, WAITING, b.runs) for b in missing]
        return seconds_to_go(study, rows, self._work.most_at_once, waiting)

    def _counts(self) -> str:
        work = self._work
        failed = f", {len(work.failed)} failed" if work.failed else ""
        return f"{work.done} of {work.total} done, {len(work.jobs)} running, {work.waiting} waiting{failed}"

    def _heartbeat(self) -> str:
        """Return a line about the running jobs."""
        parts = [f"[{datetime.now():%H:%M}] {self._counts()}"]
        running = [status for _, status in self._looks if status and status.seconds_left is not None]
        if running:
            slowest = max(running, key=lambda status: status.seconds_left or 0.0)
            parts.append(f"slowest: {slowest.id}, {_how_far(slowest)}")
        elif self._looks:
            longest = min(self._looks, key=lambda each: each[0].begin)[0]
            parts.append(f"longest: {longest.title}, for {duration(time.monotonic() - longest.begin)}")
        if self._seconds_left:
            parts.append(f"all trainings: about {duration(self._seconds_left)} left")
        return "; ".join(parts)

    def _picture(self) -> Group:
        table = Table.grid(padding=(0, 1))
        for justify in ("left", "right", "left"):
            table.add_column(no_wrap=True, overflow="ellipsis", justify=justify)
        table.add_column()  # in a narrow terminal, this one has several lines, and nothing is cut
        statuses, jobs = dict(self._looks), list(self._work.jobs.values())
        jobs.sort(key=lambda job: job.begin)
        for job in jobs[:ROWS]:
            status = statuses.get(job)
            has_point = status is not None and status.value is not None
            progress = _how_far(status) if status and has_point else ""
            curve = sparkline(status.curve) if status else ""
            table.add_row(job.title, duration(time.monotonic() - job.begin), Text(curve, style="cyan"), progress)
        more = [Text(f"and {len(jobs) - ROWS} more running", style="dim")] if len(jobs) > ROWS else []
        forecast = f"; trainings: about {duration(self._seconds_left)} left" if self._seconds_left else ""
        return Group(Text(f"{self._counts()}, for {duration(self.seconds)}{forecast}", style="bold"), table, *more)


def _how_far(status: Status) -> str:
    """Return the progress of a training in words."""
    run = min(status.runs, status.runs_done + 1)
    runs = f"run {run}/{status.runs}, " if status.runs_at_once < status.runs > 1 else ""
    value = "" if status.value is None else f"{status.metric} {status.value:.3g}, "
    remaining = f"{duration(status.seconds_left)} left" if status.seconds_left is not None else ""
    return f"{runs}epoch {status.epoch}/{status.epochs}, {value}{remaining}"
