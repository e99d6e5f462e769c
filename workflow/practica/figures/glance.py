"""What the panel of an exercise on the first page shows, and which marks of test data there are in them all."""

from __future__ import annotations

import numpy as np

from practica.config.about import Told
from practica.config.names import title, variant_name
from practica.evidence.curves import Curve
from practica.evidence.results import Missing, Results, Value
from practica.evidence.source import numbers
from practica.figures import captions, catalogue
from practica.figures.specs import Glance, Marks


def shown(results: Results, exercise: str, language: str) -> Glance:
    """Return what its ``about.yaml`` says; without that, all variants and their accuracy, else their loss."""
    told = catalogue.glance(results.study, exercise)
    if told:
        return told
    variants = results.study.variants(exercise)
    recorded = results.metrics_by_epoch(exercise, variants[0])
    metric = "accuracy" if "accuracy" in recorded else "loss"
    called = {variant: Told(variant_name(results.study, exercise, variant, language)) for variant in variants}
    return Glance(Told(title(results.study, exercise, language)), metric, called)


def course(results: Results, exercise: str, variant: str, metric: str) -> Curve | None:
    """Return the validation curve of a variant, if there is one that can be drawn."""
    curve = results.curves(exercise, variant, metric, "validation")
    return None if isinstance(curve, Missing) or not np.isfinite(curve.mean).any() else curve


def tested(results: Results, exercise: str, variant: str, metric: str) -> Value | None:
    """Return the result of a variant on test data, if there is one that can be drawn."""
    value = results.value(exercise, variant, "test", metric)
    return value if isinstance(value, Value) and np.isfinite(value.centre) else None


def overview_caption(results: Results, language: str) -> str:
    """Return the caption of the figure of the first page, which speaks of what it shows."""
    return captions.of_overview(results.study, marks(results, language))[language]


def marks(results: Results, language: str) -> Marks:
    """Return which metrics the panels show that have anything in them, and which of them have marks of test data."""
    found, source = Marks({}, set(), set()), numbers(results.study)
    for exercise in results.study.exercises:
        glance = shown(results, exercise, language)
        if not any(course(results, exercise, variant, glance.metric) for variant in glance.variants):
            continue
        found.metrics[exercise] = glance.metric
        for variant in glance.variants:
            if tested(results, exercise, variant, glance.metric):
                found.tested.add(exercise)
            if f"{exercise}/{variant}/test/{glance.metric}" in source:
                found.printed.add(exercise)
    return found
