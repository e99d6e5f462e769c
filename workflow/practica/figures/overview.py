"""Draw the whole study at a glance: a small panel for each exercise, with the source's numbers and the verdicts."""

from __future__ import annotations

from collections import Counter
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from practica.evidence.curves import Curve
from practica.evidence.results import Results, Value
from practica.evidence.source import numbers
from practica.figures.curves import points_to_draw
from practica.figures.glance import course, glance_of, result_on_test
from practica.figures.points import series
from practica.figures.style import RC, local_numbers, look, squared
from practica.figures.tones import SIGNS, TONES
from practica.files import read_checked
from practica.words import Words

COLUMNS, WIDTH, ROW, WIDEST_PANEL = 5, 6.6, 1.85, 2.2
"""Panels in a row, and sizes of the figure, of a row and of a panel of a small study [in]."""
NAMED = 8
"""The most lines that a panel names; a legend of more would hide them."""
SINGLE = 6
"""The most verdicts that stand one by one under a title; of more, each kind is counted."""
WIDEST = 20
"""Letters in a line of a panel's title."""
SIGN_FONT = "DejaVu Sans"
"""The font of the verdict symbols, which the font of the figures lacks; it also comes with matplotlib."""
BEYOND = 1.07
"""Where results on test data are drawn, as a multiple of the epochs."""


def overview(results: Results, texts: Words, language: str) -> Figure:
    """Return the panels of the exercises in play, five in a row."""
    exercises = results.study.exercises
    columns = min(COLUMNS, len(exercises))
    rows = -(-len(exercises) // COLUMNS)
    figure = Figure(figsize=(min(WIDTH, WIDEST_PANEL * columns), ROW * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    verdicts = _verdicts(results)
    for axes, exercise in zip(grid, exercises, strict=False):
        _panel(axes, exercise, results, texts, language)
        _mark(axes, verdicts.get(exercise, []))
    for axes in grid[len(exercises) :]:
        axes.set_axis_off()
    return figure


def _verdicts(results: Results) -> dict[str, list[tuple[str, str]]]:
    """Return the letter and the verdict of each claim, by exercise; empty before the claims are judged."""
    path = results.folder / "claims.json"
    verdicts: dict[str, list[tuple[str, str]]] = {}
    for claim in read_checked(path)["claims"] if path.is_file() else []:
        verdicts.setdefault(claim["exercise"], []).append((claim["id"].partition("-")[2], claim["verdict"]))
    return verdicts


def _panel(axes: Axes, exercise: str, results: Results, texts: Words, language: str) -> None:
    """Draw validation over the epochs and, beyond them, the test data: ours as a dot, the source's as a diamond."""
    glance = glance_of(results, exercise, language)
    source_numbers = numbers(results.study)
    title = "\n".join(wrap(f"{results.study.number(exercise)}  {glance.name[language]}", WIDEST))
    axes.set_title(title, loc="left", fontsize=8, weight="bold", pad=11)
    last_epoch, variants_with_curve = 0.0, set()
    for place, (variant, name) in enumerate(glance.variants.items()):
        if curve := course(results, exercise, variant, glance.metric):
            with series(axes, name[language]):
                last_epoch = max(last_epoch, _line(axes, curve, place, name[language]))
            variants_with_curve.add(variant)
    if not last_epoch:
        axes.text(0.5, 0.5, texts["no_results"], ha="center", transform=axes.transAxes, fontsize=6.5)
        axes.set(xticks=[], yticks=[])
        return
    if glance.log:
        axes.set_yscale("log")
    for place, (variant, name) in enumerate(glance.variants.items()):
        value = result_on_test(results, exercise, variant, glance.metric)
        source = source_numbers.get(f"{exercise}/{variant}/test/{glance.metric}")
        # If a variant has only the source's diamond, the diamond needs the name.
        beside = "" if variant in variants_with_curve else name[language]
        with series(axes, name[language]):
            _test(axes, last_epoch * BEYOND, value, source, place, beside, pale=results.study.demonstration)
    local_numbers(axes, texts)
    axes.set_xticks([last_epoch])
    small: dict[str, Any] = {"fontsize": 6.5, "color": "#444444"}
    axes.set_ylabel(squared(texts.get(glance.metric, glance.metric)), labelpad=1, **small)
    axes.set_xlabel(texts["epoch"], labelpad=-6, **small)
    if not glance.log:
        axes.locator_params(axis="y", nbins=4)
    axes.tick_params(labelsize=6.5, length=2, pad=1.5)
    if len(names := axes.get_legend_handles_labels()[1]) <= NAMED:
        axes.legend(fontsize=6.5, handlelength=1.4, borderpad=0.1, labelspacing=0.15, loc="best")
    else:
        axes.legend([], title=texts["variants_many"].format(n=len(names)), title_fontsize=6.5, loc="lower right")


def _line(axes: Axes, curve: Curve, place: int, name: str) -> float:
    selection = points_to_draw(len(curve.epochs))
    epochs, style = curve.epochs[selection], look(place)
    marker = "o" if len(epochs) == 1 else None
    line: dict[str, Any] = {"color": style.colour, "linewidth": 1, "marker": marker, "markersize": 3}
    axes.plot(epochs, curve.mean[selection], style.dashes, label=name, **line)
    if np.any(curve.high > curve.low):
        axes.fill_between(
            epochs, curve.low[selection], curve.high[selection], color=style.colour, alpha=0.2, linewidth=0
        )
    return float(epochs[-1])


def _test(axes: Axes, x: float, value: Value | None, source: str | None, place: int, name: str, *, pale: bool) -> None:
    """Draw our result and that of the source, which is ``pale`` if it must not be compared."""
    colour: dict[str, Any] = {"color": look(place).colour, "linestyle": "none", "clip_on": False, "zorder": 4}
    if value:
        low, high = (value.centre if end is None else end for end in (value.low, value.high))
        ends = [[max(value.centre - low, 0)], [max(high - value.centre, 0)]]
        axes.errorbar([x], [value.centre], yerr=ends, marker="o", markersize=3, capsize=1.5, elinewidth=0.8, **colour)
    if source:
        ring: dict[str, Any] = {"marker": "D", "markersize": 4, "fillstyle": "none", "markeredgewidth": 0.8}
        ring["alpha"] = 0.3 if pale else 1
        axes.plot([x], [float(source)], label=name or None, **ring, **colour)


def _mark(axes: Axes, verdicts: list[tuple[str, str]]) -> None:
    """Write the verdicts under the title, each with its sign and in its colour, and with its letter if it has one.

    Of many verdicts, each kind has its sign once, after its number.
    """
    if len(verdicts) > SINGLE:
        step = 0.24
        marks = [(f"{count} ", name) for name, count in Counter(name for _, name in verdicts).most_common()]
    else:
        step = 0.17
        lettered = all(len(letter) <= 1 for letter, _ in verdicts)  # there is no room for names
        marks = [(letter if lettered else "", name) for letter, name in verdicts]
    for place, (text, name) in enumerate(marks):
        at = (0.01 + step * place, 1.03)
        mark: dict[str, Any] = {"color": f"#{TONES[name]}", "fontsize": 7.5, "weight": "bold"}
        axes.text(*at, f"{text}{SIGNS[name]}", transform=axes.transAxes, family=[RC["font.family"], SIGN_FONT], **mark)
