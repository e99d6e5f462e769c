"""Keep what was expected of each training before a run, and compare it with what the training took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from practica.config.study import Block, Study
from practica.config.trials import folder as tuning_folder
from practica.config.trials import trial_blocks
from practica.errors import InputError
from practica.files import now, read_json, write_json
from practica.jobs.journal import DONE, Entry, Journal
from practica.jobs.telling import duration
from practica.plan.dry_run import estimator_of
from practica.plan.estimates import UNKNOWN, Estimate
from practica.plan.planned import Plan

NOTE = "expected.json"
"""File of the results in which the estimates are kept."""


@dataclass(frozen=True)
class Compared:
    """A training with an estimate and an end: seconds expected and taken, over all attempts since the estimate."""

    block: str
    source: str
    at_most: bool
    expected: float
    took: float

    @property
    def factor(self) -> float:
        """Return how many times as long as expected it took."""
        return max(self.took, 1.0) / max(self.expected, 1.0)


def note_estimates(study: Study, plan: Plan | None = None) -> None:
    """Write down what is expected of trainings that have not ended; of those that have begun, it stays as it was.

    Args:
        study: the study.
        plan: one with estimates that took longer to make; they stay where there is no better one.
    """
    path, known = study.results / NOTE, _noted(study.results)
    estimator = estimator_of(study)
    planned = {each.block: Estimate(each.seconds, each.source, each.at_most) for each in plan.trainings} if plan else {}
    for block, root in _blocks(study):
        before = known.get(block.id)
        entries = Journal(block, root).entries()
        begun = before is not None and any(entry.start >= before["when"] for entry in entries)
        if begun or (block.folder(root) / "metrics.json").is_file():
            continue
        estimate = planned.get(block.id) or estimator.estimate(block)
        if estimate.source != UNKNOWN or before is None:
            known[block.id] = {**asdict(estimate), "when": now()}
    write_json(path, known)


def check_estimates(study: Study) -> list[Compared]:
    """Return every training that has ended since something was expected of it.

    Raises:
        InputError: there is none.
    """
    known, compared = _noted(study.results), []
    for block, root in _blocks(study):
        said = known.get(block.id)
        if said and said["seconds"] is not None:
            since = [entry for entry in Journal(block, root).entries() if entry.start >= said["when"]]
            if took := _took(since):
                compared.append(Compared(block.id, said["source"], said["at_most"], said["seconds"], took))
    if not compared:
        raise InputError(
            f"{study.results / NOTE}: no training has ended of which a run began with an estimate: a first run has none"
        )
    return compared


def comparison_table(compared: Sequence[Compared]) -> str:
    """Return the comparisons as lines for the terminal."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("training", "estimate from"):
        table.add_column(name)
    for name in ("expected", "took", "times as long"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in compared:
        sign = "≤ " if each.at_most else ""
        expected = f"{sign}{duration(each.expected)}"
        table.add_row(each.block, each.source, expected, duration(each.took), f"{each.factor:.2f}")
    console = Console()
    with console.capture() as lines:
        console.print(table)
        for source in dict.fromkeys(each.source for each in compared):
            factors = [each.factor for each in compared if each.source == source]
            far = max(factors, key=lambda factor: max(factor, 1 / factor))
            console.print(
                f"{source}: {len(factors)} trainings took {median(factors):.2f} times as long as expected in the "
                f"median, {far:.2f} times at worst",
                soft_wrap=True,
            )
        expected, took = (sum(getattr(each, name) for each in compared) for name in ("expected", "took"))
        console.print(f"In sum: expected {duration(expected)}, took {duration(took)}")
    return lines.get().rstrip()


def _blocks(study: Study) -> list[tuple[Block, Path]]:
    return [(block, study.results) for block in study.blocks()] + [
        (block, tuning_folder(study.results)) for block in trial_blocks(study)
    ]


def _noted(results: Path) -> dict[str, dict[str, Any]]:
    try:
        return dict(read_json(results / NOTE))
    except (InputError, TypeError, ValueError):
        return {}


def _took(entries: Sequence[Entry]) -> float | None:
    """Return the seconds of all attempts, up to the one that was done; None where none was."""
    if not any(entry.why == DONE for entry in entries):
        return None
    return sum(_seconds(entry) for entry in entries)


def _seconds(entry: Entry) -> float:
    """Return what an attempt took from the start of its process, or, where that was not measured, from its lock."""
    measured = entry.cost.get("wall_seconds")
    if measured is not None or entry.end is None:
        return float(measured or 0.0)
    return (datetime.fromisoformat(entry.end) - datetime.fromisoformat(entry.start)).total_seconds()
