"""Print a table as LaTeX (booktabs), CSV and a self-contained HTML page."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from practica.files import write_text
from practica.paper.floats import numbering
from practica.paper.html import to_html
from practica.paper.longtable import long_table
from practica.paper.row_heights import LONG, is_long, parts
from practica.paper.table import Table
from practica.paper.tabular import (
    AS_WIDE,
    alignment_of,
    caption_text,
    continued,
    grouped_rows,
    heading_row,
    note_texts,
    spacing,
)

FORMATS = ("tex", "csv", "html")
ALONE = "\\providecommand{\\origin}[1]{}\n"
"""What a table needs outside the report, which has a list of what each table is made from."""
TALL = 20  # rows: a table with more is set smaller

# Shrink a table that is wider than the page, such as one with a user's long names.
FIT = r"\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi"
NOTES = r"\dimen0"


def write(table: Table, folder: Path) -> None:
    """Write ``<folder>/<name>.{tex,csv,html}``, each whole or not at all."""
    for suffix, text in zip(FORMATS, (ALONE + to_latex(table), to_csv(table), to_html(table)), strict=True):
        write_text(folder / f"{table.name}.{suffix}", text)


def to_csv(table: Table) -> str:
    """Return the table for machines: full precision, decimal points, and a column for every part of a value."""
    keys = [(place, suffix) for place in range(len(table.columns)) for suffix in _suffixes(table, place)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*(table.columns[place].key + suffix for place, suffix in keys), "data"])
    data = "STAND-IN" if table.stand_in else "real"
    for row in table.rows:
        writer.writerow([*(row[place].raw.get(suffix, "") for place, suffix in keys), data])
    return stream.getvalue()


def _suffixes(table: Table, place: int) -> list[str]:
    """Return the parts of the values in a column, such as a mean and its standard deviation."""
    return list(dict.fromkeys(suffix for row in table.rows for suffix in row[place].raw)) or [""]


def to_latex(table: Table, *, number: str = "", breaks: bool = False) -> str:
    """Return the table as a float; as several if its rows are too tall for one; as a ``longtable`` if it has many rows.

    If it ``breaks`` across pages, it is a ``longtable``, too.

    ``number`` replaces LaTeX's own. The preamble needs ``booktabs``, ``caption``, ``graphicx``, ``hyperref``,
    ``longtable``, ``pifont`` and ``xcolor``. The class may have one column or two.
    """
    own = numbering("table", number)
    if breaks or len(table.rows) > LONG:
        return long_table(table, own)
    size = r"\footnotesize" if len(table.rows) > TALL else r"\small"
    begin, end = rf"\begin{{table}}[!htp]\centering{size}{own}", r"\end{table}"
    pieces = parts(table)
    return "\n".join(
        line
        for place, piece in enumerate(pieces, 1)
        for line in (begin, *_whole(piece, notes=place == len(pieces), again=place > 1), end, "")
    )


def beside(tables: Sequence[Table]) -> str:
    """Return tables as one float, two in a row, each with its own caption; a long table makes each a float."""
    if len(tables) == 1 or any(map(is_long, tables)):
        return "".join(map(to_latex, tables))
    body = "\\par\\bigskip\n".join(_pairs(tables))
    return rf"\begin{{table}}[!htp]\centering\footnotesize {body}\end{{table}}" if tables else ""


def table_rows(tables: Sequence[Table]) -> str:
    """Return tables one after another, two in a row, without floats: LaTeX holds only a limited number of those."""
    short = [table for table in tables if not is_long(table)]
    rows = "".join(rf"\noindent {row}\par\bigskip{chr(10)}" for row in _pairs(short))
    return rf"{{\footnotesize\captionsetup{{type=table}}{rows}}}" + "".join(
        to_latex(table) for table in tables if table not in short
    )


def _pairs(tables: Sequence[Table]) -> list[str]:
    """Return tables in rows of two boxes, each under its own caption."""
    boxes = [
        "\n".join([r"\begin{minipage}[t]{0.48\linewidth}\centering", *_whole(table), r"\end{minipage}"])
        for table in tables
    ]
    return ["\\hfill\n".join(boxes[start : start + 2]) for start in range(0, len(boxes), 2)]


def _whole(table: Table, *, notes: bool = True, again: bool = False) -> list[str]:
    """Return the lines of a table that does not break: its caption, unless it is shown ``again``, rows and notes."""
    caption = rf"\caption{{{caption_text(table)}}}\label{{tab:{table.name}}}"
    return [
        f"{spacing(table)}{continued(table) if again else caption}",
        rf"\sbox0{{\begin{{tabular}}{{{alignment_of(table)}}}",
        *[r"\toprule", heading_row(table), r"\midrule", *grouped_rows(table), r"\bottomrule"],
        r"\end{tabular}}",
        FIT + AS_WIDE,
        *(_notes(table) if notes else ()),
    ]


def _notes(table: Table) -> list[str]:
    # A note that begins left of its table looks misplaced, so centre one that is wider than the table.
    lines = r"\ifdim\wd0<\dimen0 \centering\else\raggedright\fi"
    return [
        rf"\par\smallskip\begin{{minipage}}{{{NOTES}}}\footnotesize{lines} {note}\end{{minipage}}"
        for note in note_texts(table)
    ]
