"""A table as data: cells that know how they print and what they are worth, without a format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Number = float | int | None
PALE = "pale"
"""The tone of what stands there without being compared."""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what a person reads, already in the report's language.
        raw: what a machine reads, by suffix of the column's key; ``""`` is the cell's value itself.
        gap: why there is no value, or nothing.
        below: a second line, or several.
        tone: how it stands out: a verdict, ``strong``, or ``pale`` for what is not compared.
        figure: the figure of the report whose number follows the text, or nothing.
        section: the exercise whose section the text leads to, or nothing.
        span: the columns that it takes up; what stands in the others of them is for machines only.
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
    """Return a cell of text; ``raw`` is its language-neutral name where it has one."""
    return Cell(text, {"": text if raw is None else raw})


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

    def shown(self, row: Sequence[Cell]) -> Iterator[tuple[Column, Cell]]:
        """Yield the cells of a row that people see, with the column of each."""
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
