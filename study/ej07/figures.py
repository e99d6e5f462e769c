"""Draw digits with noise, cleaned, and as they were."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from practica.figures.specs import HIGH
from practica.figures.style import legend, new_figure
from practica.words import Words


def digits(arrays: Mapping[str, np.ndarray], seed: int, title: str, texts: Words) -> Figure:
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
