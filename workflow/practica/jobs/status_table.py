"""Show the status of all blocks as a table in the terminal, once or continuously."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from practica.jobs.status import DONE, FAILED, QUEUED, RUNNING, STATES, STOPPED, Status
from practica.jobs.telling import duration, seconds

STYLES = {DONE: "green", RUNNING: "cyan", QUEUED: "blue", STOPPED: "yellow", FAILED: "red"}
NARROWEST = 130
"""Width of a table that is not shown in a terminal, in columns."""
BARS = "▁▂▃▄▅▆▇█"
WIDTH = 10
"""Characters of a curve."""


def show(
    rows: Sequence[Status], *, attempts: bool = False, left: float | None = None, console: Console | None = None
) -> None:
    """Print one line per block and a count of the states; with ``attempts``, one line per attempt.

    ``left`` are the estimated seconds until everything is done, if there is an estimate.
    """
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=max(NARROWEST, console.width))
    console.print(_attempts(rows) if attempts else _blocks(rows))
    console.print(Text(sums(rows, left)))


def watch(look: Callable[[], tuple[Sequence[Status], float | None]], every: float, console: Console) -> None:
    """Show the table again and again until nothing runs or is left to run, or somebody presses Ctrl-C.

    If the table is longer than the terminal, blocks that are done or waiting are left out.
    """
    with Live(console=console, auto_refresh=False, screen=False, vertical_overflow="crop") as live:
        while True:
            rows, left = look()
            live.update(_fitted(rows, left, console.height), refresh=True)
            if not any(row.state in (RUNNING, QUEUED) for row in rows) and not left:
                return
            time.sleep(every)


def sparkline(values: Sequence[float]) -> str:
    """Return the last values of a curve as bars, scaled between their smallest and largest value."""
    recent = values[-WIDTH:]
    low, high = min(recent, default=0.0), max(recent, default=0.0)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((value - low) * scale)] for value in recent)


def _fitted(rows: Sequence[Status], left: float | None, height: int) -> RenderableType:
    """Return a table that fits the terminal."""
    room = height - 5 - len({row.exercise for row in rows})
    visible = rows if len(rows) <= room else [row for row in rows if row.state not in (DONE,)]
    if len(visible) > room:
        visible = [row for row in visible if row.state in (RUNNING, QUEUED, FAILED, STOPPED)][: max(room, 1)]
    hidden = len(rows) - len(visible)
    more = [Text(f"and {hidden} more: python -m practica status", style="dim")] if hidden else []
    return Group(_blocks(visible, rows), *more, Text(sums(rows, left)))


def sums(rows: Sequence[Status], left: float | None) -> str:
    """Return how many blocks are in each state, and when everything will be done, if there is an estimate."""
    counts = Counter(row.state for row in rows)
    text = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state]) or "nothing to run"
    if left:
        end = datetime.now().astimezone() + timedelta(seconds=left)
        day = "" if end.date() == datetime.now().astimezone().date() else f"{end:%a %d %b} "
        text += f"; about {duration(left)} left, to {day}{end:%H:%M}"
    return text


def _blocks(rows: Sequence[Status], every: Sequence[Status] | None = None) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("block", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("runs", "epoch", "validation"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for name in ("an epoch", "left", "attempts"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", ratio=1, overflow="fold")
    for exercise, members in groupby(rows, key=lambda row: row.exercise):
        rows_of_exercise = list(members)
        of_exercise = [row for row in every or rows if row.exercise == exercise]
        for row in rows_of_exercise:
            table.add_row(
                f"{row.id}{' (by hand)' if row.by_hand else ''}",
                Text(row.state, style=STYLES.get(row.state, "")),
                f"{row.runs_done}/{row.runs}",
                f"{row.epoch}/{row.epochs}",
                "" if row.value is None else f"{row.metric} {row.value:.4g}",
                sparkline(row.curve),
                "" if row.seconds_per_epoch is None else seconds(row.seconds_per_epoch),
                duration(row.seconds_left) if row.seconds_left else "",
                str(len(row.attempts) or ""),
                Text(row.reason),
            )
        if len(of_exercise) > 1 and len({row.exercise for row in every or rows}) > 1:
            table.add_row(*_subtotal(exercise, of_exercise), style="dim", end_section=True)
    return table


def _subtotal(exercise: str, rows: Sequence[Status]) -> tuple[str, ...]:
    done = sum(row.state == DONE for row in rows)
    runs = f"{sum(row.runs_done for row in rows)}/{sum(row.runs for row in rows)}"
    left = sum(row.seconds_left or 0.0 for row in rows)
    return f"{exercise}:", f"{done}/{len(rows)} done", runs, "", "", "", "", duration(left) if left else ""


def _attempts(rows: Sequence[Status]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("block", "attempt", "where", "begin", "end"):
        table.add_column(name, no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("why it ended", ratio=1, overflow="fold")
    for row in rows:
        for entry in row.attempts:
            where = f"{entry.host} ({f'job {entry.job}' if entry.job else f'process {entry.pid}'})"
            took = entry.cost.get("wall_seconds")
            table.add_row(
                row.id,
                str(entry.attempt),
                where,
                entry.start,
                entry.end or "",
                "" if took is None else duration(took),
                Text(entry.why or "still running"),
            )
    return table
