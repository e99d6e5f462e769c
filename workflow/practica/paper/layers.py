"""Find nets of an exercise with equal layers as built: in a report, one table serves all of them."""

from __future__ import annotations

from dataclasses import replace

from practica.evidence.results import Missing
from practica.paper.catalogue import TableSpec, exercise_tables, layers_caption, layers_table
from practica.paper.facts import Facts


def shown_tables(facts: Facts, exercise: str) -> tuple[TableSpec, ...]:
    """Return the exercise's tables as a report shows them: only the first of those with equal layers."""
    specs = []
    for spec in exercise_tables(facts.study, exercise):
        nets = equal_nets(facts, exercise, spec.variant) if spec.variant else ()
        if not nets:
            specs.append(spec)
        elif nets[0] == spec.variant:
            specs.append(replace(spec, caption=layers_caption(facts.study, exercise, nets)))
    return tuple(specs)


def shown_as(facts: Facts, exercise: str, variant: str) -> str:
    """Return the name of the table that shows the layers of a variant's net."""
    return layers_table(exercise, equal_nets(facts, exercise, variant)[0])


def equal_nets(facts: Facts, exercise: str, variant: str) -> tuple[str, ...]:
    """Return the variants whose nets have exactly the layers of this one, including itself, in the study's order."""
    net = facts.parameters(exercise, variant)
    if isinstance(net, Missing) or not net.get("layers"):
        return (variant,)  # nets without a description cannot be compared
    variants = [str(spec.variant) for spec in exercise_tables(facts.study, exercise) if spec.kind == "layers"]
    return tuple(name for name in variants if facts.parameters(exercise, name) == net) or (variant,)
