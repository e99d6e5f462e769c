"""A table that breaks across pages, as a ``longtable`` of LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from practica.paper.escape import escape
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
from practica.words import word

MOST = 400  # rows of a table in the PDF, some 15 pages; CSV and HTML have all rows
FEW = 3  # rows of a table that may begin a page with its last row
# A longtable cannot be shrunk: its columns of text are narrowed instead, but stay readable.
TEXT_WIDTH = r"\dimexpr\textcolumns\relax"
NARROWED = (
    r"\ifdim\wd0>\linewidth\edef\textcolumns{{\the\dimexpr\linewidth-(\wd0-\linewidth)*100/{share}\relax}}"
    r"\ifdim\textcolumns<0.4\linewidth\edef\textcolumns{{\the\dimexpr0.4\linewidth\relax}}\fi\fi"
)
# Without such columns, headings of numbers break, then long names in the first column, and letters get smaller at last.
FIRST, HEADING = "N", r"\numberheading"
WHOLE = rf"\newcolumntype{{{FIRST}}}{{l}}\def{HEADING}#1{{#1}}"
TOO_WIDE = r"\ifdim\wd0>\linewidth"
BROKEN = rf"\setlength{{\tabcolsep}}{{4pt}}\def{HEADING}#1{{\parbox[b]{{0.13\linewidth}}{{\raggedleft #1}}}}"
FIRST_NARROWED = (
    r"\edef\firstcolumn{\the\dimexpr\linewidth-\wd0+\wd1\relax}"
    r"\ifdim\firstcolumn<0.15\linewidth\edef\firstcolumn{\the\dimexpr0.15\linewidth\relax}\scriptsize\fi"
    rf"\newcolumntype{{{FIRST}}}{{>{{\raggedright\arraybackslash}}p{{\firstcolumn}}}}"
)
# A longtable cannot be set in two columns.
ONE_COLUMN = r"\csname if@twocolumn\endcsname\onecolumn\let\asbefore\twocolumn\else\let\asbefore\relax\fi"
AS_BEFORE = r"\asbefore"
# Floats that wait would come only after the table, pages later: unless much of this page is free, they come first. If
# they fill most of the next page, a table that begins there would be "continued" before its first row.
BEGIN = (
    r"\par\expandafter\ifx\csname @deferlist\endcsname\empty\else\ifdim\pagegoal>\pagetotal"
    r"\ifdim\dimexpr\pagegoal-\pagetotal\relax<0.4\textheight\newpage\fi\fi\fi"
    r"\loop\ifdim\ifdim\pagegoal=\maxdimen\vsize\else\maxdimen\fi<20\baselineskip\null\newpage\repeat"
)
# A longtable forgets the floats at the top of its page: the next float would be put where no room is left for it.
ROOM_LEFT = r"\global\csname @colroom\endcsname\vsize"
# A rule after which no page ends: that of booktabs allows it.
LAST_RULE = r"\noalign{\nobreak\vskip\aboverulesep\hrule height\heavyrulewidth\nobreak\vskip3pt\nobreak}"


def long_table(table: Table, own: str) -> str:
    """Return a table that breaks across pages; of a very long one the first rows, and where to find the others."""
    if len(table.rows) > MOST:
        note = word("rows_cut", table.language).format(some=MOST, all=len(table.rows), name=table.name)
        table = replace(table, rows=table.rows[:MOST], notes=(note, *table.notes))
    caption = rf"\caption{{{caption_text(table)}}}\label{{tab:{table.name}}}"
    width = len(table.columns)
    alignment = alignment_of(table).replace(r"\linewidth", TEXT_WIDTH)
    heading = heading_row(table, HEADING)
    return "\n".join(
        [
            ONE_COLUMN,
            rf"\begingroup\footnotesize{BEGIN}{spacing(table)}{own}",
            *_measured(table, alignment, heading),
            rf"\begin{{longtable}}{{{alignment.replace('@{}l', f'@{{}}{FIRST}', 1)}}}",
            rf"{caption}\\",
            *[r"\toprule", heading, r"\midrule", r"\endfirsthead"],
            rf"\multicolumn{{{width}}}{{@{{}}l}}{{{continued(table)}}}\\",
            *[r"\toprule", heading, r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot", r"\endlastfoot"],
            *_ended(grouped_rows(table), _last_rows(table)),
            r"\end{longtable}",
            ROOM_LEFT + r"\endgroup" + AS_BEFORE,
            "",
        ]
    )


def _measured(table: Table, alignment: str, heading: str) -> list[str]:
    """Return lines that set how wide notes are, and what gives way, so that a long table fits the page."""
    share = round(100 * sum(column.width for column in table.columns))
    box = [rf"\sbox0{{\begin{{tabular}}{{{alignment}}}", heading, *grouped_rows(table), r"\end{tabular}}"]
    names = r"\\".join(escape(row[0].text) for row in table.rows)
    name_box = rf"\sbox1{{\begin{{tabular}}{{@{{}}l@{{}}}}{names}\end{{tabular}}}}"
    narrowed = [TOO_WIDE, BROKEN, *box, TOO_WIDE, name_box, FIRST_NARROWED, r"\fi\fi"]
    return [
        r"\def\textcolumns{\linewidth}" + WHOLE,
        *box,
        *([] if share else narrowed),
        AS_WIDE + r"\edef\noteswidth{\the\dimen0}",
        *([NARROWED.format(share=share)] if share else []),
    ]


def _last_rows(table: Table) -> list[str]:
    """Return the end of a table that breaks across pages: its notes stay below its last row."""
    box = r"\rlap{\begin{minipage}[t]{\noteswidth}\raggedright %s\strut\end{minipage}}"
    rows = [rf"\multicolumn{{{len(table.columns)}}}{{@{{}}l@{{}}}}{{{box % note}}}" for note in note_texts(table)]
    return [LAST_RULE, *(rf"{row} \\*" for row in rows)]


def _ended(rows: Sequence[str], last: Sequence[str]) -> list[str]:
    """Return rows of which the final two stand on one page with the ``last`` ones."""
    final = len(rows) - (2 if len(rows) > FEW else 1)
    return [*rows[:final], *(rf"{row.removesuffix('*')}*" for row in rows[final:]), *last]
