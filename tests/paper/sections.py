"""Sections of a report, before LaTeX sees them."""

from __future__ import annotations

from pathlib import Path

from practica.config.study import Study
from practica.figures.catalogue import figures_for
from practica.figures.catalogue import spec as figure_spec
from practica.paper.facts import Facts
from practica.paper.prose import Prose


def section(study: Study, results: Path, exercise: str | None, language: str = "es") -> Prose:
    """Return what expands the prose of an exercise."""
    names = (name for name in figures_for(study) if figure_spec(study, name).exercise == exercise)
    pictures = {name: figure_spec(study, name).caption[language] for name in names}
    return Prose(Facts(study, results, language), exercise, pictures)
