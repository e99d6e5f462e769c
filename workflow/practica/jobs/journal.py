"""Record every attempt at training a block: by whom, from when to when, and why it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practica.errors import InputError
from practica.files import now, write_json
from practica.jobs.lock import Holder

if TYPE_CHECKING:
    from practica.config.study import Block

DONE = "done"
KILLED = "killed"
DIVERGED = "diverged"
"""The key in a trial's metrics.json that says why there are no metrics."""


@dataclass(frozen=True)
class Entry:
    """One attempt; ``end`` and ``why`` are None while it runs, and stay None if it was killed.

    ``by_hand`` says whether a person started it, rather than a workflow; ``cost`` is what ``meter`` measured, up to the
    last report if it was killed.
    """

    attempt: int
    host: str
    pid: int
    job: str | None
    start: str
    end: str | None = None
    why: str | None = None
    cost: Mapping[str, Any] = field(default_factory=dict)
    by_hand: bool = False


class Journal:
    """The attempts at one block, one line of JSON for each beginning and each end."""

    def __init__(self, block: Block, results: Path) -> None:
        self.path = results / "journal" / block.path.with_suffix(".jsonl")

    def begin(self, who: Holder, *, by_hand: bool = False) -> int:
        """Record that an attempt begins, and return its number."""
        number = len(self.entries()) + 1
        fields = {"attempt": number, "host": who.host, "pid": who.pid, "job": who.job, "start": now()}
        self._append(fields | ({"by_hand": True} if by_hand else {}))
        return number

    def end(self, number: int, why: str, cost: Mapping[str, Any] | None = None) -> None:
        """Record why an attempt ended, and what it cost."""
        self._append({"attempt": number, "end": now(), "why": why, **({"cost": cost} if cost else {})})

    def add_cost(self, number: int, cost: Mapping[str, Any]) -> None:
        """Record the known cost of a killed attempt."""
        self._append({"attempt": number, "cost": cost})

    def entries(self) -> list[Entry]:
        """Return all attempts in order; a line that a kill cut short is skipped."""
        entries: dict[int, Entry] = {}
        for line in self._lines():
            try:
                fields = json.loads(line)
                if "start" in fields:
                    entries[fields["attempt"]] = Entry(**fields)
                else:
                    number = fields.pop("attempt")
                    entries[number] = replace(entries[number], **fields)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        return list(entries.values())

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def _append(self, fields: Mapping[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = self.path.read_text(encoding="utf-8", errors="replace") if self.path.is_file() else ""
        with self.path.open("a", encoding="utf-8") as stream:
            # A kill may have cut the last line short: begin a new one.
            stream.write(("\n" if lines and not lines.endswith("\n") else "") + json.dumps(fields) + "\n")


def of_last_result(entries: Sequence[Entry]) -> list[Entry]:
    """Return the attempts at the last result: all after the previous result.

    If they trained nothing, they only wrote that one again, and the attempts at it count, too.
    """
    ends = [place for place, entry in enumerate(entries[:-1]) if entry.why == DONE]
    ends = [place for place in ends if any(map(_trained, entries[place + 1 :]))]
    return list(entries[ends[-1] + 1 if ends else 0 :])


def _trained(entry: Entry) -> bool:
    """Return whether an attempt trained an epoch; one that was done and says nothing did."""
    return bool(entry.cost.get("epochs", entry.why == DONE))


def failure_note(block: Block, results: Path) -> Path:
    """Return the file that says why the last attempt has left no results."""
    return results / "failures" / block.path.with_suffix(".json")


def note_divergence(block: Block, results: Path, reason: str) -> None:
    """Record divergence as the outcome of a trial: for a tuning this is a result, not an error."""
    head = {
        "schema": 1,
        "exercise": block.exercise,
        "variant": block.variant,
        "trial": block.trial,
        "block": block.name,
    }
    write_json(block.folder(results) / "metrics.json", {**head, DIVERGED: reason})


def note_failure(block: Block, results: Path, reason: str) -> None:
    """Record why an attempt has left no results, if the disk has space for it."""
    with suppress(OSError, InputError):
        write_json(failure_note(block, results), {"reason": reason, "when": now()})
