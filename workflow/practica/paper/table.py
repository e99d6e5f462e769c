"""A table as data: cells that know how they print and what they are worth, without a format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Number = float | int | None


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what a person reads, already in the report's language.
        raw: what a machine reads, by suffix of the column's key; ``""`` is the cell's value itself.
        gap: why there is no value, or nothing.
    """

    text: str
    raw: Mapping[str, str | Number] = field(default_factory=dict)
    gap: str = ""


def label(text: str, raw: str | None = None) -> Cell:
    """Return a cell of text; ``raw`` is its language-neutral name where it has one."""
    return Cell(text, {"": text if raw is None else raw})


@dataclass(frozen=True)
class Column:
    """One column: its key in CSV, its heading for people, and whether it holds numbers."""

    key: str
    heading: str
    numeric: bool = True


@dataclass(frozen=True)
class Table:
    """A whole table in one language.

    Attributes:
        name: file name and LaTeX label.
        number: the source's number of the table, where it has one.
        stand_in: names of the data sets that were generated stand-ins, or nothing.
        notes: sentences under the table.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    language: str
    number: int | None = None
    notes: tuple[str, ...] = ()
    stand_in: tuple[str, ...] = ()

    def gaps(self) -> dict[str, str]:
        """Return a letter for every reason why a cell is empty, in the order of the rows."""
        reasons = dict.fromkeys(cell.gap for row in self.rows for cell in row if cell.gap)
        return {reason: _letters(place) for place, reason in enumerate(reasons)}


def _letters(place: int) -> str:
    """Return a, b, ... z, aa, ab, ..."""
    prefix = _letters(place // 26 - 1) if place >= 26 else ""
    return prefix + chr(ord("a") + place % 26)
