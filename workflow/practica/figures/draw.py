"""Draw a figure of the catalogue from collected results, or say in it why there is nothing to draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from practica import exercises
from practica.config.names import own_words, variant_name
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.blocks import NOT_RUN
from practica.evidence.curves import Curve
from practica.evidence.numbers import span
from practica.evidence.results import Missing, Results
from practica.figures import catalogue
from practica.figures.curves import Line, Plot, curves
from practica.figures.forest import forest
from practica.figures.overview import overview
from practica.figures.panels import side_by_side
from practica.figures.specs import Panel, Spec
from practica.figures.style import SPLIT_LOOKS, Look, look, message, stamp, style
from practica.words import Words, label, section

NEEDS = ("metrics.csv", "history.csv.gz", "summary.csv", "runs.csv")
"""The collected tables from which figures are drawn."""
FIGURES = "figures"
"""The module of an exercise's folder that draws its own kinds of figures."""
BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "accuracy": (0.0, 1.0),
    "normalised_loss": (0.0, 1.0),
    "loss": (0.0, None),
}


@dataclass(frozen=True)
class Source:
    """Where a line comes from, its name in the legend, and its look."""

    name: str
    variant: str
    split: str
    look: Look


def draw(name: str, study: Study, results: Path, language: str) -> Figure:
    """Return the figure ``name`` of the study whose results are in ``results``.

    A figure of stand-in data is stamped; one without results says why.

    Raises:
        InputError: there is no such figure or language, or a file is malformed.
    """
    return draw_from(Results(study, results), name, language)


def draw_from(results: Results, name: str, language: str) -> Figure:
    """Return a figure from results that several figures may share."""
    spec = catalogue.spec(results.study, name)
    texts = figure_words(results.study, spec, language)
    with style():
        figure = KINDS.get(spec.kind, _own)(spec, results, texts, language)
        if stand_in(spec, results):
            stamp(figure, texts["stand_in"])
    return figure


def figure_words(study: Study, spec: Spec, language: str) -> Words:
    """Return the words of a figure: those of the language, those of its exercise, and the names of its variants.

    The key of a name is ``variant NAME``, because a variant may be called like a word.
    """
    if not spec.exercise:
        return section("figures", language)
    every = (*spec.variants, *spec.left_out)
    names = {f"variant {each}": variant_name(study, spec.exercise, each, language) for each in every}
    return {**section("figures", language), **names, **own_words(study, spec.exercise, language)}


@dataclass(frozen=True)
class Course:
    """The content of a figure over epochs: its axes and small print, or why there are none."""

    plots: tuple[Plot, ...]
    notes: tuple[str, ...]
    nothing: str = ""


def course(spec: Spec, results: Results, texts: Words) -> Course:
    """Return what was recorded by epoch; missing lines become notes."""
    metrics = results.metrics_by_epoch(spec.exercise, spec.variants[0])
    panels = spec.panels or tuple(map(Panel, metrics)) or (Panel("loss"),)
    plots: list[Plot] = []
    notes: dict[str, None] = {}
    for panel in panels:
        lines, absent = _lines(spec, panel, results, texts)
        if lines:
            plots += _plots(spec, panel, lines, texts, _ends(spec, panel, results, texts))
            # A split that the exercise does not have is not a gap.
            gaps = {name: reason for name, reason in absent.items() if reason.status != "unrecorded"}
        else:
            gaps = {label(texts, panel.metric): next(iter(absent.values()))}
        notes |= {f"{name}: {explain(gap, texts)}": None for name, gap in gaps.items()}
    notes |= dict.fromkeys(_left_out(spec, texts))
    if not plots:
        return Course((), (), _nothing(absent, texts))
    return Course(tuple(plots), (_band(spec, plots, texts), *_dot(plots, texts), *_seeds(spec, results, texts), *notes))


def _over_epochs(spec: Spec, results: Results, texts: Words, language: str) -> Figure:
    """Draw what was recorded by epoch."""
    content, title = course(spec, results, texts), spec.title[language]
    if not content.plots:
        return message(title, content.nothing)
    return curves(content.plots, title, content.notes, texts, spec.log_epochs, spec.height)


