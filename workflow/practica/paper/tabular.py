"""The rows, heading, caption and notes of a table in LaTeX, however it is set."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from practica.figures.tones import TONES
from practica.paper.escape import breakable, escape
from practica.paper.floats import origin
from practica.paper.html import stand_in_mark
from practica.paper.row_heights import SPANNED
from practica.paper.table import PALE, Cell, Column, Table, pieces
from practica.words import word

REASON = 300  # characters of a reason in a note of the PDF; CSV and HTML have the whole text
# Notes are as wide as their table, but wide enough for several words on a line.
AS_WIDE = (
    r"\dimen0=\wd0 \ifdim\dimen0<8cm\dimen0=8cm\fi"
    r"\ifdim\dimen0>\linewidth\dimen0=\linewidth\fi"
)


def continued(table: Table) -> str:
    """Return the mark of a table that continues from the previous page."""
    return rf"\emph{{{escape(word('continued', table.language))}}}"


def spacing(table: Table) -> str:
    """Return the space between columns; it is smaller in tables that hold sentences."""
    return r"\setlength{\tabcolsep}{4pt}" if any(column.width for column in table.columns) else ""


def caption_text(table: Table) -> str:
    """Return the caption, with a mark if data are generated and a link to what the table is made from."""
    mark = rf"\textcolor{{red}}{{\textbf{{{escape(stand_in_mark(table))}}}}} " if table.stand_in else ""
    return mark + escape(table.caption) + (origin(table.name) if table.listed else "")


def alignment_of(table: Table) -> str:
    """Return the columns as ``tabular`` takes them."""
    return "@{}" + "".join(_column(column) for column in table.columns) + "@{}"


def _column(column: Column, width: float = 0) -> str:
    if width := width or column.width:
        return rf">{{\raggedright\arraybackslash}}p{{{width}\linewidth}}"
    return "r" if column.numeric else "l"


def heading_row(table: Table, over_numbers: str = "") -> str:
    """Return the row of headings; those of numbers that can break, as the argument of the macro ``over_numbers``."""
    return " & ".join(_head(column, over_numbers) for column in table.columns) + r" \\"


def _head(column: Column, over_numbers: str) -> str:
    text = escape(column.heading)
    if not column.numeric:
        return text
    if " " in column.heading:
        text = rf"{over_numbers}{{{text}}}"
    return rf"\multicolumn{{1}}{{r}}{{{text}}}"


def _body(table: Table) -> list[str]:
    rows = zip_longest(table.rows, table.rows[1:], fillvalue=())
    return [_space(table, place) + _row(table, row, next_row) for place, (row, next_row) in enumerate(rows)]


def grouped_rows(table: Table) -> list[str]:
    """Return the rows; consecutive rows with the same first cell form a group, which shows it once."""
    names = [row[0].text for row in table.rows]
    if len(set(names)) == len(names) or not all(names):
        return _body(table)
    lines = []
    for place, (name, row) in enumerate(zip(names, table.rows, strict=True)):
        again = place and name == names[place - 1]
        space = r"\addlinespace " if place and not again else ""
        lines.append(space + _row(table, [replace(row[0], text=""), *row[1:]] if again else row))
    return lines


def _space(table: Table, place: int) -> str:
    """Return the space above a row: more if it heads a group, and a little if cells have several lines."""
    if not place:
        return ""
    if any(cell.span > 1 for cell in table.rows[place]):
        return r"\addlinespace "
    return r"\addlinespace[2pt] " if any(column.width for column in table.columns) else ""


def _row(table: Table, row: Sequence[Cell], next_row: Sequence[Cell] = ()) -> str:
    """Return a row; after one that heads a group, or before one that goes on with what it says, no page ends."""
    gaps = table.gaps()
    goes_on = bool(next_row) and not any(cell.text for cell in next_row[:2])
    end = r" \\*" if goes_on or any(cell.span > 1 for cell in row) else r" \\"
    return " & ".join(_cell(cell, column, gaps) for column, cell in table.visible_cells(row)) + end


def _cell(cell: Cell, column: Column, gaps: dict[str, str]) -> str:
    text = _text(cell.text, column) + (rf"\ref{{fig:{cell.figure}}}" if cell.figure else "")
    if cell.section:
        text = rf"\hyperref[sec:{cell.section}]{{{text}}}"
    if cell.gap:
        return rf"\textcolor{{red}}{{{text}}}\textsuperscript{{{gaps[cell.gap]}}}"
    if cell.tone:
        text = in_colour(text if cell.tone == PALE else rf"\textbf{{{text}}}", cell.tone)
    if cell.below:
        text = _stacked(text, cell.below.split("\n"), column)
    return rf"\multicolumn{{{cell.span}}}{{{_column(column, SPANNED)}}}{{{text}}}" if cell.span > 1 else text


def _text(text: str, column: Column) -> str:
    """Return a line of a cell; if the column has a width, long names may break in it, but numbers do not."""
    return breakable(text, "_") if column.width else escape(text)


def in_colour(text: str, tone: str) -> str:
    """Return LaTeX text in the colour of a verdict, in grey if it is pale, or unchanged for any other ``tone``."""
    if tone == PALE:
        return rf"\textcolor{{black!55}}{{{text}}}"
    return rf"\textcolor[HTML]{{{TONES[tone].upper()}}}{{{text}}}" if tone in TONES else text


def _stacked(text: str, below: Sequence[str], column: Column) -> str:
    """Return stacked lines, the first unchanged and the others small; if the column has a width, they may break too.

    There, an empty first line takes no room: LaTeX ends no line before there is one.
    """
    lines = [text, *(rf"{{\scriptsize {_text(line, column)}}}" for line in below)]
    if column.width:
        return r"\newline ".join(filter(None, lines))
    body = r"\\[-1pt]".join(lines)
    return rf"\begin{{tabular}}[t]{{@{{}}{'r' if column.numeric else 'l'}@{{}}}}{body}\end{{tabular}}"


def note_texts(table: Table) -> list[str]:
    """Return the notes of a table in LaTeX, those on missing results first."""
    gaps = [rf"\textsuperscript{{{letter}}}~{_reason(reason)}" for reason, letter in table.gaps().items()]
    return [*gaps, *map(_with_code, table.notes)]


def _with_code(note: str) -> str:
    return "".join(rf"\texttt{{{escape(text)}}}" if code else escape(text) for text, code in pieces(note))


def _reason(text: str) -> str:
    return breakable(textwrap.shorten(text, REASON, placeholder="…"))
