"""Draw what is not a curve over epochs: predictions, digits and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from practica.figures.specs import HIGH
from practica.figures.style import GREY, SPLIT_LOOKS, legend, local_numbers, look, new_figure
from practica.words import Words, decimal, label

Arrays = Mapping[str, np.ndarray]
DOTS: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 2.2, "markeredgewidth": 0}

DRAWN = 80
"""Predicted points that are drawn over the exact curve."""
MARKERS = "os"
"""How the two of a pair are told apart where there is no colour."""


def prices(arrays: Arrays, seed: int, title: str, texts: Words) -> Figure:
    """Return predicted against real prices, ``target`` and ``predicted`` ``(n,)`` in k$, with R² and the identity."""
    target, predicted = (np.ravel(arrays[name]).astype(float) for name in ("target", "predicted"))
    figure = new_figure(HIGH, title)
    axes = figure.subplots()
    ends = [min(target.min(), predicted.min()), max(target.max(), predicted.max())]
    (identity,) = axes.plot(ends, ends, color=GREY, label=texts["identity"])
    dots: dict[str, Any] = {"color": SPLIT_LOOKS["validation"].colour, "alpha": 0.75, **DOTS}
    (points,) = axes.plot(target, predicted, label=texts["prediction"], **dots)
    axes.set(xlabel=texts["real_price"], ylabel=texts["predicted_price"], aspect="equal")
    local_numbers(axes, texts)
    r2 = 1 - np.sum((target - predicted) ** 2) / np.sum((target - target.mean()) ** 2)
    legend(figure, [points, identity], [texts["fit"].format(r2=decimal(texts, r2, 3), seed=seed)])
    return figure


def return_map(arrays: Arrays, seed: int, title: str, texts: Words) -> Figure:
    """Return x(t) over x(t-1): exact curve and predicted points above, their difference below."""
    x, target, predicted = (np.ravel(arrays[name]).astype(float) for name in ("x", "target", "predicted"))
    order = np.argsort(x)
    shown = max(len(x) // DRAWN, 1)
    figure = new_figure(HIGH, title)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    dots: dict[str, Any] = {"color": SPLIT_LOOKS["test"].colour, **DOTS}
    (exact,) = above.plot(x[order], target[order], color=GREY, label=texts["true_map"])
    # Of a thousand points on a curve, only some let it be seen.
    (points,) = above.plot(x[order], predicted[order], label=texts["prediction"], markevery=shown, **dots)
    above.set_ylabel(texts["next"])
    below.axhline(0, color=GREY)
    below.plot(x, predicted - target, **dots)
    below.set(xlabel=texts["previous"], ylabel=texts["residual"])
    for axes in (above, below):
        local_numbers(axes, texts)
    figure.align_ylabels()
    legend(figure, [exact, points], [texts["test_seed"].format(seed=seed)])
    return figure


def digits(arrays: Arrays, seed: int, title: str, texts: Words) -> Figure:
    """Return images ``noisy``, ``cleaned`` and ``clean``, ``(n, 28, 28)`` in [0, 1], a row each."""
    names = ("noisy", "cleaned", "clean")
    count = len(arrays["clean"])
    figure = new_figure(HIGH + 0.3, title)  # three rows of squares
    grid = figure.subplots(len(names), count, squeeze=False)
    for row, name in zip(grid, names, strict=True):
        for axes, image in zip(row, arrays[name], strict=True):
            axes.imshow(np.reshape(image, image.shape[:2]), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
        row[0].set_ylabel(texts[name])
    legend(figure, [], [texts["test_seed"].format(seed=seed)])
    return figure


def twins(
    pairs: Sequence[tuple[str, pd.Series, pd.Series]], axis: str, names: Sequence[str], title: str, texts: Words
) -> Figure:
    """Return two times of each net side by side, median and range on a logarithmic axis, and their ratio.

    Args:
        pairs: the net, and its times by repetition; their ratio is the median of those of each repetition.
        axis: what is measured.
        names: what the first and the second times are of.
        title: the figure's.
        texts: the words of the language.
    """
    figure = new_figure(1.3 + 0.32 * len(pairs), title)
    axes = figure.subplots()
    for place, times in enumerate(([pair[1] for pair in pairs], [pair[2] for pair in pairs])):
        heights = np.arange(len(pairs)) + (place - 0.5) * 0.24
        _whiskers(axes, heights, times, look(place).colour, MARKERS[place])
    for height, (_, first, second) in enumerate(pairs):
        text = texts["ratio"].format(ratio=decimal(texts, (second / first).median(), 1))
        axes.annotate(text, (1.02, height), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    axes.set(xscale="log", xlabel=axis, yticks=range(len(pairs)), ylim=(len(pairs) - 0.5, -0.5))
    axes.set_yticklabels([label(texts, net) for net, _, _ in pairs], parse_math=False)
    called = [label(texts, name) for name in names]
    handles = [
        Line2D([], [], color=look(place).colour, marker=MARKERS[place], markersize=3, label=name)
        for place, name in enumerate(called)
    ]
    repetitions = max(len(times) for _, times, _ in pairs)
    legend(figure, handles, [texts["twins_note"].format(n=repetitions, first=called[0], second=called[1])])
    return figure


def _whiskers(axes: Any, heights: np.ndarray, times: Sequence[pd.Series], colour: str, marker: str) -> None:
    low, median, high = (np.array([each.quantile(part) for each in times]) for part in (0, 0.5, 1))
    reach = [median - low, high - median]
    axes.errorbar(median, heights, xerr=reach, fmt=marker, color=colour, markersize=3, capsize=2)