def _nothing(absent: dict[str, Missing], texts: Words) -> str:
    """Return why none of the lines exists: once if the reason is the same for all."""
    reasons = {name: explain(gap, texts) for name, gap in absent.items()}
    all_reasons = set(reasons.values())
    return (
        all_reasons.pop()
        if len(all_reasons) == 1
        else "\n".join(f"{name}: {reason}" for name, reason in reasons.items())
    )


def _lines(spec: Spec, panel: Panel, results: Results, texts: Words) -> tuple[tuple[Line, ...], dict[str, Missing]]:
    """Return the lines of one set of axes, and why others are missing, by name."""
    lines, absent = [], {}
    spread = "folds" if spec.kind == "folds" else "seeds"
    for source in _sources(spec, texts):
        curve = results.curves(spec.exercise, source.variant, panel.metric, source.split, spread)
        if isinstance(curve, Missing):
            absent[source.name] = curve
        elif not np.isfinite(curve.mean).any():
            absent[source.name] = Missing("", "diverged")
        else:
            lines.append(Line(source.name, _errors(curve) if panel.errors else curve, source.look))
    return tuple(lines), absent


def _errors(curve: Curve) -> Curve:
    """Return the curve of the errors from a curve of right answers."""
    seeds = {seed: 1 - values for seed, values in curve.seeds.items()}
    end = None if curve.evaluated is None else 1 - curve.evaluated
    return replace(curve, mean=1 - curve.mean, low=1 - curve.high, high=1 - curve.low, seeds=seeds, evaluated=end)


def _sources(spec: Spec, texts: Words) -> list[Source]:
    """Return the lines that the figure should have: the splits of one variant, or several variants."""
    if spec.kind == "curves":
        return [Source(label(texts, split), spec.variants[0], split, each) for split, each in SPLIT_LOOKS.items()]
    return [
        Source(name, variant, spec.split, look(place))
        for (name, variant), place in zip(_variant_names(spec, texts), spec.places, strict=True)
    ]


def _ends(spec: Spec, panel: Panel, results: Results, texts: Words) -> tuple[float, float] | None:
    """Return the smallest and largest value of a metric in all figures of the same scale; None without one."""
    alike = catalogue.of_scale(results.study, spec)
    lines = [line.curve for each in alike for line in _lines(each, panel, results, texts)[0]]
    dots = [curve.evaluated for curve in lines if curve.evaluated is not None]
    values = np.concatenate([*(np.concatenate([curve.low, curve.high]) for curve in lines), np.array(dots)])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else None


def _plots(
    spec: Spec, panel: Panel, lines: tuple[Line, ...], texts: Words, ends: tuple[float, float] | None
) -> list[Plot]:
    bounds = BOUNDS.get(panel.metric, (None, None))
    name = label(texts, "error_rate" if panel.errors else panel.label or panel.metric)
    if spec.lettered:
        name = f"({chr(ord('a') + spec.panels.index(panel))}) {name}"
    share = panel.metric == "accuracy" and not panel.errors
    plot = Plot(name, lines, panel.log, bounds, ends=ends, share=share)
    # A single fold has no deviation to draw.
    if spec.kind == "folds" and any(np.isfinite(line.curve.sd).any() for line in lines):
        return [plot, Plot(texts["spread"], lines, bounds=(0.0, None), spread=True)]
    return [plot]


def _band(spec: Spec, plots: Iterable[Plot], texts: Words) -> str:
    """Return what the line and the band mean."""
    curves = [line.curve for plot in plots for line in plot.lines]
    seeds = span(curve.n for curve in curves)
    if spec.kind == "folds":
        return texts["folds"].format(n=seeds, folds=max(curve.folds for curve in curves))
    return texts["seeds_one"] if seeds == "1" else texts["seeds_many"].format(n=seeds)


def _dot(plots: Iterable[Plot], texts: Words) -> list[str]:
    """Return what the dot at the end of a line means, if there is one."""
    dots = any(line.curve.evaluated is not None for plot in plots for line in plot.lines)
    return [texts["evaluated"]] if dots else []


