"""Decide which words a figure may show, so that others leave it as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from practica import exercises
from practica.address import SPLITS
from practica.code.digest import Reach, reach
from practica.config.study import Study
from practica.figures.specs import KINDS, OVER_EPOCHS, Spec
from practica.words import project_keys

METRICS = frozenset(["accuracy", "loss", "mse", "normalised_loss"])
OF_KINDS = METRICS.union(SPLITS) | {"epoch", "error_rate", "folds", "spread"}
"""The project's words that code names for other reasons, too, and that only some figures show."""


def shown_words(study: Study, spec: Spec, kind: str, code: Reach) -> Callable[[tuple[str, Any]], bool]:
    """Return a function that says whether a figure may show a word, by its key.

    It may show what its code can build from the texts in it and in its entry. If what is recorded decides which axes
    there are, it may also show whatever the exercise can record.

    Args:
        study: the study.
        spec: the figure.
        kind: the function that draws its kind, as an entry of ``reach``.
        code: all code that draws it.
    """
    keys = _keys(study, spec, kind)
    exercise_code = reach(exercises.module_name(spec.exercise)) if _records_decide(spec) else None
    project = project_keys("figures")

    def shows(entry: tuple[str, Any]) -> bool:
        key, _ = entry
        if key in OF_KINDS:
            return key in keys
        if exercise_code and (key not in project or exercise_code.says(key)):
            return True
        return key in keys or code.says(key)

    return shows


def _keys(study: Study, spec: Spec, kind: str) -> frozenset[str]:
    """Return the keys that a figure names: metrics, labels and splits, and what else its kind shows."""
    if spec.kind not in KINDS:
        own = reach(kind)
        return frozenset([key for key in OF_KINDS if own.says(key)] + [*spec.labels, *spec.arrays, *spec.variants])
    over = {*spec.labels, *(key for panel in spec.panels for key in (panel.metric, panel.label))}
    if spec.kind == "overview":
        panels = [study.about(each).get("glance") for each in study.exercises]
        over |= {"epoch"}.union(*([panel["metric"]] if panel else ("accuracy", "loss") for panel in panels))
    if spec.kind in OVER_EPOCHS:
        over |= {"epoch"}
    if spec.kind == "curves":
        over |= {*SPLITS}
    if spec.kind == "folds":
        over |= {"folds", "spread"}
    if any(panel.errors for panel in spec.panels):
        over |= {"error_rate"}
    return frozenset(over) | (METRICS if _records_decide(spec) else frozenset())


def _records_decide(spec: Spec) -> bool:
    """Return whether a figure has axes for whatever was recorded."""
    return spec.kind in OVER_EPOCHS and not spec.panels
