"""Measure how much has to be written for a net: in Keras, and by hand."""

from __future__ import annotations

import ast

import pandas as pd

from practica import exercises
from practica.code.syntax import Place, source_of
from practica.evidence.results import Results


def code_lines(results: Results, exercise: str, variant: str) -> pd.Series:
    """Return how many lines of code this study has for a net, the same for every seed.

    Counted is the function that builds the net and all of this study that it uses, directly or not. By hand that holds
    layers, gradients, penalty, optimizer and epoch, which Keras brings along. A line is what Python's own
    ``ast.unparse`` writes on one: docstrings, comments, imports and layout do not count.
    """
    seeds = results.per_seed(exercise, variant, "train", "accuracy").index
    if seeds.empty:  # it has not run, or there is no such variant under this protocol
        return pd.Series(dtype=float)
    places: set[Place] = set()
    _follow((exercises.module_name(exercise), results.study.model(exercise, variant)), places)
    nodes = {node for module, name in places for node in source_of(module).definitions[name]}
    lines = sum(len(ast.unparse(node).splitlines()) for node in nodes)
    return pd.Series(float(lines), index=seeds)


def _follow(place: Place, places: set[Place]) -> None:
    """Add a definition of this study, and those that it uses, to ``places``."""
    module, name = place
    source = source_of(module)
    if place in places or name not in source.definitions:
        return
    places.add(place)
    for node in source.definitions[name]:
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                there, what = source.imports.get(part.id, (module, part.id))
                if there.startswith("study."):
                    _follow((there, what), places)
