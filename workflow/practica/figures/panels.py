"""Draw what is not a curve over epochs: predictions, digits and timings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from practica.figures.specs import HIGH
from practica.figures.style import GREY, SPLIT_LOOKS, legend, local_numbers, look, new_figure
from practica.figures.words import Words, decimal, label

Arrays = Mapping[str, np.ndarray]
DOTS: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 2.2, "markeredgewidth": 0}

DRAWN = 80
"""Predicted points that are drawn over the exact curve."""
MARKERS = "os"
"""How the two libraries are told apart where there is no colour."""


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


def timing(record: Mapping[str, Any], title: str, texts: Words) -> Figure:
    """Return the time per epoch of every net in Keras and in NumPy, median and range, on a logarithmic axis."""
    wanted = {"keras_seconds_per_epoch", "numpy_seconds_per_epoch"}
    nets = {name: net for name, net in record["nets"].items() if wanted <= net.keys()}
    figure = new_figure(1.3 + 0.32 * len(nets), title)
    axes = figure.subplots()
    for place, library in enumerate(("keras", "numpy")):
        heights = np.arange(len(nets)) + (place - 0.5) * 0.24
        times = [net[f"{library}_seconds_per_epoch"] for net in nets.values()]
        _whiskers(axes, heights, times, look(place).colour, MARKERS[place])
    for height, net in enumerate(nets.values()):
        text = texts["speedup"].format(ratio=decimal(texts, net["speedup"]["median"], 1))
        axes.annotate(text, (1.02, height), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    axes.set(xscale="log", xlabel=texts["seconds_per_epoch"], yticks=range(len(nets)), ylim=(len(nets) - 0.5, -0.5))
    axes.set_yticklabels([label(texts, net) for net in nets], parse_math=False)
    handles = [
        Line2D([], [], color=look(place).colour, marker=MARKERS[place], markersize=3, label=texts[library])
        for place, library in enumerate(("keras", "numpy"))
    ]
    note = texts["timing_note"].format(repetitions=record["repetitions"], threads=record["threads"])
    legend(figure, handles, [note])
    return figure


def _whiskers(axes: Any, heights: np.ndarray, times: Sequence[Mapping[str, float]], colour: str, marker: str) -> None:
    median, low, high = (np.array([each[key] for each in times], dtype=float) for key in ("median", "low", "high"))
    reach = np.maximum(0, [median - low, high - median])
    axes.errorbar(median, heights, xerr=reach, fmt=marker, color=colour, markersize=3, capsize=2)
