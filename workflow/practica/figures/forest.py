"""Draw all claims in one forest plot: the effect of each check, its interval, its rule and the verdict."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter
from matplotlib.transforms import Bbox

from practica.evidence.effects import Effect, axis_ends
from practica.evidence.results import Results
from practica.figures.points import series
from practica.figures.rows import FOOT, GAP, LANE, LINE, TOP, WIDTH, Claim, claims_of
from practica.figures.style import RC, TITLE_HEIGHT, message
from practica.figures.tones import SIGNS, TONES
from practica.words import Words

COLUMNS = (0.005, 0.41, 0.715, 0.995)
"""Where the claims, the effects and the verdicts begin and end, as shares of the width."""
NAME, TEXT, SMALL = 6.5, 7.5, 6.5
"""Sizes of the names of claims, of their sentences, and of numbers [pt]."""
ALLOWED, TOO_SMALL = "#dcefe4", "#eef4ee"
FONTS = [RC["font.family"], "DejaVu Sans"]
"""The font of the figures, and one that has the symbols and superscript digits that it lacks."""


def forest(results: Results, title: str, texts: Words, language: str) -> Figure:
    """Return the forest plot of the claims in ``claims.json``."""
    claims = claims_of(results, language)
    if not claims:
        return message(title, texts["no_results"])
    height = sum(claim.height for claim in claims)
    whole = height + TOP + FOOT
    figure = Figure(figsize=(WIDTH, whole + TITLE_HEIGHT))
    figure.suptitle(title)
    left, middle, right = figure.subplots(1, 3, sharey=True)
    for axes, (start, end) in zip((left, middle, right), itertools.pairwise(COLUMNS), strict=True):
        axes.set_axes_locator(_place(start, end, height))
    for axes in (left, right):
        axes.set_axis_off()
        axes.set_xlim(0, 1)
    middle.set_ylim(height, 0)
    limits = axis_ends([each for claim in claims for row in claim.rows for each, *_ in row.effects if each])
    middle.set_xscale("symlog", linthresh=1, linscale=1)
    middle.set_xlim(*limits)
    top, above = 0.0, claims[0].exercise
    for claim in claims:
        if claim.exercise != above:
            for axes in (left, middle, right):
                axes.axhline(top, color="#bbbbbb", linewidth=0.5)
        with series(middle, f"{claim.name} {' '.join(claim.lines)}"):
            _write(left, middle, right, claim, top, limits)
        top, above = top + claim.height, claim.exercise
    _axis(middle, limits, texts)
    return figure


def _place(start: float, end: float, height: float) -> Callable[[Axes, Any], Bbox]:
    """Return a function that keeps axes ``height`` inches high above the foot, even when the title is taken away."""

    def place(axes: Axes, _renderer: Any) -> Bbox:
        whole = axes.get_figure(root=True).get_figheight()  # type: ignore[union-attr]
        return Bbox.from_bounds(start, FOOT / whole, end - start, height / whole)

    return place


def _write(left: Axes, middle: Axes, right: Axes, claim: Claim, top: float, limits: tuple[float, float]) -> None:
    """Write a claim to the left, draw the checks of each protocol in a row, and write its verdict to the right."""
    plain: dict[str, Any] = {"va": "center", "in_layout": False, "parse_math": False, "family": FONTS}
    first = top + GAP / 2 + LINE / 2
    left.text(0, first, claim.name, size=NAME, weight="bold", color="#00507a", **plain)
    sentence = {**plain, "va": "top", "size": TEXT, "linespacing": 1.05}
    below = top + GAP / 2 + (0 if claim.beside else LINE)
    left.text(0.135, below, "\n".join(claim.lines), **sentence)
    start = top + GAP / 2
    for row in claim.rows:
        centre = start + row.height / 2
        upper = centre - (LINE / 2 if row.effect_text else 0)
        left.text(0.98, upper, row.label, size=SMALL, color="#555555", ha="right", **plain)
        verdict, colour = f"{SIGNS[row.verdict]} {row.verdict_text}", f"#{TONES[row.verdict]}"
        right.text(0.03, upper, verdict, size=TEXT, weight="bold", color=colour, **plain)
        right.text(1, upper, row.rule, size=SMALL, color="#555555", ha="right", **plain)
        right.text(0.03, centre + LINE / 2, row.effect_text, size=SMALL, **plain)
        lanes = [each for each in row.effects if each[0] is not None]
        for lane, (interval, tone, decides) in enumerate(lanes):
            height = centre + (lane - (len(lanes) - 1) / 2) * LANE
            _draw(middle, interval, tone, height, limits, decides=decides)
        start += row.height


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
