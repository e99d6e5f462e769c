"""Draw which digits are read as which."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from practica.figures.specs import HIGH
from practica.figures.style import legend, new_figure
from practica.words import Words


def confusion(arrays: Mapping[str, np.ndarray], seed: int, title: str, texts: Words) -> Figure:
    """Return how often each digit ``written`` ``(n,)`` was ``read`` ``(n,)`` as each: the wrong ones in colour."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (arrays["written"].astype(int), arrays["read"].astype(int)), 1)
    wrong = np.where(np.eye(10, dtype=bool), 0, counts)
    figure = new_figure(HIGH, title)
    axes = figure.subplots()
    axes.imshow(wrong, cmap="Oranges", vmin=0, vmax=max(int(wrong.max()), 1) * 1.6)
    for row, column in np.argwhere(counts):
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7)
    axes.set(xlabel=texts["read_as"], ylabel=texts["written_as"], xticks=range(10), yticks=range(10))
    axes.grid(False)
    legend(figure, [], [texts["test_seed"].format(seed=seed)])
    return figure
