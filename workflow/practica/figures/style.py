"""The style of all figures: sizes, fonts, colours, and equal files for equal figures."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import LogFormatterSciNotation, MaxNLocator, ScalarFormatter

from practica.files import atomic_path
from practica.words import Words

WIDTH = 3.16
"""Width of a figure that is printed beside another in the report [in], unscaled, so letters keep their size."""
BANNER_HEIGHT, TITLE_HEIGHT, LINE_HEIGHT, LEGEND_HEIGHT = 0.24, 0.2, 0.13, 0.36
"""Heights of the stand-in banner, the title, a line of small print and a legend of two lines [in]."""
CHARACTERS = 70
"""Characters of small print in one line of the figure."""
COLUMNS = ((3, None), (2, None), (2, 19), (1, 45))
"""Columns of a legend, and the characters in a line of an entry; the first that fit are taken."""
FEW = 4
"""Entries of a legend that are set below each other, rather than broken."""

RC: Any = {
    # STIX comes with matplotlib, looks like LaTeX's serif text, and is embedded as TrueType.
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "pdf.fonttype": 42,
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "figure.titlesize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.title_fontsize": 7.5,
    "legend.borderpad": 0.1,
    "legend.borderaxespad": 0.3,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "grid.linewidth": 0.4,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "lines.linewidth": 1.2,
    "savefig.dpi": 150,
}
FORMATS: dict[str, dict[str, Any]] = {"png": {"Software": None}, "pdf": {"CreationDate": None}}
"""The formats of a figure's files, each with its metadata."""


@dataclass(frozen=True)
class Look:
    """How a line differs from the others: by colour and, for print without colour, by dashes."""

    colour: str
    dashes: Literal["-", "--", "-.", ":"]


# Okabe and Ito's palette for colour-blind readers, with Tol's wine in place of a purple that is pale in thin lines.
BLUE, VERMILLION, GREEN, WINE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#882255", "#E69F00", "#56B4E9"
BLACK, GREY = "#000000", "#888888"
# The first four variants have other colours than the splits, so that no reader takes a variant for the validation.
SPLIT_LOOKS = {"train": Look(BLUE, "-"), "validation": Look(VERMILLION, "--"), "test": Look(BLACK, ":")}
COLOURS = (GREEN, WINE, ORANGE, SKY, BLUE, VERMILLION)
DASHES: tuple[Literal["-", "--", "-.", ":"], ...] = ("-", "--", "-.", ":")


@contextmanager
def style() -> Iterator[None]:
    """Apply the style while figures are made or saved."""
    with matplotlib.rc_context(RC):
        yield


def new_figure(height: float, title: str) -> Figure:
    """Return an empty figure, one column wide and ``height`` inches high."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.suptitle(title)
    return figure


def look(place: int) -> Look:
    """Return the look of the line at this place; looks repeat after 24."""
    turn, colour = divmod(place, len(COLOURS))
    return Look(COLOURS[colour], DASHES[(turn + place) % len(DASHES)])


def legend(figure: Figure, handles: Iterable[Any], notes: Iterable[str]) -> None:
    """Put the legend and the small print below the axes, where they hide no data, in as many columns as fit."""
    handles = list(handles)
    lines = [line for note in notes for line in textwrap.wrap(note, CHARACTERS, max_lines=3, placeholder=" …")]
    if not handles:
        handles = [Line2D([], [], linestyle="none", label=" ")]
    columns, height = _set_out(figure, handles)
    room = LINE_HEIGHT * max(0, len(lines) - 1) + max(0, height - LEGEND_HEIGHT)
    figure.set_figheight(figure.get_figheight() + room)
    box = figure.legend(handles=handles, loc="outside lower center", ncols=columns, title="\n".join(lines) or None)
    box.get_title().set(parse_math=False, multialignment="center")
    # The small print explains the entries, so move it below them.
    box._legend_box.get_children().reverse()  # type: ignore[attr-defined]


def _set_out(figure: Figure, handles: Sequence[Any]) -> tuple[int, float]:
    """Break the entries of a legend so that it fits into the width of a figure; return its columns and height [in]."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    labels = [handle.get_label() for handle in handles]
    for columns, characters in COLUMNS:
        if columns > 1 and (columns > len(handles) or (characters and len(handles) <= FEW)):
            continue
        for handle, label in zip(handles, labels, strict=True):
            handle.set_label(textwrap.fill(label, characters) if characters else label)
        legend = figure.legend(handles=handles, ncols=columns)
        extent = legend.get_window_extent(renderer)
        legend.remove()
        if extent.width <= figure.bbox.width:
            break
    return columns, extent.height / figure.dpi


