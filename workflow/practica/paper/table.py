"""A table as data: cells with a text for people and values for machines, independent of any format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Number = float | int | None
PALE = "pale"
"""The tone of a value that is shown but not compared."""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what a person reads, in the report's language.
        raw: what a machine reads, by suffix of the column's key; ``""`` is the cell's value itself.
        gap: why there is no value, or empty.
        below: a second line, or several.
        tone: how it stands out: a verdict, ``strong``, or ``pale`` for a value that is not compared.
        figure: the figure of the report whose number follows the text, or empty.
        section: the exercise to whose section the text links, or empty.
        span: how many columns it takes up; the cells of the others are for machines only.
    """

    text: str
    raw: Mapping[str, str | Number] = field(default_factory=dict)
    gap: str = ""
    below: str = ""
    tone: str = ""
    figure: str = ""
    section: str = ""
    span: int = 1


def label(text: str, raw: str | None = None) -> Cell:
    """Return a cell of text; ``raw`` is its language-neutral name if it has one."""
    return Cell(text, {"": text if raw is None else raw})


def pieces(note: str) -> Iterator[tuple[str, bool]]:
    """Yield the texts of a note, and whether each is code, which stands between backticks."""
    for place, text in enumerate(re.split("`([^`]+)`", note)):
        yield text, place % 2 == 1


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: its name in CSV.
        heading: its name for people.
        numeric: whether it holds numbers.
        width: the share of the page's width at which its text breaks into lines; 0 for one line.
    """

    key: str
    heading: str
    numeric: bool = True
    width: float = 0


@dataclass(frozen=True)
class Table:
    """A whole table in one language.

    Attributes:
        name: file name and LaTeX label.
        number: the table's number in the source, if it has one.
        stand_in: names of the data sets that were generated stand-ins.
        notes: sentences under the table; what they have between backticks is code.
        listed: whether a rule makes it, so that the report lists what it is made from.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    language: str
    number: int | None = None
    notes: tuple[str, ...] = ()
    stand_in: tuple[str, ...] = ()
    listed: bool = False

    def visible_cells(self, row: Sequence[Cell]) -> Iterator[tuple[Column, Cell]]:
        """Yield the cells of a row that people see, each with its column."""
        place = 0
        while place < len(row):
            yield self.columns[place], row[place]
            place += row[place].span

    def gaps(self) -> dict[str, str]:
        """Return a letter for every reason why a cell is empty, in the order of the rows."""
        reasons = dict.fromkeys(cell.gap for row in self.rows for cell in row if cell.gap)
        return {reason: _letters(place) for place, reason in enumerate(reasons)}


Content = tuple[list[Column], list[list[Cell]], list[str]]
"""Columns, rows and notes of a table."""


def _letters(place: int) -> str:
    """Return a, b, ... z, aa, ab, ..."""
    prefix = _letters(place // 26 - 1) if place >= 26 else ""
    return prefix + chr(ord("a") + place % 26)
