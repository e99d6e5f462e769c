"""Draw which digits a net takes for which, and a permuted digit as the net sees it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from practica.figures.specs import HIGH
from practica.figures.style import legend, new_figure
from practica.words import Words
from study.shared.confusion import confusion

__all__ = ["confusion", "permuted_digits"]


def permuted_digits(arrays: Mapping[str, np.ndarray], seed: int, title: str, texts: Words) -> Figure:
    """Return images ``original`` and ``permuted``, ``(n, 28, 28)`` from 0 to 255, a row each."""
    names = ("original", "permuted")
    figure = new_figure(HIGH - 0.9, title)
    grid = figure.subplots(len(names), len(arrays["original"]), squeeze=False)
    for row, name in zip(grid, names, strict=True):
        for axes, image in zip(row, arrays[name], strict=True):
            axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
        row[0].set_ylabel(texts[name])
    legend(figure, [], [texts["test_seed"].format(seed=seed)])
    return figure
