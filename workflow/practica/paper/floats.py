"""Place figures in the report: side by side, numbered as in the source, and with a hole where one is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from practica.paper.escape import escape

NAME = re.compile(r"fig(?P<extra>x?)(?P<number>\d+)(?P<letter>[a-z]?)")
HEIGHT = {1: "7.2cm", 2: "6.2cm"}
"""The largest height of a figure that stands alone, and of one beside another."""


@dataclass(frozen=True)
class Picture:
    """One figure: its name, its caption, and the file relative to the document or why there is none."""

    name: str
    caption: str
    path: str | None
    gap: str = ""


def number(name: str) -> str:
    """Return the source's number of a figure, from a name such as ``fig13a``; empty for one that the source lacks."""
    found = NAME.fullmatch(name)
    return str(int(found["number"])) if found and not found["extra"] else ""


def group(name: str) -> str:
    """Return what figures that belong side by side share: ``fig13`` for ``fig13a`` and ``fig13b``."""
    found = NAME.fullmatch(name)
    return name[: -len(found["letter"]) or None] if found else name


def figure(pictures: Sequence[Picture], caption: str) -> str:
    """Return a float with one picture, or several in rows of two under a caption of their own (LaTeX) in common."""
    own = number(pictures[0].name)
    numbering = rf"\renewcommand{{\thefigure}}{{{own}}}\renewcommand{{\theHfigure}}{{{own}}}" if own else ""
    if len(pictures) == 1:
        text = caption or escape(pictures[0].caption)
        body = [_image(pictures[0], "0.8", HEIGHT[1]), rf"\caption{{{text}}}\label{{fig:{pictures[0].name}}}"]
    else:
        body = [_beside(pictures), rf"\caption{{{caption}}}\label{{fig:{group(pictures[0].name)}}}"]
    return "\n".join([rf"\begin{{figure}}[!htbp]\centering{numbering}", *body, r"\end{figure}"])


def gap(reason: str, missing: str) -> str:
    """Return the mark that stands where a run left a hole."""
    return rf"\textcolor{{red}}{{[{escape(missing)}: {escape(reason)}]}}"


def _beside(pictures: Sequence[Picture]) -> str:
    boxes = [
        rf"\begin{{subfigure}}[t]{{0.48\linewidth}}\centering{_image(picture, '1', HEIGHT[2])}"
        rf"\caption{{{escape(picture.caption)}}}\label{{fig:{picture.name}}}\end{{subfigure}}"
        for picture in pictures
    ]
    rows = [r"\hfill".join(boxes[start : start + 2]) for start in range(0, len(boxes), 2)]
    return r"\par\medskip ".join(rows)


def _image(picture: Picture, width: str, height: str) -> str:
    if picture.path is None:
        box = r"\begin{minipage}{0.8\linewidth}\centering\vspace{1cm}"
        return rf"\fbox{{{box}{picture.gap}\vspace{{1cm}}\end{{minipage}}}}"
    size = rf"width={width}\linewidth,height={height},keepaspectratio"
    return rf"\includegraphics[{size}]{{{picture.path}}}"
