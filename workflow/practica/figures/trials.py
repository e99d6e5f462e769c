"""Draw all trials of a tuning: the metric that judges them over each tuned setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from practica.config.space import EPOCHS
from practica.evidence.blocks import STAND_IN
from practica.figures.style import BLUE, VERMILLION, legend, local_numbers, message, new_figure, stamp, style
from practica.tuning.judge import COMPLETE, OUTCOME, PROMOTED, PRUNED
from practica.words import Words, label, section

WIDE = 20
"""If the largest value is more than this many times the smallest, the axis is logarithmic."""
FEW = 8
"""Up to this many different values are shown side by side as written; more of them are drawn on a numeric axis."""


def draw_trials(table: pd.DataFrame, name: str, language: str) -> Figure:
    """Return a panel for each tuned setting, with every trial in each; ``table`` is that of the variant ``name``.

    A search by ASHA has a first panel that shows how far each trial came; the others show a trial once, with its
    score at its highest rung.
    """
    texts, own = section("figures", language), section("trials", language)
    title = own["title"].format(name=name)
    finished = table[table["n"].astype(int) > 0]
    with style():
        if finished.empty:
            return message(title, own["nothing"])
        figure = _panels(table, finished, title, texts, own)
        if (finished["data"] == STAND_IN).any():
            stamp(figure, texts["stand_in"])
    return figure


def _panels(table: pd.DataFrame, finished: pd.DataFrame, title: str, texts: Words, own: Words) -> Figure:
    by_rungs = OUTCOME in table
    settings = [name for name in table.columns[1 : table.columns.get_loc("split")] if not (by_rungs and name == EPOCHS)]
    metric, split = (label(texts, str(finished[column].iloc[0])) for column in ("metric", "split"))
    height = 0.9 + 1.5 * len(settings) + 2.2 * by_rungs
    figure = new_figure(height, title)
    ratios = [1.5] * by_rungs + [1.0] * len(settings)
    panels = list(figure.subplots(len(ratios), 1, squeeze=False, height_ratios=ratios)[:, 0])
    highest = finished
    if by_rungs:
        highest = finished.sort_values(EPOCHS, kind="stable").groupby(_of(finished), sort=False).tail(1)
        axes = panels.pop(0)
        _rungs(axes, finished, texts)
        axes.set(xlabel=own["epochs"], ylabel=metric)
    for axes, setting in zip(panels, settings, strict=True):
        places = _places(axes, list(highest[setting]), texts)
        _points(axes, highest, places)
        axes.set(ylabel=metric)
        axes.set_xlabel(setting, parse_math=False)
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=3, color=BLUE, label=own["trial"]),
        Line2D([], [], linestyle="none", marker="D", markersize=4, color=VERMILLION, label=own["winner"]),
    ]
    if by_rungs:
        handles += [
            Line2D([], [], linestyle="none", marker="x", markersize=4, color=BLUE, label=own["pruned"]),
            Line2D([], [], linestyle="none", marker="^", markersize=4, color=BLUE, label=own["promoted"]),
        ]
    notes = [own["note"].format(metric=metric, split=split.lower())]
    if by_rungs:
        notes.append(own["rungs"])
    if len(finished) < len(table):
        notes.append(own["left_out"].format(n=len(table) - len(finished), of=len(table)))
    legend(figure, handles, notes)
    return figure


def _of(table: pd.DataFrame) -> pd.Series:
    """Return the trials of a table without their rungs."""
    return table["trial"].str.split("_").str[0]


def _rungs(axes: Axes, finished: pd.DataFrame, texts: Words) -> None:
    """Draw the score of each trial at each rung that it has come to, and what became of it there."""
    mean = pd.to_numeric(finished["mean"])
    if _spans(mean.to_numpy(dtype=float)):
        axes.set_yscale("log")
    axes.set_xscale("log")
    best = set(_of(finished[finished["winner"].astype(bool)]))
    marks = {PROMOTED: "^", PRUNED: "x"}
    for name, rows in finished.sort_values(EPOCHS, kind="stable").groupby(_of(finished), sort=False):
        colour, above = (VERMILLION, 3) if name in best else (BLUE, 2)
        axes.plot(rows[EPOCHS], mean[rows.index], color=colour, linewidth=0.8, alpha=0.7, zorder=above)
        for level, score, outcome in zip(rows[EPOCHS], mean[rows.index], rows[OUTCOME], strict=True):
            last = "D" if name in best and outcome == COMPLETE else "o"
            axes.plot(level, score, marks.get(outcome, last), color=colour, markersize=4, zorder=above + 1)
    local_numbers(axes, texts)
    levels = sorted(set(finished[EPOCHS]))
    axes.set_xticks(levels, [_value_text(level, texts) for level in levels])
    axes.xaxis.set_minor_locator(NullLocator())


def _points(axes: Axes, finished: pd.DataFrame, places: np.ndarray) -> None:
    mean, low, high = (pd.to_numeric(finished[column]).to_numpy(dtype=float) for column in ("mean", "low", "high"))
    # A single seed has no interval.
    bars = np.nan_to_num(np.stack([mean - low, high - mean])).clip(min=0)
    best = finished["winner"].astype(bool).to_numpy()
    if _spans(mean):
        axes.set_yscale("log")
    for mask, marker, colour, size in ((~best, "o", BLUE, 3), (best, "D", VERMILLION, 4)):
        axes.errorbar(
            places[mask], mean[mask], yerr=bars[:, mask], fmt=marker, color=colour, markersize=size,
            capsize=2, linewidth=0.8, zorder=3 if marker == "D" else 2,
        )  # fmt: skip


def _places(axes: Axes, values: Sequence[Any], texts: Words) -> np.ndarray:
    """Prepare the axis of a setting and return the place of each value on it."""
    numbers = [value for value in values if not isinstance(value, str)]
    different = sorted(set(values)) if len(numbers) == len(values) else list(dict.fromkeys(map(str, values)))
    if len(different) <= FEW or len(numbers) < len(values):
        axes.set_xticks(range(len(different)), [_value_text(value, texts) for value in different], parse_math=False)
        axes.set_xlim(-0.5, len(different) - 0.5)
        local_y(axes, texts)
        names = different if len(numbers) == len(values) else [str(value) for value in different]
        column = [names.index(value if len(numbers) == len(values) else str(value)) for value in values]
        # Draw trials with the same value beside each other.
        count = {place: column.count(place) for place in column}
        index = dict.fromkeys(column, 0)
        places = []
        for place in column:
            index[place] += 1
            places.append(place + 0.6 * (index[place] / (count[place] + 1) - 0.5))
        return np.array(places)
    floats = np.array(numbers, dtype=float)
    if _spans(floats):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _value_text(value, texts)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    local_numbers(axes, texts)
    return floats


def _spans(values: np.ndarray) -> bool:
    """Return whether numbers are orders of magnitude apart."""
    return bool(values.min() > 0 and values.max() / values.min() > WIDE)


def local_y(axes: Axes, texts: Words) -> None:
    """Write the ticks of the metric with the language's decimal mark, and leave those of the setting unchanged."""
    ticks, labels = axes.get_xticks(), [text.get_text() for text in axes.get_xticklabels()]
    local_numbers(axes, texts)
    axes.set_xticks(ticks, labels, parse_math=False)


def _value_text(value: Any, texts: Words) -> str:
    return value if isinstance(value, str) else f"{value:g}".replace(".", texts["decimal_mark"])
