"""Show the status of all blocks as a table at the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from practica.jobs.status import DONE, FAILED, QUEUED, RUNNING, STATES, STOPPED, Status

STYLES = {DONE: "green", RUNNING: "cyan", QUEUED: "blue", STOPPED: "yellow", FAILED: "red"}
NARROWEST = 120
"""Columns of a table that is not shown at a terminal."""


def show(rows: Sequence[Status], *, attempts: bool = False, console: Console | None = None) -> None:
    """Print one line a block and a count of the states, and with ``attempts`` one line an attempt."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=max(NARROWEST, console.width))
    console.print(_attempts(rows) if attempts else _blocks(rows))
    counts = Counter(row.state for row in rows)
    console.print(", ".join(f"{counts[state]} {state}" for state in STATES if counts[state]) or "nothing to run")


def _blocks(rows: Sequence[Status]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("block", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("runs", "epoch", "validation", "s/epoch", "left", "attempts"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", ratio=1, overflow="fold")
    for row in rows:
        table.add_row(
            row.id,
            Text(row.state, style=STYLES.get(row.state, "")),
            f"{row.runs_done}/{row.runs}",
            f"{row.epoch}/{row.epochs}",
            "" if row.value is None else f"{row.metric} {row.value:.4g}",
            "" if row.seconds_per_epoch is None else f"{row.seconds_per_epoch:.2g}",
            duration(row.seconds_left) if row.seconds_left else "",
            str(len(row.attempts) or ""),
            Text(row.reason),
        )
    return table


def _attempts(rows: Sequence[Status]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("block", "attempt", "where", "begin", "end"):
        table.add_column(name, no_wrap=True)
    table.add_column("why it ended", ratio=1, overflow="fold")
    for row in rows:
        for entry in row.attempts:
            where = f"{entry.host} ({f'job {entry.job}' if entry.job else f'process {entry.pid}'})"
            table.add_row(
                row.id,
                str(entry.attempt),
                where,
                entry.start,
                entry.end or "",
                Text(entry.why or "still running"),
            )
    return table


def duration(seconds: float) -> str:
    """Return a time as people write it: ``45 s``, ``12 min``, ``3 h 05 min``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
