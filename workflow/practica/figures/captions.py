"""Write the captions that follow from what a figure shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from practica.about import Told
from practica.figures.specs import Panel

if TYPE_CHECKING:
    from practica.config import Study

WORDS: Mapping[str, Mapping[str, str]] = {
    "es": {
        "and": " y ",
        "accuracy": "precisión",
        "loss": "función de costo",
        "normalised_loss": "función de costo normalizada",
        "mse": "error cuadrático medio",
        "above": "arriba",
        "middle": "centro",
        "below": "abajo",
        "both": "por época, en entrenamiento y validación",
        "train": "por época, en entrenamiento",
        "normalisation": " El costo se divide por su mayor valor en esa corrida, el mismo para todas las curvas.",
        "logarithmic": " El eje de las épocas es logarítmico.",
        "recorded": "métricas registradas",
        "glance": "El estudio de un vistazo",
        "overview": "El estudio de un vistazo. Curvas: validación por época, media y rango de las semillas "
        "({metrics}). A la derecha de cada panel, la prueba: punto con intervalo del 95 %, este estudio{source}.",
        "diamond": "; rombo, la fuente",
        "verdicts": " Bajo el título, los veredictos sobre lo que se afirma: ✓ confirmada, ✗ no confirmada, ? sin "
        "decidir, ≠ no comparable, – sin evaluar.",
        "in": "en {exercises}, {metric}",
        "others": "en los demás, {metric}",
    },
    "en": {
        "and": " and ",
        "accuracy": "accuracy",
        "loss": "loss",
        "normalised_loss": "normalised loss",
        "mse": "mean squared error",
        "above": "above",
        "middle": "middle",
        "below": "below",
        "both": "by epoch, on training and validation data",
        "train": "by epoch, on training data",
        "normalisation": " The loss is divided by its largest value in that run, the same for all curves.",
        "logarithmic": " The axis of the epochs is logarithmic.",
        "recorded": "recorded metrics",
        "glance": "The study at a glance",
        "overview": "The study at a glance. Curves: validation by epoch, mean and range of the seeds ({metrics}). At "
        "the right of each panel, the test data: dot with 95 % interval, this study{source}.",
        "diamond": "; diamond, the source",
        "verdicts": " Under the title, the verdicts on what is claimed: ✓ confirmed, ✗ not confirmed, ? undecided, "
        "≠ not comparable, – not evaluated.",
        "in": "in {exercises}, {metric}",
        "others": "in the others, {metric}",
    },
}


def of_curves(
    title: Mapping[str, str], panels: Sequence[Panel], split: str, log_epochs: bool, languages: Sequence[str]
) -> dict[str, str]:
    """Return the caption of one variant's learning curves, by language."""
    return {language: _of_curves(title[language], panels, split, log_epochs, language) for language in languages}


def _of_curves(title: str, panels: Sequence[Panel], split: str, log_epochs: bool, language: str) -> str:
    words = WORDS[language]
    shown = [words.get(panel.metric, panel.metric.replace("_", " ")) for panel in panels] or [words["recorded"]]
    if len(shown) > 1:
        places = [words["above"], *[words["middle"]] * (len(shown) - 2), words["below"]]
        shown = [f"{what} ({where})" for what, where in zip(shown, places, strict=True)]
    listed = words["and"].join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)
    notes = words["normalisation"] if any(panel.metric == "normalised_loss" for panel in panels) else ""
    notes += words["logarithmic"] if log_epochs else ""
    return f"{title}: {listed} {words['train' if split == 'train' else 'both']}.{notes}"


def overview_title(study: Study) -> Told:
    """Return the title of the figure of the first page."""
    return Told({language: WORDS[language]["glance"] for language in study.languages}, "")


def of_overview(study: Study) -> dict[str, str]:
    """Return the caption of the figure of the first page, by language: which metrics, whose marks, which verdicts."""
    return {language: _of_overview(study, language) for language in study.languages}


def _of_overview(study: Study, language: str) -> str:
    words = WORDS[language]
    groups: dict[str, list[str]] = {}
    for exercise in study.exercises:
        metric = study.about(exercise).get("glance", {}).get("metric")
        if metric:
            groups.setdefault(metric, []).append(str(study.number(exercise)))
    said = []
    if groups:
        *few, most = sorted(groups.items(), key=lambda pair: len(pair[1]))
        for metric, numbers in few:
            listed = words["and"].join(part for part in (", ".join(numbers[:-1]), numbers[-1]) if part)
            said.append(words["in"].format(exercises=listed, metric=words.get(metric, metric)))
        name = words.get(most[0], most[0])
        said.append(words["others"].format(metric=name) if few else name)
    source = any(study.about(exercise).get("printed") for exercise in study.exercises)
    claims = any(study.about(exercise).get("claims") for exercise in study.exercises)
    text = words["overview"].format(metrics="; ".join(said) or words["recorded"], source=words["diamond"] * source)
    return text + words["verdicts"] * claims
