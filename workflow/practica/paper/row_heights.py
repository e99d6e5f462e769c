"""Tables that are too tall for a page: how many lines their rows take up, and where they may be parted."""

from __future__ import annotations

import math
from dataclasses import replace

from practica.paper.table import Cell, Column, Table

LONG = 50
"""Lines that fit on a page, with a caption and notes."""
SPANNED = 0.7
"""Share of the page's width for text that spans columns."""
CHARACTERS = 100
"""Characters of small text across a page."""
BELOW, BETWEEN = 0.8, 0.2
"""Lines: the height of a smaller line within a cell, and of the space between rows of several."""


def is_long(table: Table) -> bool:
    """Return whether the rows may not fit on a page, by the lines into which their cells break."""
    return sum(_heights(table)) > LONG


def parts(table: Table) -> list[Table]:
    """Return the table in parts that fit on a page, as far as its rows do.

    A part that is at least half a page begins with a group, or else with a row that says what it is about, if it can.
    """
    heights, start, result = _heights(table), 0, []
    while sum(heights[start:]) > LONG and start + 1 < len(table.rows):
        ends = [end for end in range(start + 1, len(table.rows)) if sum(heights[start:end]) <= LONG]
        late = [end for end in reversed(ends) if sum(heights[start:end]) > LONG / 2]
        choices = [end for begins in (_heads_group, _has_name) for end in late if begins(table, end)]
        end = next(iter([*choices, *reversed(ends)]), start + 1)
        result.append(replace(table, rows=table.rows[start:end]))
        start = end
    return [*result, replace(table, rows=table.rows[start:])]


def _heads_group(table: Table, place: int) -> bool:
    return any(cell.span > 1 for cell in table.rows[place])


def _has_name(table: Table, place: int) -> bool:
    """Return whether a row says what it is about, and the one before does not head its group."""
    return any(cell.text for cell in table.rows[place][:2]) and not _heads_group(table, place - 1)


def _heights(table: Table) -> list[float]:
    """Return about how many lines each row takes up."""
    space = BETWEEN if any(column.width for column in table.columns) else 0.0
    return [space + max(_lines(cell, column) for column, cell in table.visible_cells(row)) for row in table.rows]


def _lines(cell: Cell, column: Column) -> float:
    """Return about how many lines a cell takes up."""
    width = SPANNED if cell.span > 1 else column.width

    def lines_of(text: str, size: float) -> int:
        return max(1, math.ceil(size * len(text) / (width * CHARACTERS))) if width else 1

    below = cell.below.split("\n") if cell.below else []
    return lines_of(cell.text, 1.0) + sum(BELOW * lines_of(line, BELOW) for line in below)
