"""Draw which classes a net takes for which."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from practica.figures.specs import HIGH
from practica.figures.style import LocalFormatter, legend, new_figure
from practica.words import Words

NUMBERED = 10
"""Classes up to which each cell says its count."""
DARK = 0.5
"""The share of the darkest colour beyond which a number is white."""


def confusion(arrays: Mapping[str, np.ndarray], seed: int, title: str, texts: Words) -> Figure:
    """Return ``confusion`` ``(n, n)`` as shares of each class in per cent; the diagonal, what is right, stays white."""
    counts = arrays["confusion"]
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = np.where(np.eye(len(counts), dtype=bool), np.nan, shares)
    figure = new_figure(HIGH + 0.3, title)
    axes = figure.subplots()
    most = np.nanmax(wrong) or 1.0  # per cent, where nothing is wrong
    blues = matplotlib.colormaps["Blues"].with_extremes(bad="white")  # transparent cells would have grey edges in a PDF
    image = axes.imshow(wrong, cmap=blues, vmin=0, vmax=most, interpolation="nearest")
    axes.grid(False)
    axes.set(xlabel=texts["predicted_class"], ylabel=texts["true_class"])
    if len(counts) <= NUMBERED:
        axes.set(xticks=range(len(counts)), yticks=range(len(counts)))
        for (row, column), count in np.ndenumerate(counts):
            if count:
                dark = row != column and wrong[row, column] > DARK * most
                axes.text(
                    column, row, str(count), ha="center", va="center", fontsize=5, color="white" if dark else "black"
                )
    scale = LocalFormatter(texts["decimal_mark"])
    figure.colorbar(image, ax=axes, label=texts["wrong_share"], fraction=0.05, format=scale)
    legend(figure, [], [texts["test_seed"].format(seed=seed)])
    return figure
