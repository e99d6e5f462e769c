"""Read tables of numbers as people have them: any encoding, line end, separator and quoting, with or without headers.

A reader may be generous, because the fingerprint of its result decides. ``csv.Sniffer`` and ``pandas`` do not guess
separators reliably.
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

from practica.data.store.decompression import unwrapped
from practica.data.store.spec import BadContentError, OtherContentError

SMALL = 2**23  # bytes; tables that are read cell by cell have 50 kB
SEPARATORS = ";\t|, "  # the comma late, because it may be a decimal mark
MARKS = {"\ufeff": "", "\u00a0": " ", "\u202f": " ", "\u201c": '"', "\u201d": '"', "\x1a": "", "\x00": ""}
NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
# Compared without anything but letters and digits: covers "?", "n/a", "<NA>", "#NULL!" and "1.#QNAN".
MISSING = frozenset(
    {"", "na", "nan", "nat", "null", "none", "nil", "missing", "unknown", "empty", "nd", "nv", "ka", "sd", "div0"}
    | {"name", "value", "1qnan", "1ind", "n"}  # \\N
)
TRUE, FALSE = frozenset({"true", "yes", "t", "y"}), frozenset({"false", "no", "f", "n"})
FOREIGN = (".xlsx", ".xls", ".ods", ".parquet", ".feather", ".json", ".sav", ".dta", ".rda", ".rdata", ".mat")
MARGINS = 3
"""Largest number of columns beside those of the data: empty ones, and row numbers."""
REMARKS = ("#", "%", "@", "//")  # @: the head of an ARFF file
REMARK = re.compile(r"\s+#\s.*")
"""A remark after the cells of a row."""


@dataclass(frozen=True)
class Layout:
    """How to split the lines of a table: the separator, the lines above the first row, the cells in a row."""

    separator: str
    head: int
    width: int


def read_table(path: Path, columns: int) -> list[list[str]]:
    """Return the cells of a small table, row by row, without header, remarks, blank lines and row numbers.

    Raises:
        BadContentError: there is no table.
        OtherContentError: it has another number of columns.
    """
    rows = [
        [_bare(cell) for cell in row] for row in _cut(_lines(unwrapped(path, SMALL)), columns) if any(map(_bare, row))
    ]
    for end in (0, -1):
        while rows and not _is_row(rows[end]):
            rows.pop(end)
    if not rows:
        raise BadContentError(f"it holds no table of {columns} columns of numbers")
    rows = _without_margins(_joined(rows, columns), columns)
    widths = {len(row) for row in rows}
    if len(widths) == 1 != len(rows) and widths != {columns}:
        raise OtherContentError(f"{widths.pop()} columns instead of {columns}")
    for number, row in enumerate(rows, 1):
        if len(row) != columns:
            raise BadContentError(f"row {number} has {len(row)} columns instead of {columns}")
    return rows


def _joined(rows: list[list[str]], columns: int) -> list[list[str]]:
    """Return rows that were each written on two lines as single rows."""
    pairs = list(zip(rows[::2], rows[1::2], strict=False))
    if 2 * len(pairs) == len(rows) and all(len(first) + len(second) == columns for first, second in pairs):
        return [first + second for first, second in pairs]
    return rows


def _without_margins(rows: list[list[str]], columns: int) -> list[list[str]]:
    """Return rows without the columns beside the data."""
    while all(len(row) > columns for row in rows) and (end := _margin(rows)) is not None:
        rows = [row[1:] if end == 0 else row[:-1] for row in rows]
    return rows


def _margin(rows: list[list[str]]) -> int | None:
    """Return the end, 0 or -1, at which all rows have an empty cell, or a row number or name, mostly in front."""
    for end in (-1, 0):
        if not any(row[end] for row in rows):
            return end
    for end in (0, -1):
        cells = [row[end] for row in rows]
        if len(set(cells)) == len(cells) and not any(map(_has_decimals, cells)):
            return end
    return None


def _has_decimals(cell: str) -> bool:
    """Return whether a cell holds a number that is not whole."""
    return bool(NUMBER.fullmatch(cell)) and not float(cell.replace(",", ".")).is_integer()


def read_numbers(path: Path, columns: int, limit: int) -> NDArray[np.float32]:
    """Return a large table of whole numbers ``(rows, columns)``, without header and row numbers.

    Raises:
        BadContentError: there is no table with this number of columns.
    """
    import pandas as pd

    lines = _lines(unwrapped(path, limit))
    layout = _layout(lines, columns)
    text = io.StringIO("\n".join(lines[layout.head :]))
    try:
        # float32 represents every whole number up to 2**24.
        table = pd.read_csv(text, sep=layout.separator, header=None, dtype=np.float32).to_numpy()
    except ValueError as error:  # pandas' own errors are among these
        raise BadContentError(f"it holds no table of {columns} columns of numbers ({error})") from error
    if table.shape[1] not in (columns, columns + 1):
        raise BadContentError(f"its rows have {table.shape[1]} columns instead of {columns}")
    return np.ascontiguousarray(table[:, -columns:])


def table_names(*stems: str) -> tuple[str, ...]:
    """Return patterns of the names that a table may have, compressed or not."""
    ends = (".csv", ".data", ".txt", ".tsv", ".tab", ".dat", ".arff", "")
    suffixes = ("", ".gz", ".zip", ".bz2", ".xz")
    names = [f"{stem}{end}{suffix}" for stem in stems for end in ends for suffix in suffixes if end or suffix]
    # After all others: no reader takes these, but whoever puts one there should get an error.
    return (*names, *(f"{stem}{end}" for stem in stems for end in FOREIGN))


def number(cell: str) -> float:
    """Return the number in a cell, with a decimal point or comma; NaN for a missing value, 1 and 0 for yes and no.

    Raises:
        ValueError: the cell holds something else.
    """
    word = cell.lower()
    if word in TRUE or word in FALSE:
        return float(word in TRUE)
    if re.sub(r"[\W_]", "", word) in MISSING:
        return float("nan")
    if not NUMBER.fullmatch(cell):
        raise ValueError(f"{cell!r} is no number")
    return float(cell.replace(",", "."))


def numbers(rows: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Return the numbers in all cells ``(rows, columns)``, with NaN for missing ones.

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
    """Raise ``BadContentError`` for the first missing number."""
    if len(places := np.argwhere(np.isnan(table))):
        row, column = places[0] + 1
        raise BadContentError(f"row {row}, column {column} holds no number")


def _lines(data: bytes) -> list[str]:
    """Return the lines of a text that are neither blank nor remarks."""
    text = _decoded(data)
    for mark, plain in MARKS.items():
        text = text.replace(mark, plain)
    lines = (REMARK.sub("", line).strip(" \r") for line in re.split(r"\r\n|\n|\r", text))
    return [line for line in lines if line.strip() and not line.startswith((*REMARKS, "sep="))]


def _decoded(data: bytes) -> str:
    """Return the text, decoded by its byte order mark or by where its zeros are; else as UTF-8 or Latin-1."""
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
        if len(row) == 1 and line.startswith('"'):  # a spreadsheet took the whole line for one cell
            row = _cells(row[0], separator)
        rows.append(row)
    return rows


def _layout(lines: list[str], columns: int) -> Layout:
    """Return the separator that splits the last lines, below any header, into about as many cells as columns."""
    sample = lines[-20:]
    for separator in SEPARATORS:
        widths = [_width(line, separator) for line in sample]
        if widths and columns <= (usual := max(widths, key=widths.count)) <= columns + MARGINS:
            head = next(n for n, line in enumerate(lines) if _is_row(_cells(line, separator)) or n + 1 == len(lines))
            return Layout(separator, head, usual)
    for separator in SEPARATORS:  # a table with other columns, or one with each row on two lines
        widths = [_width(line, separator) for line in sample]
        if widths and min(widths[:-1], default=0) > 1:
            return Layout(separator, 0, max(widths))
    raise BadContentError(f"it holds no table of {columns} columns of numbers")


def _width(line: str, separator: str) -> int:
    """Return the number of cells in a line, even if a spreadsheet has quoted it as a whole."""
    cells = _cells(line, separator)
    return len(_cells(cells[0], separator)) if len(cells) == 1 and line.startswith('"') else len(cells)


def _cells(line: str, separator: str) -> list[str]:
    """Return the cells of one line, without blanks around the separator."""
    text = line.replace("\t", " ") if separator == " " else line
    try:
        return next(csv.reader([text], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:  # a cell that is too long for any table
        return [line]


def _bare(cell: str) -> str:
    """Return a cell without blanks, quotes and the sign with which spreadsheets mark text."""
    return cell.strip().removeprefix("=").strip("\"'").strip()


def _is_row(cells: list[str]) -> bool:
    """Return whether at least half of the cells hold numbers that do not just count the columns: a header has names."""
    bare = [_bare(cell) for cell in cells]
    is_count = any(bare[1:] == [str(n) for n in range(first, first + len(bare) - 1)] for first in (0, 1, 2))
    return not is_count and 2 * sum(bool(NUMBER.fullmatch(cell)) for cell in bare) >= max(len(bare), 3)
