"""Write the captions of figures that follow from what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from practica.config.about import Told
from practica.figures.specs import Panel
from practica.words import items, section

if TYPE_CHECKING:
    from practica.config.study import Study


def of_curves(
    title: Mapping[str, str], panels: Sequence[Panel], split: str, log_epochs: bool, languages: Sequence[str]
) -> dict[str, str]:
    """Return the caption of one variant's learning curves, by language."""
    return {language: _of_curves(title[language], panels, split, log_epochs, language) for language in languages}


def _of_curves(title: str, panels: Sequence[Panel], split: str, log_epochs: bool, language: str) -> str:
    words = section("captions", language)
    shown = [words.get(panel.metric, panel.metric.replace("_", " ")) for panel in panels] or [words["recorded"]]
    if len(shown) > 1:
        places = [words["above"], *[words["middle"]] * (len(shown) - 2), words["below"]]
        shown = [f"{what} ({where})" for what, where in zip(shown, places, strict=True)]
    said = [f"{title}: {items(shown, language)} {words['train' if split == 'train' else 'both']}."]
    if any(panel.metric == "normalised_loss" for panel in panels):
        said.append(words["normalisation"])
    if log_epochs:
        said.append(words["logarithmic"])
    return " ".join(said)


def overview_title(study: Study) -> Told:
    """Return the title of the figure of the first page."""
    return Told({language: section("captions", language)["glance"] for language in study.languages})


def of_overview(study: Study) -> dict[str, str]:
    """Return the caption of the figure of the first page, by language: which metrics, whose marks, which verdicts."""
    return {language: _of_overview(study, language) for language in study.languages}


def _of_overview(study: Study, language: str) -> str:
    words = section("captions", language)
    groups: dict[str, list[str]] = {}
    for exercise in study.exercises:
        metric = study.about(exercise).get("glance", {}).get("metric")
        if metric:
            groups.setdefault(metric, []).append(str(study.number(exercise)))
    said = []
    if groups:
        *few, most = sorted(groups.items(), key=lambda pair: len(pair[1]))
        for metric, numbers in few:
            said.append(words["in"].format(exercises=items(numbers, language), metric=words.get(metric, metric)))
        name = words.get(most[0], most[0])
        said.append(words["others"].format(metric=name) if few else name)
    source = any(study.about(exercise).get("printed") for exercise in study.exercises)
    claims = any(study.about(exercise).get("claims") for exercise in study.exercises)
    text = words["overview"].format(metrics="; ".join(said) or words["recorded"], source=words["diamond"] * source)
    return f"{text} {words['verdicts']}" if claims else text
