"""Show the status of all blocks as a table in the terminal, once or continuously."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from practica.jobs.progress import duration, seconds
from practica.jobs.status import DONE, FAILED, QUEUED, RUNNING, STATES, STOPPED, Status

STYLES = {DONE: "green", RUNNING: "cyan", QUEUED: "blue", STOPPED: "yellow", FAILED: "red"}
NARROWEST = 130
"""Width of a table that is not shown in a terminal, in columns."""
BLOCK, STATE, RUNS, CURVE = "block", "state", "runs", ""
PACE, TIME_LEFT, ATTEMPTS, REASON = "an epoch", "left", "attempts", "why"
COLUMNS = (BLOCK, STATE, RUNS, "epoch", "validation", CURVE, PACE, TIME_LEFT, ATTEMPTS, REASON)
"""Headings of the table of blocks; that of the curves is empty."""
SPARE = {ATTEMPTS: 24, PACE: 24, RUNS: 10, CURVE: 10}
"""What a narrow terminal does without, the first to go first, each if reasons would have less room than this."""
BARS = "▁▂▃▄▅▆▇█"
WIDTH = 10
"""Characters of a curve."""


def show(
    rows: Sequence[Status], *, attempts: bool = False, seconds_left: float | None = None, console: Console | None = None
) -> None:
    """Print one line per block and a count of the states; with ``attempts``, one line per attempt.

    ``seconds_left`` are the estimated seconds until everything is done, if there is an estimate.
    """
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=max(NARROWEST, console.width))
    console.print(_attempts(rows) if attempts else _blocks(rows, rows, console))
    console.print(Text(sums(rows, seconds_left)))


def watch(
    look: Callable[[], tuple[Sequence[Status], float | None]],
    every: float,
    console: Console,
    at_work: Callable[[], bool],
) -> None:
    """Show the table again and again until nothing runs, or somebody presses Ctrl-C.

    While Snakemake is at work, between two trainings, it waits for the next one as long as any block is not done.
    If the table is longer than the terminal, blocks that are done or waiting are left out.
    """
    with Live(console=console, auto_refresh=False, screen=False, vertical_overflow="crop") as live:
        while True:
            rows, seconds_left = look()
            live.update(_fitted(rows, seconds_left, console), refresh=True)
            states = {row.state for row in rows}
            if not states & {RUNNING, QUEUED} and not (states - {DONE} and at_work()):
                return
            time.sleep(every)


def sparkline(values: Sequence[float]) -> str:
    """Return the last values of a curve as bars, scaled between their smallest and largest value."""
    recent = values[-WIDTH:]
    low, high = min(recent, default=0.0), max(recent, default=0.0)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((value - low) * scale)] for value in recent)


def _fitted(rows: Sequence[Status], seconds_left: float | None, console: Console) -> RenderableType:
    """Return a table that fits the terminal."""
    room = console.height - 5 - len({row.exercise for row in rows})
    visible = rows if len(rows) <= room else [row for row in rows if row.state not in (DONE,)]
    if len(visible) > room:
        visible = [row for row in visible if row.state in (RUNNING, QUEUED, FAILED, STOPPED)][: max(room, 1)]
    rest = len(rows) - len(visible)
    more = [Text(f"and {rest} more: python -m practica status", style="dim")] if rest else []
    return Group(_blocks(visible, rows, console), *more, Text(sums(rows, seconds_left)))


def sums(rows: Sequence[Status], seconds_left: float | None) -> str:
    """Return how many blocks are in each state, and when everything will be done, if there is an estimate."""
    counts = Counter(row.state for row in rows)
    text = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state]) or "nothing to run"
    if seconds_left:
        end = datetime.now().astimezone() + timedelta(seconds=seconds_left)
        day = "" if end.date() == datetime.now().astimezone().date() else f"{end:%a %d %b} "
        text += f"; about {duration(seconds_left)} left, to {day}{end:%H:%M}"
    return text


def _blocks(rows: Sequence[Status], every: Sequence[Status], console: Console) -> Table:
    """Return a table of the rows, with as many columns as the terminal has room for."""
    longest = max((cell_len(row.reason) for row in rows), default=0)
    names = list(COLUMNS)
    for name, room in SPARE.items():
        width = console.measure(_table(rows, every, names), options=console.options.update(width=10_000)).maximum
        if width - max(0, longest - room) <= console.width:
            break
        names.remove(name)
    return _table(rows, every, names)


def _table(rows: Sequence[Status], every: Sequence[Status], names: Sequence[str]) -> Table:
    """Return a table with these columns, and with subtotals of the exercises if there are several."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in names:
        if name == REASON:
            table.add_column(name, ratio=1, overflow="fold")
        else:
            table.add_column(name, justify="left" if name in (BLOCK, STATE, CURVE) else "right", no_wrap=True)
    for exercise, members in groupby(rows, key=lambda row: row.exercise):
        for row in members:
            cells = _cells(row)
            table.add_row(*(cells[name] for name in names))
        of_exercise = [row for row in every if row.exercise == exercise]
        if len(of_exercise) > 1 and len({row.exercise for row in every}) > 1:
            sums = _subtotal(exercise, of_exercise)
            table.add_row(*(sums.get(name, "") for name in names), style="dim", end_section=True)
    return table


def _cells(row: Status) -> dict[str, str | Text]:
    return {
        BLOCK: f"{row.id}{' (by hand)' if row.by_hand else ''}",
        STATE: Text(row.state, style=STYLES.get(row.state, "")),
        RUNS: f"{row.runs_done}/{row.runs}",
        "epoch": f"{row.epoch}/{row.epochs}",
        "validation": "" if row.value is None else f"{row.metric} {row.value:.4g}",
        CURVE: sparkline(row.curve),
        PACE: "" if row.seconds_per_epoch is None else seconds(row.seconds_per_epoch),
        TIME_LEFT: duration(row.seconds_left) if row.seconds_left else "",
        ATTEMPTS: str(len(row.attempts) or ""),
        REASON: Text(row.reason),
    }


def _subtotal(exercise: str, rows: Sequence[Status]) -> dict[str, str]:
    seconds_left = sum(row.seconds_left or 0.0 for row in rows)
    return {
        BLOCK: f"{exercise}:",
        STATE: f"{sum(row.state == DONE for row in rows)}/{len(rows)} done",
        RUNS: f"{sum(row.runs_done for row in rows)}/{sum(row.runs for row in rows)}",
        TIME_LEFT: duration(seconds_left) if seconds_left else "",
    }


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