def squared(text: str) -> str:
    """Return text with its superscript two as a formula, because that of the figures' font is too heavy."""
    return text.replace("$", r"\$").replace("²", "$^2$") if "²" in text else text


def local_numbers(axes: Axes, texts: Words) -> None:
    """Write the ticks with the language's decimal mark."""
    mark = texts["decimal_mark"]
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "linear":
            axis.set_major_formatter(LocalFormatter(mark))
        else:
            axis.set_major_formatter(LocalLogFormatter(mark))
            # Minor ticks have labels only if the axis spans too few decades.
            axis.set_minor_formatter(LocalLogFormatter(mark, labelOnlyBase=False, minor_thresholds=(1, 0.4)))


class LocalFormatter(ScalarFormatter):
    """Matplotlib's own tick labels with another decimal mark."""

    def __init__(self, mark: str) -> None:
        """Remember the decimal mark."""
        super().__init__(useOffset=False)
        self.mark = mark

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of tick ``x``."""
        return super().__call__(x, pos).replace(".", self.mark)


class LocalLogFormatter(LogFormatterSciNotation):
    """The same for logarithmic axes, whose labels are formulas."""

    def __init__(self, mark: str, **options: Any) -> None:
        """Remember the decimal mark, in braces: a bare comma in a formula would have a space after it."""
        super().__init__(**options)
        self.mark = f"{{{mark}}}"

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of tick ``x``."""
        return super().__call__(x, pos).replace(".", self.mark)


def whole_epochs(axes: Axes) -> None:
    """Put the ticks of the epochs at whole numbers."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))


def stamp(figure: Figure, text: str) -> None:
    """Mark a figure of generated data with a banner above everything else and the word across it."""
    height = figure.get_figheight() + BANNER_HEIGHT
    figure.set_figheight(height)
    banner, title = BANNER_HEIGHT / height, TITLE_HEIGHT / height
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(rect=(0, 0, 1, 1 - banner - title))
    # The layout would put its own title into the banner.
    figure.text(
        0.5, 1 - banner - title / 2, figure.get_suptitle(), ha="center", va="center", size=RC["figure.titlesize"]
    )
    figure.suptitle("")
    box = {"facecolor": "#B00020", "edgecolor": "none", "pad": 3}
    figure.text(0.5, 1 - banner / 2, text, color="white", weight="bold", ha="center", va="center", bbox=box)
    word = text.partition(":")[0]
    figure.text(0.5, 0.5, word, color="#B00020", alpha=0.16, size=34, rotation=30, ha="center", va="center")


def message(title: str, text: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = new_figure(1.6, title)
    # A whole traceback does not fit; its beginning says what happened.
    lines = [line for part in text.split("\n") for line in textwrap.wrap(part, 58, max_lines=5, placeholder=" …")]
    figure.set_figheight(1.1 + LINE_HEIGHT * max(3, len(lines)))
    box = {"facecolor": "#f4f4f4", "edgecolor": "#999999", "boxstyle": "round,pad=0.6"}
    figure.text(0.5, 0.44, "\n".join(lines), ha="center", va="center", bbox=box, parse_math=False)
    return figure


def save(figure: Figure, stem: Path, *, captioned: bool = True) -> None:
    """Write ``<stem>.png`` and ``<stem>.pdf``, each whole or not at all, without a date of creation.

    The PDF of a ``captioned`` figure has no title, because its caption in the report says the same.
    """
    with style():
        for kind, fields in FORMATS.items():
            if kind == "pdf" and captioned and figure.get_suptitle():
                figure.suptitle("")
                figure.set_figheight(figure.get_figheight() - TITLE_HEIGHT)
            with atomic_path(stem.with_name(f"{stem.name}.{kind}")) as part:
                figure.savefig(part, format=kind, metadata=fields)
