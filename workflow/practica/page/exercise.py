"""Gather what the page of one exercise shows: claims, figures that answer to the pointer, tables and settings."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from practica.config import names
from practica.config.names import variant_name
from practica.config.study import Block
from practica.figures import catalogue
from practica.figures.draw import Course, course, figure_words, stand_in
from practica.figures.glance import overview_caption
from practica.figures.specs import Spec
from practica.page.address import address
from practica.page.charts import charts
from practica.page.embed import json_text
from practica.paper.facts import Facts
from practica.paper.html import fragment
from practica.paper.layers import equal_nets, shown_tables
from practica.paper.settings import ran
from practica.paper.table import Cell
from practica.paper.tables import make_table
from practica.words import items

WIDTH, HEIGHT, POINTS = 120, 40, 60
"""Size of the small curve that stands for an exercise on the overview, and its most points."""


def title(facts: Facts, exercise: str) -> str:
    """Return what people call an exercise."""
    return names.title(facts.study, exercise, facts.language)


def exercise_page(facts: Facts, exercise: str) -> Mapping[str, Any]:
    """Return what the template of an exercise needs."""
    variants = facts.study.every_variant(exercise)
    kinds: dict[str, list[Markup]] = {"claims": [], "tables": []}
    layers = []
    for spec in shown_tables(facts, exercise):
        shown = fragment(make_table(spec, facts), _to_figure)
        if spec.kind == "layers":
            names = [
                variant_name(facts.study, exercise, variant, facts.language)
                for variant in equal_nets(facts, exercise, str(spec.variant))
            ]
            layers.append({"variants": items(names, facts.language), "shown": shown})
        else:
            kinds[spec.kind if spec.kind in kinds else "tables"].append(shown)
    return {
        "here": exercise,
        "title": title(facts, exercise),
        "ran": [ran(facts.study, exercise, [variant], facts.language) for variant in variants],
        **kinds,
        "layers": layers,
        "figures": [_figure(spec, facts) for spec in catalogue.of_exercise(facts.study, exercise)],
        "stand_in": facts.stand_in(exercise),
    }


def spark(facts: Facts, exercise: str) -> Sequence[Mapping[str, str]]:
    """Return the lines of the exercise's first figure over epochs as points of an SVG; none without results."""
    for spec in catalogue.of_exercise(facts.study, exercise):
        if spec.reads == "tables":
            found = _course(spec, facts)
            if found.plots:
                return _points(found)
    return []


def _points(found: Course) -> list[dict[str, str]]:
    plot = found.plots[0]
    drawn_as = np.log if plot.log else np.asarray
    lines = [(line.look.colour, drawn_as(line.curve.mean)) for line in plot.lines]
    values = np.concatenate([mean[np.isfinite(mean)] for _, mean in lines])
    low, height = values.min(), np.ptp(values) or 1.0
    drawn = []
    for colour, mean in lines:
        # A single epoch becomes a short line, for a line of one point is not seen.
        kept = np.linspace(0, len(mean) - 1, max(2, min(len(mean), POINTS))).round().astype(int)
        x = np.linspace(3, WIDTH - 3, len(kept))
        y = HEIGHT - 4 - (HEIGHT - 8) * (mean[kept] - low) / height
        pairs = zip(x, y, strict=True)
        drawn.append({"colour": colour, "points": " ".join(f"{a:.1f},{b:.1f}" for a, b in pairs if np.isfinite(b))})
    return drawn


def _course(spec: Spec, facts: Facts) -> Course:
    return course(spec, facts.results, figure_words(facts.study, spec, facts.language))


def _figure(spec: Spec, facts: Facts) -> Mapping[str, Any]:
    """Return a figure: charts where it shows courses over epochs, the drawn picture otherwise."""
    texts = figure_words(facts.study, spec, facts.language)
    found = _course(spec, facts) if spec.reads == "tables" else Course((), ())
    drawn = charts(found, spec.title[facts.language], texts["epoch"], log_epochs=spec.log_epochs)
    return {
        "name": spec.name,
        "title": spec.title[facts.language],
        "caption": spec.caption[facts.language],
        "ran": ran(facts.study, spec.exercise, spec.variants, facts.language) if spec.exercise else "",
        "nothing": found.nothing,
        "notes": found.notes,
        "charts": [json_text(chart) for chart in drawn],
        "picture": None if spec.reads == "tables" else _picture(spec, facts),
        "stand_in": texts["stand_in"] if stand_in(spec, facts.results) else "",
        "runs": _runs(spec, facts),
    }


def overview(facts: Facts) -> Mapping[str, Any]:
    """Return the figure that shows the whole study."""
    shown = _figure(catalogue.spec(facts.study, catalogue.OVERVIEW), facts)
    return {**shown, "caption": overview_caption(facts.results, facts.language)}


def _picture(spec: Spec, facts: Facts) -> str | None:
    """Return the drawn figure as a data address, which needs no other file; it also says why nothing is there."""
    path = facts.folder / facts.study.shelf("figures", facts.language) / f"{spec.name}.png"
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}" if path.is_file() else None


def _runs(spec: Spec, facts: Facts) -> list[Mapping[str, Any]]:
    """Return, for each variant of a figure, where its runs are shown."""
    page = address(facts.study, f"{spec.exercise}_runs", facts.language)
    return [
        {
            "variant": variant_name(facts.study, spec.exercise, variant, facts.language),
            "blocks": [
                {"seeds": _seeds(block), "address": f"{page}#{variant}-{block.name}"}
                for block in facts.study.blocks()
                if (block.exercise, block.variant) == (spec.exercise, variant)
            ],
        }
        for variant in spec.variants
    ]


def _seeds(block: Block) -> str:
    """Return the seeds of a block as people write them: ``0–4``, or ``0, 2`` where they are not neighbours."""
    return block.name.removeprefix("s").replace("-", "–").replace("_", ", ")


def _to_figure(cell: Cell) -> str:
    """Return the place on the page of the figure that a cell names."""
    return f"#{cell.figure}" if cell.figure else ""
