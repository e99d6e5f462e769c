"""Find the variants that have a hand-written twin: the same net, trained without Keras. Light, as the workflow asks."""

from __future__ import annotations

from practica.config import Study

TWIN = "_numpy"
"""How the twin of a variant, and its model, is called: ``<name>_numpy``."""


def twins(study: Study, exercise: str) -> tuple[str, ...]:
    """Return the exercise's variants whose twin is one of its variants, too."""
    variants = study.variants(exercise)
    return tuple(name for name in variants if name + TWIN in variants)
