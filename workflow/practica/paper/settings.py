"""Say in words how a variant is trained; light, for captions are read with the workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from practica.config import Study
from practica.paper import numbers
from practica.paper.names import variant_name
from practica.paper.words import word

TRAINING = (
    "optimizer",
    "learning_rate",
    "momentum",
    "l2",
    "dropout",
    "batch_size",
    "epochs",
    "units",
    "train_samples",
    "test_samples",
)
"""The settings that a sentence about training mentions, in its order."""


def ran(study: Study, exercise: str, variants: Sequence[str], language: str) -> str:
    """Return a sentence that says with how many seeds and which settings variants are trained."""
    told: dict[str, list[str]] = {}
    seeds = sum(map(len, study.seed_groups(exercise)))
    amount = word("seed" if seeds == 1 else "several_seeds", language).format(seeds)
    for variant in variants:
        said = f"{training(study.settings(exercise, variant), language)}; {amount}"
        told.setdefault(said, []).append(variant_name(exercise, variant, language))
    return " ".join(f"{items(names, language)}: {said}." for said, names in told.items())


def training(settings: Mapping[str, Any], language: str) -> str:
    """Return a list in words of those of the usual settings that there are."""
    said = [
        word(f"say_{name}", language).format(setting(settings[name], language))
        for name in TRAINING
        if settings.get(name)
    ]
    return items(said, language)


def setting(value: Any, language: str) -> str:
    """Return a setting's value as text."""
    if isinstance(value, bool):
        return word(f"setting_{str(value).lower()}", language)
    if isinstance(value, int):
        return numbers.count(value, language)
    if isinstance(value, float):
        return numbers.exact(value, language)
    if isinstance(value, list | tuple):
        return items([setting(each, language) for each in value], language)
    return word("none", language) if value is None else word(str(value), language)


def items(texts: Sequence[str], language: str) -> str:
    """Return a list as people write it."""
    last = f" {word('and', language)} "
    return last.join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part)
