"""Gather what the page of one exercise shows: claims, figures that answer to the pointer, tables and settings."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from practica.config import names
from practica.config.names import metric_name, variant_name
from practica.config.study import Block
from practica.evidence.results import Missing
from practica.exercises import may_be_own
from practica.figures import catalogue
from practica.figures.curves import Line, Plot
from practica.figures.draw import BOUNDS, Course, course, figure_words, stand_in
from practica.figures.glance import overview_caption
from practica.figures.specs import Spec
from practica.figures.style import Look, look
from practica.page.address import address
from practica.page.charts import charts
from practica.page.embed import json_text
from practica.page.prose import prose
from practica.paper.facts import Facts
from practica.paper.html import fragment
from practica.paper.layers import equal_nets, shown_tables
from practica.paper.settings import ran, setting
from practica.paper.table import Cell, Column, Table
from practica.paper.tables import make_table
from practica.words import items, label, section

OWN = "*"
"""What marks a setting that the code of a model may replace."""
MOST, FEW = 24, 4
"""Variants of an exercise in the chart that holds them all, and those that it shows before anybody chooses."""
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
        "prose": prose(facts, exercise),
        "explorer": _explorer(facts, exercise),
        "settings": fragment(_settings(facts, exercise)),
        "files": [
            (f"{facts.study.shelf('tables', facts.language)}/{spec.name}.csv", spec.name)
            for spec in shown_tables(facts, exercise)
        ],
    }


def _explorer(facts: Facts, exercise: str) -> list[Mapping[str, Any]]:
    """Return a chart for each metric with all variants, on training and validation data, of which a few are shown."""
    texts = section("figures", facts.language)
    variants = facts.study.variants(exercise)
    recorded = dict.fromkeys(
        metric for variant in variants for metric in facts.results.metrics_by_epoch(exercise, variant)
    )
    found: list[Mapping[str, Any]] = []
    for metric in recorded:
        lines: list[Line] = []
        hidden = set()
        for place, variant in enumerate(variants[:MOST]):
            for split, dashed in (("validation", False), ("train", True)):
                curve = facts.results.curves(exercise, variant, metric, split)
                if isinstance(curve, Missing) or not np.isfinite(curve.mean).any():
                    continue
                name = f"{variant_name(facts.study, exercise, variant, facts.language)}, {label(texts, split).lower()}"
                if place >= FEW or (split == "train" and any(line.label != name for line in lines)):
                    hidden.add(name)
                lines.append(Line(name, curve, Look(look(place).colour, ":" if dashed else "-")))
        if lines:
            title = metric_name(facts.study, exercise, metric, facts.language)
            plot = Plot(title, tuple(lines), bounds=BOUNDS.get(metric, (None, None)), share=metric == "accuracy")
            (chart,) = charts(Course((plot,), ()), title, texts["epoch"], log_epochs=False)
            for line in chart["usermeta"]["lines"]:
                line["hidden"] = line["name"] in hidden
            chart["height"] = 320
            found.append({"metric": metric, "said": title, "chart": json_text(chart)})
    return found


def _settings(facts: Facts, exercise: str) -> Table:
    """Return the settings of the variants side by side; those that differ stand out."""
    variants = facts.study.variants(exercise)
    values = {variant: facts.study.settings(exercise, variant) for variant in variants}
    names = dict.fromkeys(name for each in values.values() for name in each)
    said = section("page", facts.language)
    columns = [Column("setting", said["setting"], numeric=False)]
    columns += [Column(each, variant_name(facts.study, exercise, each, facts.language)) for each in variants]
    own = {each: may_be_own(exercise, facts.study.model(exercise, each)) for each in variants}
    marked = {each: {name for name in names if name in own[each] and name in values[each]} for each in variants}
    rows = []
    for name in names:
        texts = [
            setting(each[name], facts.language) + OWN * (name in marked[variant]) if name in each else "–"
            for variant, each in values.items()
        ]
        tone = "strong" if len(set(texts)) > 1 else ""
        rows.append((Cell(name, {"": name}, tone=tone), *(Cell(text, {"": text}, tone=tone) for text in texts)))
    notes = (said["own_recipe"].format(OWN),) if any(marked.values()) else ()
    return Table(f"settings_{exercise}", said["side_by_side"], tuple(columns), tuple(rows), facts.language, notes=notes)


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
        "files": [
            (f"{facts.study.shelf('figures', facts.language)}/{spec.name}.{kind}", kind.upper())
            for kind in ("pdf", "png")
        ],
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
