"""Gather what the page of one exercise shows: claims, interactive figures, tables and settings."""

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
from practica.paper.settings import heading, ran, seeds, setting
from practica.paper.table import Cell, Column, Table
from practica.paper.tables import make_table
from practica.words import items, label, section

OWN = "*"
"""The mark of a setting that the code of a model may replace."""
MOST, FEW = 24, 4
"""Largest number of variants in the chart that holds them all, and the number that it shows at first."""
WIDTH, HEIGHT, POINTS = 120, 40, 60
"""Size of the small curve of an exercise on the overview, and its largest number of points."""


def title(facts: Facts, exercise: str) -> str:
    """Return the title of an exercise."""
    return names.title(facts.study, exercise, facts.language)


def exercise_page(facts: Facts, exercise: str) -> Mapping[str, Any]:
    """Return the content for the template of an exercise."""
    variants = facts.study.every_variant(exercise)
    kinds: dict[str, list[Markup]] = {"claims": [], "tables": []}
    layers = []
    for spec in shown_tables(facts, exercise):
        table = fragment(make_table(spec, facts), _to_figure)
        if spec.kind == "layers":
            names = [
                variant_name(facts.study, exercise, variant, facts.language)
                for variant in equal_nets(facts, exercise, str(spec.variant))
            ]
            layers.append({"variants": items(names, facts.language), "html": table})
        else:
            kinds[spec.kind if spec.kind in kinds else "tables"].append(table)
    return {
        "here": exercise,
        "title": title(facts, exercise),
        "ran": [_ran(facts, exercise, [variant]) for variant in variants],
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


def _ran(facts: Facts, exercise: str, variants: Sequence[str]) -> str:
    """Return a sentence that says which settings variants have, and how many seeds of each finished."""
    amounts = {variant: _amount(facts, exercise, variant) for variant in variants}
    return ran(facts.study, exercise, variants, facts.language, amounts)


def _amount(facts: Facts, exercise: str, variant: str) -> str:
    """Return how many seeds of a variant finished and, if not all did, how many were planned."""
    finished, planned = facts.results.finished(exercise, variant), facts.results.expected(exercise, variant)
    texts = section("figures", facts.language)
    if not finished:
        return str(texts["no_results"]).lower()
    if finished < planned:
        return str(texts["seeds_part"]).format(n=finished, expected=planned)
    return seeds([finished], facts.language)


def _explorer(facts: Facts, exercise: str) -> list[Mapping[str, Any]]:
    """Return a chart for each metric with all variants' training and validation curves, a few shown at first."""
    texts = section("figures", facts.language)
    variants = facts.study.variants(exercise)
    metrics = dict.fromkeys(
        metric for variant in variants for metric in facts.results.metrics_by_epoch(exercise, variant)
    )
    explorer: list[Mapping[str, Any]] = []
    for metric in metrics:
        lines: list[Line] = []
        hidden_names = set()
        for place, variant in enumerate(variants[:MOST]):
            for split, dashed in (("validation", False), ("train", True)):
                curve = facts.results.curves(exercise, variant, metric, split)
                if isinstance(curve, Missing) or not np.isfinite(curve.mean).any():
                    continue
                name = f"{variant_name(facts.study, exercise, variant, facts.language)}, {label(texts, split).lower()}"
                if place >= FEW or (split == "train" and any(line.label != name for line in lines)):
                    hidden_names.add(name)
                lines.append(Line(name, curve, Look(look(place).colour, ":" if dashed else "-")))
        if lines:
            title = metric_name(facts.study, exercise, metric, facts.language)
            plot = Plot(title, tuple(lines), bounds=BOUNDS.get(metric, (None, None)), share=metric == "accuracy")
            (chart,) = charts(Course((plot,), ()), title, texts["epoch"], log_epochs=False)
            for line in chart["usermeta"]["lines"]:
                line["hidden"] = line["name"] in hidden_names
            chart["height"] = 320
            explorer.append({"metric": metric, "label": title, "chart": json_text(chart)})
    return explorer


def _settings(facts: Facts, exercise: str) -> Table:
    """Return the settings of the variants side by side; those that differ stand out."""
    variants = facts.study.every_variant(exercise)
    values = {variant: facts.study.settings(exercise, variant) for variant in variants}
    names = dict.fromkeys(name for each in values.values() for name in each)
    words = section("page", facts.language)
    columns = [Column("setting", words["setting"], numeric=False)]
    columns += [Column(each, variant_name(facts.study, exercise, each, facts.language)) for each in variants]
    own = {each: may_be_own(exercise, facts.study.model(exercise, each)) for each in variants}
    replaceable = {each: {name for name in names if name in own[each] and name in values[each]} for each in variants}
    rows = []
    for name in names:
        texts = [
            setting(each[name], facts.language) + OWN * (name in replaceable[variant]) if name in each else "–"
            for variant, each in values.items()
        ]
        tone = "strong" if len(set(texts)) > 1 else ""
        label_text = heading(name, facts.language)
        cell = Cell(label_text, {"": name}, below=name if name != label_text.lower() else "", tone=tone)
        rows.append((cell, *(Cell(text, {"": text}, tone=tone) for text in texts)))
    notes = (words["own_recipe"].format(OWN),) if any(replaceable.values()) else ()
    return Table(
        f"settings_{exercise}", words["side_by_side"], tuple(columns), tuple(rows), facts.language, notes=notes
    )


def spark(facts: Facts, exercise: str) -> Sequence[Mapping[str, str]]:
    """Return the lines of the exercise's first figure over epochs as points of an SVG; empty without results."""
    for spec in catalogue.of_exercise(facts.study, exercise):
        if spec.reads == "tables":
            drawing = _course(spec, facts)
            if drawing.plots:
                return _points(drawing)
    return []


def _points(drawing: Course) -> list[dict[str, str]]:
    plot = drawing.plots[0]
    drawn_as = np.log if plot.log else np.asarray
    lines = [(line.look.colour, drawn_as(line.curve.mean)) for line in plot.lines]
    values = np.concatenate([mean[np.isfinite(mean)] for _, mean in lines])
    low, height = values.min(), np.ptp(values) or 1.0
    polylines = []
    for colour, mean in lines:
        # A single epoch becomes a short line, because a line of one point is invisible.
        points = np.linspace(0, len(mean) - 1, max(2, min(len(mean), POINTS))).round().astype(int)
        x = np.linspace(3, WIDTH - 3, len(points))
        y = HEIGHT - 4 - (HEIGHT - 8) * (mean[points] - low) / height
        pairs = zip(x, y, strict=True)
        polylines.append({"colour": colour, "points": " ".join(f"{a:.1f},{b:.1f}" for a, b in pairs if np.isfinite(b))})
    return polylines


def _course(spec: Spec, facts: Facts) -> Course:
    return course(spec, facts.results, figure_words(facts.study, spec, facts.language))


def _figure(spec: Spec, facts: Facts) -> Mapping[str, Any]:
    """Return a figure: charts if it shows curves over epochs, the drawn picture otherwise."""
    texts = figure_words(facts.study, spec, facts.language)
    drawing = _course(spec, facts) if spec.reads == "tables" else Course((), ())
    specifications = charts(drawing, spec.title[facts.language], texts["epoch"], log_epochs=spec.log_epochs)
    return {
        "name": spec.name,
        "title": spec.title[facts.language],
        "caption": spec.caption[facts.language],
        "ran": _ran(facts, spec.exercise, spec.variants) if spec.exercise else "",
        "nothing": drawing.nothing,
        "notes": drawing.notes,
        "charts": [json_text(chart) for chart in specifications],
        "picture": None if spec.reads == "tables" else _picture(spec, facts),
        "stand_in": texts["stand_in"] if stand_in(spec, facts.results) else "",
        "runs": _runs(spec, facts),
        "files": [
            (f"{facts.study.shelf('figures', facts.language)}/{spec.name}.{kind}", kind.upper())
            for kind in ("pdf", "png", "csv")
        ],
    }


def overview(facts: Facts) -> Mapping[str, Any]:
    """Return the figure that shows the whole study."""
    figure = _figure(catalogue.spec(facts.study, catalogue.OVERVIEW), facts)
    return {**figure, "caption": overview_caption(facts.results, facts.language)}


def _picture(spec: Spec, facts: Facts) -> str | None:
    """Return the drawn figure as a data URL, which needs no other file; it also says why results are missing."""
    path = facts.folder / facts.study.shelf("figures", facts.language) / f"{spec.name}.png"
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}" if path.is_file() else None


def _runs(spec: Spec, facts: Facts) -> list[Mapping[str, Any]]:
    """Return, for each variant of a figure, the links to its runs."""
    page = address(facts.study, f"{spec.exercise}_runs", facts.language)
    words = section("page", facts.language)
    return [
        {
            "variant": variant_name(facts.study, spec.exercise, variant, facts.language),
            "called": words["seeds"] if len(facts.study.seeds(spec.exercise, variant)) > 1 else words["seed"].lower(),
            "blocks": [
                {"seeds": _seeds(block), "address": f"{page}#{variant}-{block.name}"}
                for block in facts.study.blocks()
                if (block.exercise, block.variant) == (spec.exercise, variant)
            ],
        }
        for variant in spec.variants
    ]


def _seeds(block: Block) -> str:
    """Return the seeds of a block as people write them: ``0–4``, or ``0, 2`` if they are not consecutive."""
    return block.name.removeprefix("s").replace("-", "–").replace("_", ", ")


def _to_figure(cell: Cell) -> str:
    """Return the link to the figure that a cell names."""
    return f"#{cell.figure}" if cell.figure else ""
