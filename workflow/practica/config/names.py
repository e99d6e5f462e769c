"""The names of exercises, variants and metrics for people, by language."""

from __future__ import annotations

from collections.abc import Mapping

from practica.address import RUNNING, base_of, protocol_of
from practica.config.about import MultilingualText
from practica.config.protocols import label
from practica.config.study import Study
from practica.words import section, word


def own_words(study: Study, exercise: str, language: str) -> dict[str, str]:
    """Return the words that an exercise defines for its figures, including the names of its own metrics."""
    about = study.about(exercise)
    return {
        key: MultilingualText(word)[language]
        for part in ("metrics", "words")
        for key, word in about.get(part, {}).items()
    }


def metric_name(study: Study, exercise: str, metric: str, language: str) -> str:
    """Return the name of an exercise's metric."""
    if metric.startswith(RUNNING):
        name = metric_name(study, exercise, metric.removeprefix(RUNNING), language)
        return str(word("running", language)).format(name)
    own = study.about(exercise).get("metrics", {}).get(metric)
    return str(section("metrics", language).get(metric, metric)) if own is None else MultilingualText(own)[language]


def title(study: Study, exercise: str, language: str) -> str:
    """Return the exercise's title: that of the configuration, its own, or its id."""
    own: str | Mapping[str, str] = study.about(exercise).get("title", exercise)
    own_title = study.title(exercise, language)
    return own_title or MultilingualText(own)[language]


def variant_name(study: Study, exercise: str, variant: str, language: str) -> str:
    """Return the name of a variant, by default its id, followed by its protocol."""
    name, protocol = base_of(variant), protocol_of(variant)
    own_name = MultilingualText(study.about(exercise).get("variants", {}).get(name, name))[language]
    return f"{own_name} ({label(study.folder, protocol, language)})" if protocol else own_name
