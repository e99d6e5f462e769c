"""Read tables of numbers as people have them: any encoding, line end, separator and wrapping, with or without names.

A reader may be generous, for the fingerprint of what it gives decides. ``csv.Sniffer`` and ``pandas`` guess a separator
from how regular a text looks and take a decimal comma for one; here the number of columns is known, which decides
surely.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from practica.data.store.spec import BadContentError
from practica.data.store.wrapped import unwrapped

SMALL = 2**23  # bytes; the tables that are read cell by cell have 50 kB
SEPARATORS = ";\t|, "  # a comma last but one, for it may be a decimal one
MARKS = {"\ufeff": "", "\u00a0": " ", "\u202f": " ", "\x1a": "", "\x00": ""}
NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
MISSING = frozenset(
    {"", "?", "na", "n/a", "nan", "null", "none", "nil", "-", "--", ".", "*", "missing", "#n/a", "#n/d", "n/d"}
)
TRUE, FALSE = frozenset({"true", "yes", "t", "y"}), frozenset({"false", "no", "f", "n"})
FOREIGN = (".xlsx", ".xls", ".ods", ".parquet", ".feather", ".json", ".sav", ".dta", ".rda", ".rdata", ".mat")
REMARKS = ("#", "%", "@", "//")  # @: the head of an ARFF file


@dataclass(frozen=True)
class Layout:
    """How the lines of a table are to be cut: the separator, the lines above the first row, the cells in a row."""

    separator: str
    head: int
    width: int


def read_table(path: Path, columns: int) -> list[list[str]]:
    """Return the cells of a small table, row by row, without head, remarks, blank lines and numbers of rows.

    Raises:
        BadContentError: there is no table of so many columns.
    """
    rows = [
        [_bare(cell) for cell in row] for row in _cut(_lines(unwrapped(path, SMALL)), columns) if any(map(_bare, row))
    ]
    while rows and not _is_row(rows[0]):
        rows.pop(0)
    if not rows:
        raise BadContentError(f"it holds no table of {columns} columns of numbers")
    if all(len(row) > columns and not row[-1] for row in rows):  # a separator at the end of each line
        rows = [row[:-1] for row in rows]
    if all(len(row) == columns + 1 for row in rows):  # numbers or names of the rows, mostly in front
        for end, rest in ((0, slice(1, None)), (-1, slice(-1))):
            if len({row[end] for row in rows}) == len(rows):
                rows = [row[rest] for row in rows]
                break
    for number, row in enumerate(rows, 1):
        if len(row) != columns:
            raise BadContentError(f"row {number} has {len(row)} columns instead of {columns}")
    return rows


def read_numbers(path: Path, columns: int, limit: int) -> NDArray[np.float32]:
    """Return a large table of whole numbers ``(rows, columns)``, without head and numbers of rows.

    Raises:
        BadContentError: there is no table of so many columns.
    """
    import pandas as pd

    lines = _lines(unwrapped(path, limit))
    layout = _layout(lines, columns)
    text = io.StringIO("\n".join(lines[layout.head :]))
    try:
        # float32 holds each whole number to 2**24.
        table = pd.read_csv(text, sep=layout.separator, header=None, dtype=np.float32).to_numpy()
    except ValueError as error:  # pandas' own errors are among these
        raise BadContentError(f"it holds no table of {columns} columns of numbers ({error})") from error
    if table.shape[1] not in (columns, columns + 1):
        raise BadContentError(f"its rows have {table.shape[1]} columns instead of {columns}")
    return np.ascontiguousarray(table[:, -columns:])


def table_names(*stems: str) -> tuple[str, ...]:
    """Return the patterns of the names that a table may have, compressed or not."""
    ends = (".csv", ".data", ".txt", ".tsv", ".tab", ".dat", ".arff", "")
    packed = ("", ".gz", ".zip", ".bz2", ".xz")
    names = [f"{stem}{end}{pack}" for stem in stems for end in ends for pack in packed if end or pack]
    # Behind all others: no reader of ours takes them, but whoever puts one there is to hear of it.
    return (*names, *(f"{stem}{end}" for stem in stems for end in FOREIGN))


def number(cell: str) -> float:
    """Return the number in a cell, with a point or a comma; NaN where none was known, 1 and 0 for yes and no.

    Raises:
        ValueError: the cell holds something else.
    """
    word = cell.lower()
    if word in MISSING:
        return float("nan")
    if word in TRUE or word in FALSE:
        return float(word in TRUE)
    if not NUMBER.fullmatch(cell):
        raise ValueError(f"{cell!r} is no number")
    return float(cell.replace(",", "."))


def numbers(rows: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Return the numbers in all cells ``(rows, columns)``, NaN where one is missing.

    Raises:
        BadContentError: a cell holds something else; the message names it.
    """
    table = np.empty((len(rows), len(rows[0])))
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            try:
                table[i, j] = number(cell)
            except ValueError:
                raise BadContentError(f"row {i + 1}, column {j + 1} holds {cell[:40]!r}, which is no number") from None
    return table


