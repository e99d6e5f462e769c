"""Draw walks beside the scores of their classes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from practica.figures.specs import HIGH
from practica.figures.style import legend, new_figure
from practica.words import Words

LOW = 0.2
"""By how much the figure is lower than others [in]."""


def stairs(arrays: Mapping[str, np.ndarray], seed: int, title: str, texts: Words) -> Figure:
    """Return ``heights`` ``(n, 16)``, a row each, beside their ``scores`` ``(n, 3)``."""
    heights, scores = arrays["heights"], arrays["scores"]
    figure = new_figure(HIGH - LOW, title)
    for (left, right), walk, score in zip(figure.subplots(len(heights), 2), heights, scores, strict=True):
        left.plot(walk, drawstyle="steps-mid")
        left.set_ylabel(texts["height"])
        right.bar(np.arange(len(score)), score)
        right.set_ylabel(texts["score"])
    legend(figure, [], [texts["test_seed"].format(seed=seed)])
    return figure
