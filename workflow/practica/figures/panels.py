"""Draw a metric of variants side by side in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from practica.evidence.numbers import span
from practica.figures.points import series
from practica.figures.style import legend, look, new_figure
from practica.words import Words, decimal, label

MARKERS = "os"
"""The two of a pair have different markers, for print without colour."""


def side_by_side(
    both: Sequence[tuple[str, pd.Series, pd.Series]],
    axis: str,
    names: Sequence[str],
    title: str,
    texts: Words,
    notes: Sequence[str] = (),
) -> Figure:
    """Return two times of each net side by side, median and range on a logarithmic axis, and their ratio.

    Args:
        both: the name of the net, and its times by repetition; their ratio is the median over the repetitions.
        axis: the label of the times.
        names: the labels of the first and the second times.
        title: the figure's.
        texts: the words of the language.
        notes: further small print.
    """
    figure = new_figure(1.3 + 0.32 * len(both), title)
    axes = figure.subplots()
    for place, times in enumerate(([pair[1] for pair in both], [pair[2] for pair in both])):
        heights = np.arange(len(both)) + (place - 0.5) * 0.24
        with series(axes, label(texts, names[place])):
            _whiskers(axes, heights, times, look(place).colour, MARKERS[place])
    for height, (_, first, second) in enumerate(both):
        text = texts["ratio"].format(ratio=decimal(texts, (second / first).median(), 1))
        axes.annotate(text, (1.02, height), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    axes.set(xscale="log", xlabel=axis, yticks=range(len(both)), ylim=(len(both) - 0.5, -0.5))
    axes.set_yticklabels([net for net, _, _ in both], parse_math=False)
    labels = [label(texts, name) for name in names]
    handles = [
        Line2D([], [], color=look(place).colour, marker=MARKERS[place], markersize=3, label=name)
        for place, name in enumerate(labels)
    ]
    repetitions = span(len(times) for _, *sides in both for times in sides)
    note = texts["twins_note"].format(n=repetitions, first=labels[0], second=labels[1])
    legend(figure, handles, [note, *notes])
    return figure


def _whiskers(axes: Any, heights: np.ndarray, times: Sequence[pd.Series], colour: str, marker: str) -> None:
    low, median, high = (np.array([each.quantile(part) for each in times]) for part in (0, 0.5, 1))
    reach = [median - low, high - median]
    axes.errorbar(median, heights, xerr=reach, fmt=marker, color=colour, markersize=3, capsize=2)
