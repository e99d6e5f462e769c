"""Draw what is not a curve over epochs: predictions, digits and timings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from practica.figures.specs import HIGH
from practica.figures.style import BLUE, VERMILLION, legend, local_numbers, look, new_figure
from practica.figures.words import Words, decimal

Arrays = Mapping[str, np.ndarray]
DOTS: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 2.2, "markeredgewidth": 0}


def prices(arrays: Arrays, seed: int, title: str, texts: Words) -> Figure:
    """Return predicted against real prices, ``target`` and ``predicted`` ``(n,)`` in k$, with R² and the identity."""
    target, predicted = (np.ravel(arrays[name]).astype(float) for name in ("target", "predicted"))
    figure = new_figure(HIGH, title)
    axes = figure.subplots()
    ends = [min(target.min(), predicted.min()), max(target.max(), predicted.max())]
    (identity,) = axes.plot(ends, ends, color=VERMILLION, linestyle="--", label=texts["identity"])
    (points,) = axes.plot(target, predicted, color=BLUE, alpha=0.75, label=texts["prediction"], **DOTS)
    axes.set(xlabel=texts["real_price"], ylabel=texts["predicted_price"], aspect="equal")
    local_numbers(axes, texts)
    r2 = 1 - np.sum((target - predicted) ** 2) / np.sum((target - target.mean()) ** 2)
    legend(figure, [points, identity], [texts["fit"].format(r2=decimal(texts, r2, 3), seed=seed)])
    return figure


def return_map(arrays: Arrays, seed: int, title: str, texts: Words) -> Figure:
    """Return x(t) over x(t-1): exact curve and predicted points above, their difference below."""
    x, target, predicted = (np.ravel(arrays[name]).astype(float) for name in ("x", "target", "predicted"))
    order = np.argsort(x)
    figure = new_figure(HIGH, title)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    (exact,) = above.plot(x[order], target[order], color=VERMILLION, zorder=3, label=texts["true_map"])
    (points,) = above.plot(x, predicted, color=BLUE, label=texts["prediction"], **DOTS)
    above.set_ylabel(texts["next"])
    below.axhline(0, color=VERMILLION, linewidth=0.8)
    below.plot(x, predicted - target, color=BLUE, **DOTS)
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
    figure = new_figure(HIGH, title)
    grid = figure.subplots(len(names), count, squeeze=False)
    for row, name in zip(grid, names, strict=True):
        for axes, image in zip(row, arrays[name], strict=True):
            axes.imshow(np.reshape(image, image.shape[:2]), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
        row[0].set_ylabel(texts[name])
    legend(figure, [], [texts["test_seed"].format(seed=seed)])
    return figure


def timing(record: Mapping[str, Any], title: str, texts: Words) -> Figure:
    """Return the time per epoch of every net in Keras and in NumPy, median and range, on a logarithmic axis."""
    nets: Mapping[str, Any] = record["nets"]
    figure = new_figure(1.3 + 0.32 * len(nets), title)
    axes = figure.subplots()
    for place, library in enumerate(("keras", "numpy")):
        heights = np.arange(len(nets)) + (place - 0.5) * 0.24
        _whiskers(axes, heights, [net[f"{library}_seconds_per_epoch"] for net in nets.values()], look(place).colour)
    for height, net in enumerate(nets.values()):
        text = texts["speedup"].format(ratio=decimal(texts, net["speedup"]["median"], 1))
        axes.annotate(text, (1.02, height), xycoords=("axes fraction", "data"), va="center", fontsize=7)
    axes.set(xscale="log", xlabel=texts["seconds_per_epoch"], yticks=range(len(nets)), ylim=(len(nets) - 0.5, -0.5))
    axes.set_yticklabels(list(nets), parse_math=False)
    handles = [
        Line2D([], [], color=look(place).colour, marker="os"[place], markersize=3, label=texts[library])
        for place, library in enumerate(("keras", "numpy"))
    ]
    note = texts["timing_note"].format(repetitions=record["repetitions"], threads=record["threads"])
    legend(figure, handles, [note])
    return figure


def _whiskers(axes: Any, heights: np.ndarray, times: Sequence[Mapping[str, float]], colour: str) -> None:
    median, low, high = (np.array([each[key] for each in times], dtype=float) for key in ("median", "low", "high"))
    marker = "o" if colour == BLUE else "s"
    axes.errorbar(
        median, heights, xerr=[median - low, high - median], fmt=marker, color=colour, markersize=3, capsize=2
    )
