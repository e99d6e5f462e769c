"""Keep the estimate of each training before a run, and compare it with the time that the training took."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from practica.config.study import Study
from practica.files import now
from practica.jobs.journal import DONE, Entry, Journal
from practica.jobs.progress import duration
from practica.plan.dry_run import estimator_of
from practica.plan.summary import known_blocks

NOTE = "expected.jsonl"
"""File in the results folder with a line for each training that began."""


@dataclass(frozen=True)
class Comparison:
    """A finished training with an estimate: seconds expected and taken, over all attempts since the estimate."""

    block: str
    source: str
    at_most: bool
    expected: float
    took: float

    @property
    def factor(self) -> float:
        """Return the time that it took, as a multiple of the expected time."""
        return max(self.took, 1.0) / max(self.expected, 1.0)


class Expectations:
    """The estimates of a study's trainings at the beginning of a run."""

    def __init__(self, study: Study) -> None:
        self._path = study.results / NOTE
        estimator = estimator_of(study)
        self._estimates = {block.id: estimator.estimate(block) for block, _ in known_blocks(study).values()}

    def note(self, block: str) -> None:
        """Record the estimate of a training as it begins; a full disk does not prevent the training."""
        line = json.dumps({"block": block, "when": now(), **asdict(self._estimates[block])})
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(f"{line}\n")


def check_estimates(study: Study) -> list[Comparison]:
    """Return every training that has ended since it was estimated."""
    predictions: dict[str, list[dict[str, Any]]] = {}
    for line in _note_lines(study.results):
        predictions.setdefault(line["block"], []).append(line)
    return [
        each
        for block, root in known_blocks(study).values()
        for each in _comparisons(predictions.get(block.id, []), Journal(block, root).entries())
    ]


def comparison_table(comparisons: Sequence[Comparison]) -> str:
    """Return the comparisons as lines for the terminal."""
    if not comparisons:
        return "nothing to compare yet: no training with an estimate has finished"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("training", "estimate from"):
        table.add_column(name, overflow="fold")
    for name in ("expected", "took", "times as long"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in comparisons:
        sign = "≤ " if each.at_most else ""
        expected = f"{sign}{duration(each.expected)}"
        table.add_row(each.block, each.source, expected, duration(each.took), f"{each.factor:.2f}")
    console = Console()
    with console.capture() as lines:
        console.print(table)
        for source in dict.fromkeys(each.source for each in comparisons):
            factors = [each.factor for each in comparisons if each.source == source]
            far = max(factors, key=lambda factor: max(factor, 1 / factor))
            console.print(
                f"{source}: {len(factors)} {'training' if len(factors) == 1 else 'trainings'} took "
                f"{median(factors):.2f} times as long as expected in the median, {far:.2f} times at worst",
                soft_wrap=True,
            )
        expected, took = (sum(getattr(each, name) for each in comparisons) for name in ("expected", "took"))
        console.print(f"In total: expected {duration(expected)}, took {duration(took)}")
    return lines.get().rstrip()


def _note_lines(results: Path) -> list[dict[str, Any]]:
    """Return all recorded lines; a line that a kill cut short is skipped."""
    lines = []
    with suppress(OSError):
        for line in (results / NOTE).read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, TypeError):
                content = json.loads(line)
                if {"block", "when", "seconds", "source", "at_most"} <= content.keys():
                    lines.append(content)
    return lines


def _comparisons(predictions: Sequence[Mapping[str, Any]], entries: Sequence[Entry]) -> Iterator[Comparison]:
    """Yield, for each finished training of a block, its first estimate and the time of all attempts since."""
    events = [(line["when"], 0, line) for line in predictions] + [(entry.start, 1, entry) for entry in entries]
    first: Mapping[str, Any] | None = None
    took = 0.0
    for _, _, event in sorted(events, key=lambda each: each[:2]):
        if not isinstance(event, Entry):
            first = first or event
        elif first:
            took += _seconds(event)
            if event.why == DONE:
                if first["seconds"] is not None:
                    yield Comparison(first["block"], first["source"], first["at_most"], first["seconds"], took)
                first, took = None, 0.0


def _seconds(entry: Entry) -> float:
    """Return the seconds of an attempt since its process began or, if that was not measured, since it took the lock."""
    seconds = entry.cost.get("wall_seconds")
    if seconds is not None or entry.end is None:
        return float(seconds or 0.0)
    return (datetime.fromisoformat(entry.end) - datetime.fromisoformat(entry.start)).total_seconds()
