"""Draw the map that the net has learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from practica.figures.specs import HIGH
from practica.figures.style import GREY, SPLIT_LOOKS, legend, local_numbers, new_figure
from practica.words import Words

DOTS: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 2.2, "markeredgewidth": 0}
DRAWN = 80
"""Predicted points that are drawn over the exact curve."""


def return_map(arrays: Mapping[str, np.ndarray], seed: int, title: str, texts: Words) -> Figure:
    """Return x(t) over x(t-1): exact curve and predicted points above, their difference below."""
    x, target, predicted = (np.ravel(arrays[name]).astype(float) for name in ("x", "target", "predicted"))
    order = np.argsort(x)
    every = max(len(x) // DRAWN, 1)
    figure = new_figure(HIGH, title)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    dots: dict[str, Any] = {"color": SPLIT_LOOKS["test"].colour, **DOTS}
    (exact,) = above.plot(x[order], target[order], color=GREY, label=texts["true_map"])
    # Of a thousand points on a curve, only some let it be seen.
    (points,) = above.plot(x[order], predicted[order], label=texts["prediction"], markevery=every, **dots)
    above.set_ylabel(texts["next"])
    below.axhline(0, color=GREY)
    below.plot(x, predicted - target, **dots)
    below.set(xlabel=texts["previous"], ylabel=texts["residual"])
    for axes in (above, below):
        local_numbers(axes, texts)
    figure.align_ylabels()
    legend(figure, [exact, points], [texts["test_seed"].format(seed=seed)])
    return figure


STEPS = 60
"""Steps of the path that are told apart at the width of a column."""


def series(arrays: Mapping[str, np.ndarray], seed: int, title: str, texts: Words) -> Figure:
    """Return x(t) over t, ``target`` and ``predicted`` ``(n,)``: the exact path, and the net one step ahead of it."""
    target, predicted = (np.ravel(arrays[name]).astype(float)[:STEPS] for name in ("target", "predicted"))
    steps = np.arange(1, len(target) + 1)
    figure = new_figure(HIGH, title)
    axes = figure.subplots()
    (exact,) = axes.plot(steps, target, color=GREY, linewidth=0.9, label=texts["true_path"])
    dots: dict[str, Any] = {"color": SPLIT_LOOKS["test"].colour, **DOTS}
    (points,) = axes.plot(steps, predicted, label=texts["prediction"], **dots)
    axes.set(xlabel=texts["step"], ylabel=texts["next"])
    local_numbers(axes, texts)
    legend(figure, [exact, points], [texts["test_seed"].format(seed=seed)])
    return figure
