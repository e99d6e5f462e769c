"""Draw all claims in one forest plot: the effect of each check, its interval, its rule and the verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from practica.config import protocols
from practica.evidence.effects import Effect, axis_ends, by_protocol, deciding, effect, effect_text, rule_text
from practica.evidence.results import Results
from practica.figures.points import series
from practica.figures.style import RC, message
from practica.figures.tones import SIGNS, TONES
from practica.files import read_checked
from practica.words import Words, in_language, word

WIDTH = 6.6
"""Width of the figure [in]."""
LINE, LANE, GAP = 0.115, 0.088, 0.07
"""Heights of a line of text, a check and the space between two claims [in]."""
LETTERS = 50
"""Letters in one line of a claim."""
NAME, TEXT, SMALL = 6.5, 7.5, 6.5
"""Sizes of the names of claims, of their sentences, and of numbers [pt]."""
ALLOWED, TOO_SMALL = "#dcefe4", "#eef4ee"
FONTS = [RC["font.family"], "DejaVu Sans"]
"""The font of the figures, and one that has the symbols and superscript digits that it lacks."""


@dataclass(frozen=True)
class Row:
    """One claim: its sentence in lines, its checks, the text beside them, and its height [in]."""

    name: str
    lines: tuple[str, ...]
    effects: tuple[tuple[Effect | None, str, bool], ...]
    verdict: str
    said: str
    rule: str
    found: str

    @property
    def height(self) -> float:
        """Return the height [in], including the space around it."""
        return max(len(self.lines) * LINE, len(self.effects) * LANE, 2 * LINE) + GAP


def forest(results: Results, title: str, texts: Words, language: str) -> Figure:
    """Return the forest plot of the claims in ``claims.json``."""
    path = results.folder / "claims.json"
    claims = read_checked(path)["claims"] if path.is_file() else []
    rows = [row for claim in claims for row in _rows(claim, results, language)]
    if not rows:
        return message(title, texts["no_results"])
    heights = [row.height for row in rows]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.65), layout="constrained")
    figure.suptitle(title)
    left, middle, right = figure.subplots(1, 3, sharey=True, width_ratios=(2.6, 2.2, 1.8))
    figure.get_layout_engine().set(wspace=0, w_pad=0.02)  # type: ignore[union-attr,call-arg]
    for axes in (left, right):
        axes.set_axis_off()
        axes.set_xlim(0, 1)
    middle.set_ylim(sum(heights), 0)
    limits = axis_ends([each for row in rows for each, *_ in row.effects if each])
    middle.set_xscale("symlog", linthresh=1, linscale=1)
    middle.set_xlim(*limits)
    top = 0.0
    for place, row in enumerate(rows):
        centre = top + row.height / 2
        if place and row.name and row.name.partition("-")[0] != _named(rows[:place]).partition("-")[0]:
            for axes in (left, middle, right):
                axes.axhline(top, color="#bbbbbb", linewidth=0.5)
        _write(left, right, row, centre)
        with series(middle, f"{_named(rows[: place + 1])} {' '.join(row.lines)}"):
            for lane, (interval, tone, decides) in enumerate(row.effects):
                height = centre + (lane - (len(row.effects) - 1) / 2) * LANE
                _draw(middle, interval, tone, height, limits, decides=decides)
        top += row.height
    _axis(middle, limits, texts)
    return figure


def _rows(claim: Mapping[str, Any], results: Results, language: str) -> list[Row]:
    """Return a row for each protocol under which the claim was judged; the first holds the sentence of the claim."""
    views, study = by_protocol(claim), results.study
    sentence = in_language(claim["sentence"], language)
    if "" in views:
        return [_row(claim, claim["id"], sentence, language)]
    names = [name for name in study.shown_protocols if name in views]
    labels = {name: protocols.label(study.folder, name, language) for name in names}
    return [
        _row(
            views[name],
            "" if place else claim["id"],
            labels[name] if place else f"{sentence}: {labels[name]}",
            language,
        )
        for place, name in enumerate(names)
    ]


def _row(claim: Mapping[str, Any], name: str, sentence: str, language: str) -> Row:
    decides = deciding(claim)
    effects = tuple((effect(part), part["verdict"], part is decides) for part in claim["parts"])
    lines = tuple(textwrap.wrap(sentence, LETTERS))
    text = (
        f"{word(decides['kind'], language)} {effect_text(decides, language, spread=False)}"
        if decides["estimate"]
        else ""
    )
    verdict, rule = word(claim["verdict"], language), rule_text(decides, language)
    return Row(name, lines, effects, claim["verdict"], verdict, rule, text.strip())


def _named(rows: Sequence[Row]) -> str:
    return next(row.name for row in reversed(rows) if row.name)


def _write(left: Axes, right: Axes, row: Row, centre: float) -> None:
    """Write the claim to the left of its effects, and the verdict to the right."""
    plain: dict[str, Any] = {"va": "center", "in_layout": False, "parse_math": False, "family": FONTS}
    left.text(0, centre, row.name, size=NAME, weight="bold", color="#00507a", **plain)
    left.text(0.135, centre, "\n".join(row.lines), size=TEXT, linespacing=1.05, **plain)
    verdict, colour = f"{SIGNS[row.verdict]} {row.said}", f"#{TONES[row.verdict]}"
    right.text(0.03, centre - LINE / 2, verdict, size=TEXT, weight="bold", color=colour, **plain)
    right.text(1, centre - LINE / 2, row.rule, size=SMALL, color="#555555", ha="right", **plain)
    right.text(0.03, centre + LINE / 2, row.found, size=SMALL, **plain)


def _draw(
    axes: Axes, effect: Effect | None, verdict: str, height: float, limits: tuple[float, float], *, decides: bool
) -> None:
    """Draw one check: the values that its rule allows as a band, every seed, the interval and the centre."""
    if effect is None:
        return
    tone = f"#{TONES[verdict]}"
    for ends, colour in ((effect.allowed, ALLOWED), *(((effect.small, TOO_SMALL),) if effect.small else ())):
        low, high = (min(max(end, limits[0]), limits[1]) for end in ends)
        axes.fill_betweenx([height - LANE / 2, height + LANE / 2], low, high, color=colour, linewidth=0, zorder=1)
    inside = [seed for seed in effect.seeds if limits[0] <= seed <= limits[1]]
    axes.plot(inside, [height] * len(inside), "|", color=tone, alpha=0.45, markersize=4, markeredgewidth=0.6, zorder=2)
    low, high = (min(max(end, limits[0]), limits[1]) for end in (effect.low, effect.high))
    axes.plot([low, high], [height] * 2, color=tone, linewidth=1.1, solid_capstyle="butt", zorder=3)
    for end, mark in ((effect.low, "<"), (effect.high, ">")):
        if not limits[0] <= end <= limits[1]:  # the interval continues beyond the axis
            axes.plot([limits[0] if mark == "<" else limits[1]], [height], mark, color=tone, markersize=3, zorder=4)
    face = tone if decides else "white"
    centre = min(max(effect.centre, limits[0]), limits[1])
    axes.plot([centre], [height], "o", color=tone, markerfacecolor=face, markersize=3.4, markeredgewidth=0.8, zorder=5)


def _axis(axes: Axes, limits: tuple[float, float], texts: Words) -> None:
    """Mark no effect and one unit, and label the powers of ten."""
    axes.axvline(0, color="#666666", linewidth=0.7, zorder=1.5)
    axes.axvline(1, color="#666666", linewidth=0.6, linestyle=(0, (3, 2)), zorder=1.5)
    ticks = [sign * ten for sign in (-1, 1) for ten in (1.0, 10.0, 100.0, 1000.0)]
    axes.xaxis.set_major_locator(FixedLocator([0.0, *(tick for tick in ticks if limits[0] <= tick <= limits[1])]))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}".replace("-", "−")))
    axes.grid(visible=False)
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.tick_params(axis="x", labelsize=7, length=2)
    axes.set_xlabel(texts["effect"], fontsize=7.5)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