def _seeds(spec: Spec, results: Results, texts: Words) -> list[str]:
    """Return how many of the planned seeds are finished, for variants that have some but not all."""
    notes = []
    for name, variant in _variant_names(spec, texts):
        finished, expected = results.finished(spec.exercise, variant), results.expected(spec.exercise, variant)
        if 0 < finished < expected:
            part = texts["seeds_part"].format(n=finished, expected=expected)
            notes.append(part if len(spec.variants) == 1 else f"{name}: {part}")
    return notes


def _variant_names(spec: Spec, texts: Words) -> list[tuple[str, str]]:
    """Return the variants with their names in the figure."""
    if spec.labels:
        return [(label(texts, key), variant) for key, variant in zip(spec.labels, spec.variants, strict=True)]
    return [(texts[f"variant {variant}"], variant) for variant in spec.variants]


def _left_out(spec: Spec, texts: Words) -> list[str]:
    """Return a note for each variant that the study leaves out."""
    return [f"{texts[f'variant {variant}']}: {texts['left_out']}" for variant in spec.left_out]


def _own(spec: Spec, results: Results, texts: Words, language: str) -> Figure:
    """Draw the arrays that the first finished seed kept with the exercise's own function."""
    kept_arrays, title = results.arrays(spec.exercise, spec.variants[0], *spec.arrays), spec.title[language]
    if isinstance(kept_arrays, Missing):
        return message(title, explain(kept_arrays, texts))
    maker = getattr(exercises.load(spec.exercise, FIGURES), spec.kind, None)
    if maker is None:
        raise InputError(f"{spec.name}: no function {spec.kind} in {results.study.folder}/{spec.exercise}/figures.py")
    seed, arrays = kept_arrays
    figure: Figure = maker(arrays, seed, title, texts)
    return figure


def _overview(spec: Spec, results: Results, texts: Words, language: str) -> Figure:
    return overview(results, texts, language)


def _forest(spec: Spec, results: Results, texts: Words, language: str) -> Figure:
    return forest(results, spec.title[language], texts, language)


def _pairs(spec: Spec, results: Results, texts: Words, language: str) -> Figure:
    """Draw a metric of every first variant beside that of the second, repetition by repetition."""
    (panel,) = spec.panels
    values = {name: results.per_seed(spec.exercise, name, spec.split, panel.metric) for name in spec.variants}
    both, absent = [], {}
    for name, twin in zip(spec.variants[::2], spec.variants[1::2], strict=True):
        if len(values[name].index.intersection(values[twin].index)):
            both.append((texts[f"variant {name}"], values[name], values[twin]))
        elif gap := next((each for each in (name, twin) if values[each].empty), None):
            reason = results.why_missing(spec.exercise, gap, f"{spec.split} {panel.metric}")
            absent[texts[f"variant {gap}"]] = reason
        else:
            absent[texts[f"variant {name}"]] = Missing("", "uncommon")
    if not both:
        return message(spec.title[language], _nothing(absent, texts))
    notes = [*_left_out(spec, texts), *(f"{name}: {explain(reason, texts)}" for name, reason in absent.items())]
    return side_by_side(both, label(texts, panel.metric), spec.labels, spec.title[language], texts, notes)


def stand_in(spec: Spec, results: Results) -> bool:
    """Return whether the figure shows results from generated data."""
    if spec.kind == "forest":  # generated data is not judged
        return False
    if spec.kind == "overview":
        return any(map(results.stand_in, results.study.exercises))
    return results.stand_in(spec.exercise, spec.variants)


def explain(missing: Missing, texts: Words) -> str:
    """Return in the figure's language why there is nothing; a reason that a failure gave stays as it is."""
    text = f"{texts['no_results']}: {texts[missing.status]}"
    return text if missing.reason in ("", NOT_RUN) or missing.status == "unrecorded" else f"{text} ({missing.reason})"


KINDS: Mapping[str, Callable[[Spec, Results, Words, str], Figure]] = {
    "curves": _over_epochs,
    "compare": _over_epochs,
    "folds": _over_epochs,
    "pairs": _pairs,
    "overview": _overview,
    "forest": _forest,
}
"""The function that draws each kind of figure; every other kind is a function of the exercise's module."""
