"""Say which nets of an exercise have equal layers as built: in a report one table stands for all of them."""

from __future__ import annotations

from dataclasses import replace

from practica.evidence.results import Missing
from practica.paper.catalogue import TableSpec, exercise_tables, layers_caption, layers_table
from practica.paper.facts import Facts


def shown_tables(facts: Facts, exercise: str) -> tuple[TableSpec, ...]:
    """Return the exercise's tables as a report shows them: of nets with equal layers only that of the first."""
    shown = []
    for spec in exercise_tables(facts.study, exercise):
        nets = equal_nets(facts, exercise, spec.variant) if spec.variant else ()
        if not nets:
            shown.append(spec)
        elif nets[0] == spec.variant:
            shown.append(replace(spec, caption=layers_caption(exercise, nets, facts.study.languages)))
    return tuple(shown)


def shown_as(facts: Facts, exercise: str, variant: str) -> str:
    """Return the name of the table that stands for the layers of a variant's net."""
    return layers_table(exercise, equal_nets(facts, exercise, variant)[0])


def equal_nets(facts: Facts, exercise: str, variant: str) -> tuple[str, ...]:
    """Return the variants whose nets have the very layers of this one's, itself included, in the study's order."""
    built = facts.parameters(exercise, variant)
    if isinstance(built, Missing) or not built.get("layers"):
        return (variant,)  # of what nobody described nothing can be said
    variants = [str(spec.variant) for spec in exercise_tables(facts.study, exercise) if spec.kind == "layers"]
    return tuple(name for name in variants if facts.parameters(exercise, name) == built) or (variant,)
