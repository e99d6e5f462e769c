"""Draw metrics over the epochs: one or more axes, one above the other, with mean lines and bands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from practica.evidence.curves import Curve
from practica.figures.points import series
from practica.figures.style import Look, legend, local_numbers, new_figure, squared, whole_epochs
from practica.words import Words

POINTS = 600
"""More points than this cannot be distinguished at column width, and only make files large."""


@dataclass(frozen=True)
class Line:
    """A curve with its name in the legend and its look."""

    label: str
    curve: Curve
    look: Look


@dataclass(frozen=True)
class Plot:
    """One set of axes.

    Attributes:
        label: the label of its vertical axis.
        bounds: the limits that the quantity can never leave; either may be None.
        spread: draw only the standard deviation, not the mean with its band.
        share: whether the values are shares of right answers, so that the rest are errors.
        ends: the smallest and the largest value that the axes show; None: those of the lines.
    """

    label: str
    lines: tuple[Line, ...]
    log: bool = False
    bounds: tuple[float | None, float | None] = (None, None)
    spread: bool = False
    ends: tuple[float, float] | None = None
    share: bool = False


def curves(
    plots: Sequence[Plot],
    title: str,
    notes: Iterable[str],
    texts: Words,
    log_epochs: bool = False,
    height: float = 0.0,
) -> Figure:
    """Return a figure of these axes from top to bottom, over a common axis of epochs; ``height`` [in] 0: as needed."""
    figure = new_figure(height or 1.15 + 1.1 * len(plots), title)
    rows = figure.subplots(len(plots), 1, sharex=True, squeeze=False)[:, 0]
    for axes, plot in zip(rows, plots, strict=True):
        if log_epochs:
            axes.set_xscale("log")
        _draw(axes, plot)
        local_numbers(axes, texts)
    figure.align_ylabels()
    rows[-1].set_xlabel(texts["epoch"])
    if not log_epochs:
        whole_epochs(rows[-1])
    legend(figure, _handles(plots), notes)
    return figure


def _draw(axes: Axes, plot: Plot) -> None:
    axes.set_ylabel(squared(plot.label))
    if plot.log:
        axes.set_yscale("log")
    for line in plot.lines:
        with series(axes, line.label):
            _draw_line(axes, line, plot.spread)
    if not plot.log:
        axes.set_ylim(limits(plot.ends, axes.get_ylim(), plot.bounds))


def limits(
    ends: tuple[float, float] | None, span: tuple[float, float], bounds: tuple[float | None, float | None]
) -> tuple[float, float]:
    """Return the limits of an axis: ``ends`` with a margin, or else ``span``; at most slightly beyond ``bounds``."""
    if ends:
        room = 0.05 * (ends[1] - ends[0]) or 0.05
        span = (ends[0] - room, ends[1] + room)
    low, high = span
    least, most = bounds
    room = 0.03 * (high - low)
    return low if least is None else max(low, least - room), high if most is None else min(high, most + room)


def _draw_line(axes: Axes, line: Line, spread: bool) -> None:
    selection = points_to_draw(len(line.curve.epochs), axes.get_xscale())
    epochs = line.curve.epochs[selection]
    values = (line.curve.sd if spread else line.curve.mean)[selection]
    # Mark the points of a short run, so that a single epoch is a point and not an invisible line.
    marker = "o" if len(epochs) <= 15 else None
    axes.plot(epochs, values, line.look.dashes, color=line.look.colour, marker=marker, markersize=2.5)
    if not spread and np.any(line.curve.high > line.curve.low):
        low, high = line.curve.low[selection], line.curve.high[selection]
        axes.fill_between(epochs, low, high, color=line.look.colour, alpha=0.2, linewidth=0)
    if not spread and line.curve.evaluated is not None:
        at = (epochs[-1:], [line.curve.evaluated])
        axes.plot(*at, "o", color=line.look.colour, markersize=6.5, markeredgecolor="white", clip_on=False, zorder=3)


def points_to_draw(count: int, scale: str = "linear") -> np.ndarray:
    """Return which of ``count`` points to draw: all, or a selection evenly spaced on that scale, with both ends."""
    space = np.geomspace if scale == "log" else np.linspace
    return (
        np.unique(space(1, count, min(count, POINTS)).round().astype(int)) - 1 if count > POINTS else np.arange(count)
    )


def _handles(plots: Sequence[Plot]) -> list[Line2D]:
    looks = {line.label: line.look for plot in plots for line in plot.lines}
    return [Line2D([], [], color=look.colour, linestyle=look.dashes, label=label) for label, look in looks.items()]
