"""The content of an exercise's panel on the first page, and the marks of test data in all panels."""

from __future__ import annotations

import numpy as np

from practica.config.about import MultilingualText
from practica.config.names import title, variant_name
from practica.evidence.curves import Curve
from practica.evidence.results import Missing, Results, Value
from practica.evidence.source import numbers
from practica.figures import captions, catalogue
from practica.figures.specs import Glance, Marks


def glance_of(results: Results, exercise: str, language: str) -> Glance:
    """Return the panel that ``about.yaml`` declares; without one, all variants with their accuracy, else their loss."""
    glance = catalogue.glance(results.study, exercise)
    if glance:
        return glance
    variants = results.study.variants(exercise)
    metrics = results.metrics_by_epoch(exercise, variants[0])
    metric = "accuracy" if "accuracy" in metrics else "loss"
    labels = {
        variant: MultilingualText(variant_name(results.study, exercise, variant, language)) for variant in variants
    }
    return Glance(MultilingualText(title(results.study, exercise, language)), metric, labels)


def course(results: Results, exercise: str, variant: str, metric: str) -> Curve | None:
    """Return the validation curve of a variant, if it can be drawn."""
    curve = results.curves(exercise, variant, metric, "validation")
    return None if isinstance(curve, Missing) or not np.isfinite(curve.mean).any() else curve


def result_on_test(results: Results, exercise: str, variant: str, metric: str) -> Value | None:
    """Return the result of a variant on test data, if it can be drawn."""
    value = results.value(exercise, variant, "test", metric)
    return value if isinstance(value, Value) and np.isfinite(value.centre) else None


def overview_caption(results: Results, language: str) -> str:
    """Return the caption of the first page's figure for what it shows."""
    return captions.of_overview(results.study, marks(results, language))[language]


def marks(results: Results, language: str) -> Marks:
    """Return the metrics of the panels that are not empty, their marks of test data, and the seeds of their curves."""
    metrics, with_test, with_source, seeds = dict[str, str](), set[str](), set[str](), 0
    source = numbers(results.study)
    for exercise in results.study.exercises:
        glance = glance_of(results, exercise, language)
        courses = [course(results, exercise, variant, glance.metric) for variant in glance.variants]
        if not any(courses):
            continue
        metrics[exercise] = glance.metric
        seeds = max(seeds, *(curve.n for curve in courses if curve))
        for variant in glance.variants:
            if result_on_test(results, exercise, variant, glance.metric):
                with_test.add(exercise)
            if f"{exercise}/{variant}/test/{glance.metric}" in source:
                with_source.add(exercise)
    return Marks(metrics, with_test, with_source, seeds)
