"""Show the comparison of two studies in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from practica.evidence.estimates import LOG
from practica.reference.compare import AGREES, DIFFERS, OPEN, Comparison

STYLES = {AGREES: "green", DIFFERS: "red", OPEN: "yellow"}
NARROWEST = 120
"""Width of a table that is not shown in a terminal, in columns."""


def show(comparison: Comparison, *, differing: bool = False, console: Console | None = None) -> None:
    """Print every line, or with ``differing`` those that differ, then verdicts, settings, gaps, and the outcome."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=max(NARROWEST, console.width))
    lines = Table("line", "here", "there", "", box=None, pad_edge=False)
    for line in comparison.lines:
        if not differing or line.state == DIFFERS:
            state = Text(line.state, style=STYLES[line.state])
            lines.add_row(line.name, _row_text(line.ours), _row_text(line.theirs), state)
    if lines.row_count:
        console.print(lines)
    for name, ours, theirs, counts in comparison.verdicts:
        console.print(f"claim {name}: {ours} here, {theirs} there{'' if counts else ' (for lack of seeds)'}")
    for name, how in comparison.settings:
        console.print(f"settings of {name}: {how}", markup=False)
    for place in dict.fromkeys(where for _, where in comparison.missing):
        names = ", ".join(name for name, where in comparison.missing if where == place)
        console.print(f"missing in {place}: {names}", markup=False, highlight=False)
    states = Counter(line.state for line in comparison.lines)
    totals = ", ".join(f"{states[state]} {state}" for state in STYLES if states[state]) or "none in common"
    claims = sum(counts for name, *_, counts in comparison.verdicts if ":" not in name)
    console.print(f"lines: {totals}; claims with another verdict: {claims}; missing: {len(comparison.missing)}")
    console.print("The studies agree." if comparison.agrees else _why(states))


def _why(states: Mapping[str, int]) -> str:
    nothing = "Nothing to compare: the studies share no line with real data and more than one seed."
    return "The studies differ." if states.get(AGREES) or states.get(DIFFERS) else nothing


def _row_text(row: Mapping[str, Any]) -> str:
    interval = "" if pd.isna(row["low"]) else f" [{row['low']:.4g}, {row['high']:.4g}]"
    return f"{row['median' if row['scale'] == LOG else 'mean']:.4g}{interval} n={row['n']}"
