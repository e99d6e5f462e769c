"""Write each point of a block's histories immediately, as a line of JSON in ``history.jsonl`` beside the results.

The first line names the block and the key of its states; each further line is a point of one run. The file holds the
course of all runs, in one attempt or several: no point is missing, and none appears twice.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from practica.errors import InputError
from practica.files import read_json, write_text

if TYPE_CHECKING:
    from practica.config.block import Block
    from practica.training.record import History

NAME = "history.jsonl"
RUN = re.compile(r"s(?:eed )?(\d+)(?:(?:f|, fold )(\d+))?")
"""The name of a run, as in checkpoints and in messages."""

TAIL = 2**16
"""Bytes at the end of the file in which the last points are looked for."""

Who = tuple[int, int | None]


class Curve(NamedTuple):
    """The points of one run: its epochs, and as many values for each split and metric."""

    epochs: Sequence[int]
    values: Mapping[str, Mapping[str, Sequence[float]]]

    def lines(self, who: Who, begin: int = 0) -> list[str]:
        """Return the points from a position on, as lines."""
        seed, fold = who
        return [
            json.dumps(
                {
                    "seed": seed,
                    "fold": fold,
                    "epoch": epoch,
                    **{part: {name: each[n] for name, each in curves.items()} for part, curves in self.values.items()},
                }
            )
            for n, epoch in enumerate(self.epochs[begin:], begin)
        ]


class Follower(Protocol):
    """Writes the same points elsewhere, in a form of its own."""

    def begin(self, points: Iterable[Mapping[str, Any]]) -> None:
        """Hold these points and no others."""

    def add(self, points: Iterable[Mapping[str, Any]]) -> None:
        """Hold these points as well."""


class HistoryFile:
    """The file of one block, which one process at a time writes: the block's lock guards it."""

    def __init__(self, folder: Path, block: Block, key: str, follower: Follower | None = None) -> None:
        self.path = folder / NAME
        self._follower = follower
        self._head = json.dumps({"schema": 1, "block": block.id, "key": key})
        self._lines: dict[Who, list[str]] = {}
        self._compared: set[Who] = set()
        head, points = read_lines(self.path)
        if head == self._head:
            for line, point in points:
                self._lines.setdefault((point["seed"], point["fold"]), []).append(line)
        self._behind = True  # drop a line that a kill cut short

    def reached(self, run: str, record: History) -> None:
        """Write the points that a run, or each run that is trained together with it, has beyond those in the file."""
        self._take(dict(_members(run, record)))

    def complete(self, history: Path) -> None:
        """Bring the file in line with the block's ``history.json``, run by run."""
        with suppress(InputError, LookupError, TypeError):
            runs = {(run["seed"], run["fold"]): run for run in read_json(history)["runs"]}
            # Skip what this process has compared or written itself.
            lengths = {who: len(self._lines[who]) for who in self._compared}
            if not self._behind and lengths == {who: len(run["epoch"]) for who, run in runs.items()}:
                return
            self._lines = {}
            for who, run in runs.items():
                values = {name: each for name, each in run.items() if isinstance(each, Mapping)}
                self._lines[who] = Curve(run["epoch"], values).lines(who)
            self._rewrite()

    def _take(self, curves: Mapping[Who, Curve]) -> None:
        fresh: list[str] = []
        for who, curve in curves.items():
            there = self._lines.setdefault(who, [])
            if who not in self._compared:
                self._compared.add(who)
                same = sum(
                    1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(there, curve.lines(who), strict=False))
                )
                self._behind = self._behind or same < len(there)
                del there[same:]
            new = curve.lines(who, len(there))
            there += new
            fresh += new
        if self._behind:
            self._rewrite()
        else:
            self._append(fresh)

    def _append(self, lines: Sequence[str]) -> None:
        """Write lines at the end of the file."""
        content = "".join(f"{line}\n" for line in lines).encode()
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND)
            try:
                self._behind = os.write(handle, content) < len(content)
            finally:
                os.close(handle)
            if self._follower and not self._behind:
                self._follower.add(map(json.loads, lines))
        except OSError:  # a full disk may have space again at the next point
            self._behind = True

    def _rewrite(self) -> None:
        every = [line for who in sorted(self._lines, key=_place) for line in self._lines[who]]
        try:
            write_text(self.path, "\n".join([self._head, *every]) + "\n")
            if self._follower:
                self._follower.begin(map(json.loads, every))
            self._behind = False
        except (OSError, InputError):
            self._behind = True


def read_lines(path: Path) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    """Return the first line of such a file and its points, each with its line; incomplete lines are left out."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", []
    head, *lines = text.split("\n")[:-1] or [""]  # after the last line end there is nothing, or half a line
    points = []
    for line in lines:
        with suppress(ValueError, TypeError):
            point = json.loads(line)
            if {"seed", "fold", "epoch"} <= point.keys():
                points.append((line, point))
    return head, points


def recent(path: Path, metric: str, *, together: bool) -> list[float]:
    """Return the last values of a metric, on validation data if it is measured there.

    They belong to the run that is being trained or, if runs are trained ``together``, are their means.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - TAIL))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    values: dict[int, list[float]] = {}
    last: Any = None
    for line in reversed(text.split("\n")[:-1]):
        with suppress(ValueError, LookupError, TypeError):
            point = json.loads(line)
            who = point["seed"], point["fold"]
            last = last or who
            if together or who == last:
                part = point["validation"] if metric in point.get("validation", {}) else point["train"]
                values.setdefault(point["epoch"], []).append(part[metric])
    return [fmean(values[epoch]) for epoch in sorted(values)]


def _members(run: str, record: History) -> Iterator[tuple[Who, Curve]]:
    """Yield the runs of a record by seed and fold."""
    # For a stack, ``training.stack.Records`` keeps the runs and their names in errors.
    runs, names = getattr(record, "runs", [record]), getattr(record, "_names", [run])
    for name, each in zip(names, runs, strict=True):
        if match := RUN.fullmatch(name):
            seed, fold = match.groups()
            yield (int(seed), None if fold is None else int(fold)), Curve(each.epochs, each.history)


def _place(who: Who) -> tuple[int, int]:
    seed, fold = who
    return seed, -1 if fold is None else fold
