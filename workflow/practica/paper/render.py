"""Print a table as LaTeX (booktabs), CSV and a self-contained HTML page."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from practica.figures.tones import TONES
from practica.files import write_text
from practica.paper.escape import breakable, escape
from practica.paper.floats import numbering, origin
from practica.paper.html import stand_in_mark, to_html
from practica.paper.table import PALE, Cell, Column, Table
from practica.paper.tall import LONG, SPANNED, is_long, parts
from practica.words import word

FORMATS = ("tex", "csv", "html")
ALONE = "\\providecommand{\\origin}[1]{}\n"
"""What a table needs outside the report, which has a list of what each table is made from."""
REASON = 300  # characters of a reason in a note of the PDF; CSV and HTML have the whole text
MOST = 400  # rows of a table in the PDF, some 15 pages; CSV and HTML have all rows
TALL = 20  # rows: a table with more is set smaller

# Shrink a table that is wider than the page, such as one with a user's long names.
FIT = r"\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi"
# A longtable cannot be shrunk: its columns of text are narrowed instead, but stay readable.
TEXT_WIDTH = r"\dimexpr\textcolumns\relax"
NARROWED = (
    r"\ifdim\wd0>\linewidth\edef\textcolumns{{\the\dimexpr\linewidth-(\wd0-\linewidth)*100/{share}\relax}}"
    r"\ifdim\textcolumns<0.4\linewidth\edef\textcolumns{{\the\dimexpr0.4\linewidth\relax}}\fi\fi"
)
# A longtable cannot be set in two columns.
ONE_COLUMN = r"\csname if@twocolumn\endcsname\onecolumn\let\asbefore\twocolumn\else\let\asbefore\relax\fi"
AS_BEFORE = r"\asbefore"
# Notes are as wide as their table, but wide enough for several words on a line.
NOTES = r"\dimen0"
AS_WIDE = (
    r"\dimen0=\wd0 \ifdim\dimen0<8cm\dimen0=8cm\fi"
    r"\ifdim\dimen0>\linewidth\dimen0=\linewidth\fi"
)


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
        return _long(table, own)
    size = r"\footnotesize" if len(table.rows) > TALL else r"\small"
    begin, end = rf"\begin{{table}}[!htbp]\centering{size}{own}", r"\end{table}"
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
    return rf"\begin{{table}}[!htbp]\centering\footnotesize {body}\end{{table}}" if tables else ""


def listed(tables: Sequence[Table]) -> str:
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
    caption = rf"\caption{{{_caption(table)}}}\label{{tab:{table.name}}}"
    return [
        f"{_spacing(table)}{_again(table) if again else caption}",
        rf"\sbox0{{\begin{{tabular}}{{{_alignment(table)}}}",
        *[r"\toprule", _heading(table), r"\midrule", *_grouped(table), r"\bottomrule"],
        r"\end{tabular}}",
        FIT + AS_WIDE,
        *(_notes(table, NOTES) if notes else ()),
    ]


def _long(table: Table, own: str) -> str:
    """Return a table that breaks across pages; of a very long one the first rows, and where to find the others."""
    if len(table.rows) > MOST:
        note = word("rows_cut", table.language).format(some=MOST, all=len(table.rows), name=table.name)
        table = replace(table, rows=table.rows[:MOST], notes=(note, *table.notes))
    caption = rf"\caption{{{_caption(table)}}}\label{{tab:{table.name}}}"
    width = len(table.columns)
    alignment = _alignment(table).replace(r"\linewidth", TEXT_WIDTH)
    return "\n".join(
        [
            ONE_COLUMN,
            rf"\begingroup\footnotesize{_spacing(table)}{own}",
            *_measured(table, alignment),
            rf"\begin{{longtable}}{{{alignment}}}",
            rf"{caption}\\",
            *[r"\toprule", _heading(table), r"\midrule", r"\endfirsthead"],
            rf"\multicolumn{{{width}}}{{l}}{{{_again(table)}}}\\",
            *[r"\toprule", _heading(table), r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot"],
            *_grouped(table),
            r"\end{longtable}",
            *_notes(table),
            r"\endgroup" + AS_BEFORE,
            "",
        ]
    )


def _measured(table: Table, alignment: str) -> list[str]:
    """Return lines that set how wide the columns of text are together, so that a long table fits the page."""
    share = round(100 * sum(column.width for column in table.columns))
    if not share:
        return []
    return [
        r"\def\textcolumns{\linewidth}",
        *[rf"\sbox0{{\begin{{tabular}}{{{alignment}}}", _heading(table), *_grouped(table), r"\end{tabular}}"],
        NARROWED.format(share=share),
    ]


def _again(table: Table) -> str:
    return rf"\emph{{{escape(word('continued', table.language))}}}"


def _spacing(table: Table) -> str:
    """Return the space between columns; it is smaller in tables that hold sentences."""
    return r"\setlength{\tabcolsep}{4pt}" if any(column.width for column in table.columns) else ""


def _caption(table: Table) -> str:
    mark = rf"\textcolor{{red}}{{\textbf{{{escape(stand_in_mark(table))}}}}} " if table.stand_in else ""
    return mark + escape(table.caption) + (origin(table.name) if table.listed else "")


def _alignment(table: Table) -> str:
    return "@{}" + "".join(_column(column) for column in table.columns) + "@{}"


def _column(column: Column, width: float = 0) -> str:
    if width := width or column.width:
        return rf">{{\raggedright\arraybackslash}}p{{{width}\linewidth}}"
    return "r" if column.numeric else "l"


def _heading(table: Table) -> str:
    return " & ".join(_head(column) for column in table.columns) + r" \\"


def _head(column: Column) -> str:
    return rf"\multicolumn{{1}}{{r}}{{{escape(column.heading)}}}" if column.numeric else escape(column.heading)


def _body(table: Table) -> list[str]:
    return [_space(table, place) + _row(table, row) for place, row in enumerate(table.rows)]


def _grouped(table: Table) -> list[str]:
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


def _row(table: Table, row: Sequence[Cell]) -> str:
    """Return a row; after one that heads a group, no page ends."""
    gaps = table.gaps()
    end = r" \\*" if any(cell.span > 1 for cell in row) else r" \\"
    return " & ".join(_cell(cell, column, gaps) for column, cell in table.shown(row)) + end


def _cell(cell: Cell, column: Column, gaps: dict[str, str]) -> str:
    text = _text(cell.text, column) + (rf"\ref{{fig:{cell.figure}}}" if cell.figure else "")
    if cell.section:
        text = rf"\hyperref[sec:{cell.section}]{{{text}}}"
    if cell.gap:
        return rf"\textcolor{{red}}{{{text}}}\textsuperscript{{{gaps[cell.gap]}}}"
    if cell.tone:
        text = coloured(text if cell.tone == PALE else rf"\textbf{{{text}}}", cell.tone)
    if cell.below:
        text = _stacked(text, cell.below.split("\n"), column)
    return rf"\multicolumn{{{cell.span}}}{{{_column(column, SPANNED)}}}{{{text}}}" if cell.span > 1 else text


def _text(text: str, column: Column) -> str:
    """Return a line of a cell; if the column has a width, long names may break in it, but numbers do not."""
    return breakable(text, "_") if column.width else escape(text)


def coloured(text: str, tone: str) -> str:
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


def _notes(table: Table, width: str = r"0.9\linewidth") -> list[str]:
    notes = [rf"\textsuperscript{{{letter}}}~{_reason(reason)}" for reason, letter in table.gaps().items()]
    notes += [escape(note) for note in table.notes]
    # A note that begins left of its table looks misplaced, so centre one that is wider than the table.
    lines = r"\ifdim\wd0<\dimen0 \centering\else\raggedright\fi" if width == NOTES else r"\raggedright"
    return [
        rf"\par\smallskip\begin{{minipage}}{{{width}}}\footnotesize{lines} {note}\end{{minipage}}" for note in notes
    ]


def _reason(text: str) -> str:
    return breakable(textwrap.shorten(text, REASON, placeholder="…"))
