"""Which figures there are and what each shows. Light: Snakemake reads it every time it parses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from practica.errors import InputError
from practica.figures.listing import OVERVIEW, SPECS
from practica.figures.specs import Spec
from practica.words import MODEL, languages, section

if TYPE_CHECKING:
    from practica.config import Study


def figures_for(study: Study) -> list[str]:
    """Return the names of the exercises' figures: those of the catalogue, then curves of what it does not know."""
    names = []
    for exercise in study.exercises:
        variants = study.variants(exercise)
        known = [each for each in SPECS if each.exercise == exercise and set(each.variants) <= set(variants)]
        shown = {variant for each in known for variant in each.variants}
        names += [each.name for each in known]
        names += [f"fig_{exercise}_{variant}" for variant in variants if variant not in shown]
    return names


def report_figures(study: Study) -> list[str]:
    """Return the names of all figures of the report: that of its first page, and those of its exercises."""
    return [OVERVIEW.name, *figures_for(study)]


def spec(name: str) -> Spec:
    """Return what the figure of this name shows.

    Raises:
        InputError: there is no such figure.
    """
    for each in (OVERVIEW, *SPECS):
        if each.name == name:
            return each
    user = re.fullmatch(r"fig_(ej[0-9]{2})_([a-z][a-z0-9_]*)", name)
    if user is None:
        raise InputError(
            f"unknown figure {name!r} (known: {', '.join(each.name for each in SPECS)}, fig_<ejNN>_<variant>)"
        )
    exercise, variant = user.groups()
    title = f"{exercise}, {variant}"
    texts = {language: section("report", language).get("recorded") for language in languages()}
    caption = {each: text.format(exercise=exercise, variant=variant) for each, text in texts.items() if text}
    return Spec(name, exercise, (variant,), "curves", {MODEL: title}, caption)