def refuse_missing(table: NDArray[np.float64]) -> None:
    """Raise ``BadContentError`` for the first number that is missing where one must be."""
    if len(places := np.argwhere(np.isnan(table))):
        row, column = places[0] + 1
        raise BadContentError(f"row {row}, column {column} holds no number")


def _lines(data: bytes) -> list[str]:
    """Return the lines of a text that are neither blank nor remarks."""
    text = _decoded(data)
    for mark, plain in MARKS.items():
        text = text.replace(mark, plain)
    lines = (line.strip(" \r") for line in re.split(r"\r\n|\n|\r", text))
    return [line for line in lines if line.strip() and not line.startswith((*REMARKS, "sep="))]


def _decoded(data: bytes) -> str:
    """Return the text in Unicode, by its mark or by where its zeros are; else each byte is a character."""
    for mark, name in ((b"\xff\xfe\x00\x00", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(name, errors="replace")
    head = data[:1000]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) > 3 and not any(head[first : len(head) // 2 * 2 : 2]):
            return data.decode(name, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _cut(lines: list[str], columns: int) -> list[list[str]]:
    """Return the cells of each line."""
    separator = _layout(lines, columns).separator
    rows = []
    for line in lines:
        row = _cells(line, separator)
        if len(row) == 1 and line.startswith('"'):  # a spreadsheet has taken the whole line for one cell
            row = _cells(row[0], separator)
        rows.append(row)
    return rows


def _layout(lines: list[str], columns: int) -> Layout:
    """Return the separator that cuts the last lines, below any head, into about as many cells as there are columns."""
    sample = lines[-20:]
    for separator in SEPARATORS:
        widths = [_width(line, separator) for line in sample]
        if widths and columns <= (usual := max(widths, key=widths.count)) <= columns + 2:
            head = next(n for n, line in enumerate(lines) if _is_row(_cells(line, separator)) or n + 1 == len(lines))
            return Layout(separator, head, usual)
    comma = [_width(line, ",") for line in sample]
    if comma and max(comma) > 1:
        return Layout(",", 0, max(comma))
    raise BadContentError(f"it holds no table of {columns} columns of numbers")


def _width(line: str, separator: str) -> int:
    """Return the number of cells in a line, also in one that a spreadsheet has put in quotes as a whole."""
    cells = _cells(line, separator)
    return len(_cells(cells[0], separator)) if len(cells) == 1 and line.startswith('"') else len(cells)


def _cells(line: str, separator: str) -> list[str]:
    """Return the cells of one line; blanks at a separator do not count."""
    text = line.replace("\t", " ") if separator == " " else line
    return next(csv.reader([text], delimiter=separator, skipinitialspace=True), [])


def _bare(cell: str) -> str:
    """Return a cell without blanks, quotes and what makes a spreadsheet take a number for text."""
    return cell.strip().removeprefix("=").strip("\"'").strip()


def _is_row(cells: list[str]) -> bool:
    """Return whether at least half of the cells hold numbers, and these do not count the columns: a head has names."""
    bare = [_bare(cell) for cell in cells]
    counted = any(bare[1:] == [str(n) for n in range(first, first + len(bare) - 1)] for first in (0, 1, 2))
    return not counted and 2 * sum(bool(NUMBER.fullmatch(cell)) for cell in bare) >= max(len(bare), 3)
