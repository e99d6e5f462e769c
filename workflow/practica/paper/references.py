r"""References of the prose, such as ``\ref{fig:fig01}``: what they may name, and the mark for a missing label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from practica.config.study import Study
from practica.figures import catalogue as figures
from practica.figures.specs import Spec
from practica.paper import floats
from practica.paper.catalogue import layers_table, tables_for
from practica.paper.names import figure_specs, named_variants, table_names
from practica.words import word

REFERENCE = re.compile(r"\\(?:page|auto|name)?ref\*?\{((?:fig|tab|sec):[^}]*)\}")
LABEL = re.compile(r"\\label\{([^}]*)\}")


def labels(study: Study) -> frozenset[str]:
    """Return the labels that prose may refer to: of what the report shows, and of what is known but does not run."""
    every = {label for exercise in study.every_exercise for label in _labels_of(study, exercise)}
    return frozenset(every | _labels_in_report(study))


def with_holes(prose: Mapping[Path, str], others: Iterable[str], study: Study, language: str) -> dict[Path, str]:
    """Return the files of prose with a mark for every reference to something known that does not run and has no place.

    Args:
        prose: the files, expanded.
        others: the other texts of the document.
        study: the study.
        language: of the mark.
    """
    places = {label for text in (*prose.values(), *others) for label in LABEL.findall(text)}
    references = {label for text in prose.values() for label in REFERENCE.findall(text)}
    if references <= places:
        return dict(prose)
    absent = labels(study) - _labels_in_report(study) - places
    hole = floats.gap(word("left_out", language), word("missing", language))
    return {
        path: REFERENCE.sub(lambda match: hole if match[1] in absent else match[0], text)
        for path, text in prose.items()
    }


def _labels_in_report(study: Study) -> set[str]:
    """Return the labels of everything that the report of the exercises in play shows."""
    figure_names = (name for exercise in study.exercises for name in _names(figures.of_exercise(study, exercise)))
    sections = {f"sec:{exercise}" for exercise in study.exercises}
    return {*sections, *(f"fig:{name}" for name in figure_names), *(f"tab:{table.name}" for table in tables_for(study))}


def _labels_of(study: Study, exercise: str) -> set[str]:
    """Return the labels of everything that is known of an exercise, whatever the study runs."""
    figure_names = _names(figure_specs(study, exercise).values())
    layers = [layers_table(owner, name) for owner, name in named_variants(study) if owner == exercise]
    tables = [*table_names(study, exercise), *layers]
    return {f"sec:{exercise}", *(f"fig:{name}" for name in figure_names), *(f"tab:{name}" for name in tables)}


def _names(specs: Iterable[Spec]) -> set[str]:
    """Return the names of figures and of their groups."""
    return {name for spec in specs for name in (spec.name, floats.group(spec.name))}
