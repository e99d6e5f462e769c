"""Draw predicted over real prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from practica.figures.specs import HIGH
from practica.figures.style import GREY, SPLIT_LOOKS, legend, local_numbers, new_figure
from practica.words import Words, decimal

DOTS: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 2.2, "markeredgewidth": 0}


def prices(arrays: Mapping[str, np.ndarray], seed: int, title: str, texts: Words) -> Figure:
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
