"""Place figures in the report: side by side, numbered as in the source, and with a mark if one is missing."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from practica.config.study import Study
from practica.paper import custom_latex
from practica.paper.escape import breakable, escape

LETTER = re.compile(r"(?<=[0-9])[a-z]$")
"""The letter that distinguishes figures that belong side by side."""
BESIDE = r"0.48\linewidth"
COLUMNS = r"\begin{multicols}{2}%s\raggedcolumns "
LEAVE, ENTER = r"\leavecolumns ", r"\entercolumns "
"""LaTeX that ends columns, if there are any, and begins them again."""
NOTHING_BETWEEN = re.compile(rf"{re.escape(ENTER)}(\s*)(?:{re.escape(LEAVE)}|\Z)")
ROOM = 2  # figures in a float of those that the prose does not place: one row, with which LaTeX can fill pages
REASON = 70  # characters of a reason inside a sentence; the table of the runs has more


@dataclass(frozen=True)
class Picture:
    """One figure: its name, caption and number in the source, and its file for the document or why there is none."""

    name: str
    caption: str
    path: str | None
    gap: str = ""
    number: int | None = None


def group(name: str) -> str:
    """Return the name that figures side by side share: ``fig1`` for ``fig1a`` and ``fig1b``."""
    return LETTER.sub("", name)


def together(names: Sequence[str]) -> list[list[str]]:
    """Return figures by float: those that belong side by side in one, the others two to a float."""
    groups: list[list[str]] = []
    open_ = False
    for _, members in itertools.groupby(names, group):
        same = list(members)
        if len(same) == 1 and open_ and len(groups[-1]) < ROOM:
            groups[-1] += same
        else:
            groups.append(same)
            open_ = len(same) == 1
    return groups


def across(study: Study, text: str) -> str:
    """Return what is as wide as the page, so that it may stand in the report's text, also if that has two columns."""
    return f"{LEAVE}{text}{ENTER}" if custom_latex.columns(study) > 1 else text


def joined(prose: str) -> str:
    """Return prose without the empty columns between figures and tables that follow one another."""
    return NOTHING_BETWEEN.sub(r"\1", prose)


def figure(pictures: Sequence[Picture], caption: str) -> str:
    """Return a float with one picture, or rows of two, under a common ``caption`` (LaTeX) or each under its own."""
    if len(pictures) == 1:
        body = _image(pictures[0]) + _captioned(pictures[0], caption)
    elif caption:
        body = _rows("subfigure", [_image(each) + _caption(each) for each in pictures])
        body += numbering("figure", _number(pictures[0]))
        label = group(pictures[0].name)
        body += rf"\caption{{{caption}}}" + rf"\label{{fig:{label}}}" * (label != pictures[0].name)
    else:
        body = _rows("minipage", [_image(each) + _captioned(each, "") for each in pictures])
    # LaTeX reads the numbering of sub-figures before their common caption.
    start = numbering("figure", _number(pictures[0]), count=False) if caption else ""
    return rf"\begin{{figure}}[!htp]\centering{start}{body}\end{{figure}}"


def numbering(kind: str, own: str, *, count: bool = True) -> str:
    """Return LaTeX that gives the next caption of a group the source's number, and keeps our own count unchanged."""
    if not own:
        return ""
    # Its link target must differ from that of our own float with the same number.
    names = rf"\renewcommand{{\the{kind}}}{{{own}}}\renewcommand{{\theH{kind}}}{{source.{own}}}"
    return names + (rf"\addtocounter{{{kind}}}{{-1}}" if count else "")


def gap(reason: str, label: str) -> str:
    """Return the mark for the result of a missing run."""
    return rf"\textcolor{{red}}{{[{escape(label)}: {breakable(textwrap.shorten(reason, REASON, placeholder='…'))}]}}"


def _number(picture: Picture) -> str:
    return "" if picture.number is None else str(picture.number)


def _captioned(picture: Picture, caption: str) -> str:
    text = caption or escape(picture.caption)
    return rf"{numbering('figure', _number(picture))}\caption{{{text}{_origin(picture)}}}\label{{fig:{picture.name}}}"


def _caption(picture: Picture) -> str:
    return rf"\caption{{{escape(picture.caption)}{_origin(picture)}}}\label{{fig:{picture.name}}}"


def origin(name: str) -> str:
    """Return the end of a caption: a link to the row of a figure or table in the list of what each is made from."""
    return rf"\origin{{{name}}}"


def _origin(picture: Picture) -> str:
    return origin(picture.name) if picture.path else ""


def _rows(environment: str, contents: list[str]) -> str:
    boxes = [rf"\begin{{{environment}}}[t]{{{BESIDE}}}\centering {each}\end{{{environment}}}" for each in contents]
    rows = [r"\hfill ".join(boxes[start : start + 2]) for start in range(0, len(boxes), 2)]
    return r"\par\medskip ".join(rows) + r"\par "


def _image(picture: Picture) -> str:
    """Return the picture at its own size, for which its letters are made, or smaller if it does not fit."""
    if picture.path is None:
        box = r"\begin{minipage}{0.8\linewidth}\centering\vspace{1cm}"
        return rf"\fbox{{{box}{picture.gap}\vspace{{1cm}}\end{{minipage}}}}"
    image = rf"\includegraphics{{{picture.path}}}"
    return rf"\sbox0{{{image}}}\ifdim\wd0>\linewidth\resizebox{{\linewidth}}{{!}}{{\usebox0}}\else\usebox0\fi "
