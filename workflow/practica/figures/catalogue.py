"""The figures of a study and what each shows. Quick to import: Snakemake reads it every time it parses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from practica.config.about import MultilingualText
from practica.config.names import variant_name
from practica.errors import InputError, hint
from practica.figures import captions
from practica.figures.specs import KINDS, OVER_EPOCHS, SEVERAL, Glance, Panel, Spec

if TYPE_CHECKING:
    from practica.config.study import Study

OVERVIEW, FOREST = "fig_overview", "fig_claims"
"""The figures of the whole study rather than an exercise: that of the first page, and the forest plot of all claims."""
READS = {
    "tables": ("history.csv.gz", "metrics.csv"),
    "metrics": ("metrics.csv",),
    "overview": ("summary.csv", "claims.json"),
    "claims": ("claims.json",),
}
"""The files under the results folder that hold what a figure shows, by what it reads; arrays lie beside the runs."""


def declared(study: Study, exercise: str) -> list[Spec]:
    """Return the figures that the ``about.yaml`` of an exercise lists, whether or not the study runs what they show.

    Those of several variants are without the ones that the study leaves out, if enough are left to draw.
    """
    entries = study.about(exercise).get("figures", {})
    return [_spec(study, exercise, name, entry) for name, entry in entries.items()]


def of_exercise(study: Study, exercise: str) -> list[Spec]:
    """Return the figures of an exercise: those that it lists, then curves of the variants in none of them."""
    variants = study.variants(exercise)
    variants_in_play = study.every_variant(exercise)
    specs = [each for each in declared(study, exercise) if set(each.variants) <= set(variants_in_play)]
    covered = {variant for each in specs for variant in each.variants}
    return specs + [curves(study, exercise, variant) for variant in variants if variant not in covered]


def figures_for(study: Study) -> list[str]:
    """Return the names of the figures of the exercises in play."""
    return [each.name for exercise in study.exercises for each in of_exercise(study, exercise)]


def report_figures(study: Study) -> list[str]:
    """Return the names of all figures of the report: those of the whole study, then those of its exercises."""
    return [OVERVIEW, *([FOREST] if any_claims(study) else []), *figures_for(study)]


def any_claims(study: Study) -> bool:
    """Return whether there are claims about the exercises in play."""
    return any(study.about(exercise).get("claims") for exercise in study.exercises)


def spec(study: Study, name: str) -> Spec:
    """Return the specification of the figure of this name.

    Raises:
        InputError: there is no such figure.
    """
    if name == OVERVIEW:
        return Spec(name, "", (), "overview", captions.overview_title(study), captions.of_overview(study))
    if name == FOREST and any_claims(study):
        title, caption = captions.in_words(study, "forest_title"), captions.of_forest(study)
        return Spec(name, "", (), "forest", title, caption)
    for exercise in study.exercises:
        entry = study.about(exercise).get("figures", {}).get(name)
        if entry is not None:
            return _spec(study, exercise, name, entry)
        # Every variant has curves, even if another figure shows it.
        for variant in study.variants(exercise):
            if name == _curves_name(exercise, variant):
                return curves(study, exercise, variant)
    silent = next((each for each in study.every_exercise if name in study.about(each).get("figures", {})), None)
    if silent:
        raise InputError(f"{name} shows {silent}, which is not in the study ({', '.join(study.exercises)})")
    raise InputError(f"unknown figure {name!r}{hint(name, report_figures(study))}")


def curves(study: Study, exercise: str, variant: str) -> Spec:
    """Return the figure of a variant that no listed figure shows: its learning curves."""
    title = MultilingualText(
        {each: f"{exercise}, {variant_name(study, exercise, variant, each)}" for each in study.languages}
    )
    caption = captions.of_epochs(title, captions.Content("curves"), study.languages)
    full_caption = captions.with_protocol(study, caption, (variant,))
    return Spec(_curves_name(exercise, variant), exercise, (variant,), "curves", title, full_caption, places=(0,))


def of_scale(study: Study, figure: Spec) -> list[Spec]:
    """Return the figures that share the limits of this one's axes, including itself; empty if it has its own limits."""
    if not figure.scale:
        return []
    return [each for each in of_exercise(study, figure.exercise) if each.scale == figure.scale]


def glance(study: Study, exercise: str) -> Glance | None:
    """Return what the overview shows of an exercise, if its ``about.yaml`` says so."""
    entry = study.about(exercise).get("glance")
    if entry is None:
        return None
    variants = {name: MultilingualText(each) for name, each in entry["variants"].items()}
    return Glance(MultilingualText(entry["title"]), entry["metric"], variants, entry.get("log", False))


def _spec(study: Study, exercise: str, name: str, entry: Mapping[str, Any]) -> Spec:
    panels = tuple(Panel(**({"metric": each} if isinstance(each, str) else each)) for each in entry.get("panels", ()))
    title = MultilingualText(entry["title"])
    # Figures side by side have letters of their own.
    lettered = "caption" not in entry and len(panels) > 1 and not re.search(r"\d[a-z]$", name)
    others = {key: entry[key] for key in ("split", "log_epochs", "height", "scale", "number") if key in entry}
    names, labels = entry["variants"], entry.get("labels", ())
    places = _places_to_draw(study, exercise, entry["kind"], names)
    variants = tuple(names[place] for place in places)
    if "caption" in entry:
        caption: Mapping[str, str] = MultilingualText(entry["caption"])
        if entry["kind"] == "curves" or (entry["kind"] in KINDS and others.get("split") == "train"):
            caption = captions.with_running(caption, study.languages)
    elif entry["kind"] in OVER_EPOCHS:
        split = others.get("split", "validation")
        metrics = study.about(exercise).get("metrics", {})
        content = captions.Content(entry["kind"], panels, split, others.get("log_epochs", False), lettered, metrics)
        caption = captions.of_epochs(title, content, study.languages)
    else:
        caption = MultilingualText({language: f"{title[language]}." for language in study.languages})
    return Spec(
        name,
        exercise,
        variants,
        entry["kind"],
        title,
        captions.with_protocol(study, caption, variants),
        panels=panels,
        labels=tuple(labels[place] for place in places) if len(labels) == len(names) else tuple(labels),
        places=tuple(entry.get("first", 0) + place for place in places),
        left_out=tuple(name for name in names if name not in variants and not _runs(study, exercise, name)),
        arrays=tuple(entry.get("arrays", ())),
        lettered=lettered,
        **others,
    )


def _places_to_draw(study: Study, exercise: str, kind: str, variants: Sequence[str]) -> Sequence[int]:
    """Return the places of the variants to draw: those that the study has if they are enough for the kind, else all."""
    every = range(len(variants))
    size, least = SEVERAL.get(kind, (1, len(variants)))
    groups = [every[start : start + size] for start in every[::size]]
    places = [
        place for group in groups if all(_runs(study, exercise, variants[each]) for each in group) for place in group
    ]
    return places if len(places) >= least else every


def _runs(study: Study, exercise: str, variant: str) -> bool:
    return exercise in study.config["exercises"] and variant in study.every_variant(exercise)


def _curves_name(exercise: str, variant: str) -> str:
    return f"fig_{exercise}_{variant}"
