"""Show rows as a table, and keep everything that was measured as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.arithmetic import Spread
from bench.process import measure
from bench.rows import DIFFERENT, FAILED, MISSED, REACHED, Row, Side
from bench.sides import ROOT, last_json

STYLES = {REACHED: "green", MISSED: "bold red", DIFFERENT: "bold red", FAILED: "bold red"}
NARROWEST = 150
"""Columns of a table that is not shown at a terminal."""
DESCRIBE = """
import json, os
from practica.training.provenance import describe
print(json.dumps(describe(os.cpu_count(), {})))
"""


def machine() -> dict[str, Any]:
    """Return the processor, the versions and the commit; in a process of its own, because this imports TensorFlow.

    Otherwise the memory of this process would count as the peak of later measurements.
    """
    facts = last_json(measure([sys.executable, "-c", DESCRIBE], env=os.environ, cwd=ROOT, limit=120).output)
    return {
        "cores": facts["threads"],
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        **{key: facts[key] for key in ("cpu", "gpu", "platform", "versions", "git", "started")},
    }


def show(rows: Mapping[str, Sequence[Row]], where: Mapping[str, Any], console: Console | None = None) -> None:
    """Print one line per measure, the numbers behind it, and the machine."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=max(NARROWEST, console.width))
    table = Table(box=None, pad_edge=False)
    for name in ("case", "measure"):
        table.add_column(name)
    for name in ("goal", "measured", "other [s]", "ours [s]", "other [MB]", "ours [MB]", "result of both"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for case, case_rows in rows.items():
        for row in case_rows:
            table.add_row(case, row.measure, *_cells(row), Text(row.verdict, style=STYLES.get(row.verdict, "")))
    console.print(table)
    for case, case_rows in rows.items():
        for note in dict.fromkeys(row.note for row in case_rows if row.note):
            console.print(f"{case}: {note}", style="dim", markup=False, highlight=False)
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items() if version)
    console.print(f"{where['cpu']}, {where['cores']} cores, {where['memory_mb'] / 1024:.0f} GB; {versions}")


def as_json(rows: Mapping[str, Sequence[Row]]) -> list[dict[str, Any]]:
    """Return the rows with their verdicts, for JSON."""
    return [
        {"case": case, **asdict(row), "goal": str(row.goal) if row.goal else None, "verdict": row.verdict}
        for case, case_rows in rows.items()
        for row in case_rows
    ]


def _cells(row: Row) -> list[str]:
    goal = f"{row.goal} {row.unit}" if row.goal else ""
    return [
        goal,
        _value(row.value, row.unit),
        *(_value(side.seconds) for side in (row.other, row.ours)),
        *("" if side.peak_mb is None else f"{side.peak_mb:.0f}" for side in (row.other, row.ours)),
        _results(row.other, row.ours),
    ]


def _value(value: Spread | None, unit: str = "") -> str:
    if value is None:
        return ""
    text = f"{value.median:.3g} {unit}".strip()
    return text if value.count == 1 else f"{text} ({value.low:.3g}-{value.high:.3g})"


def _results(*sides: Side) -> str:
    return " / ".join(f"{side.result:.4g}" for side in sides if side.result is not None)
