"""What people call exercises, variants and metrics, by language."""

from __future__ import annotations

from collections.abc import Mapping

from practica.about import EXERCISE_FILE, Told
from practica.config import Study

METRICS = {
    "es": {"accuracy": "Precisión", "loss": "Costo", "mse": "MSE", "mae": "MAE", "r2": "R²", "psnr": "PSNR [dB]"},
    "en": {"accuracy": "Accuracy", "loss": "Loss", "mse": "MSE", "mae": "MAE", "r2": "R²", "psnr": "PSNR [dB]"},
}  # fmt: skip

REPORTS = {"es": "informe"}
"""What the PDF is called in a language, where that is not ``report_<language>``."""


def report_name(language: str) -> str:
    """Return the name of the PDF without its suffix."""
    return REPORTS.get(language, f"report_{language}")


def own_words(study: Study, exercise: str, language: str) -> dict[str, str]:
    """Return the words that an exercise brings along, such as the names of its own metrics."""
    return {
        key: Told(word, f"{study.folder / exercise / EXERCISE_FILE}: words.{key}")[language]
        for key, word in study.about(exercise).get("words", {}).items()
    }


def metric_name(study: Study, exercise: str, metric: str, language: str) -> str:
    """Return how people call a metric of an exercise."""
    return own_words(study, exercise, language).get(metric) or METRICS[language].get(metric, metric)


def title(study: Study, exercise: str, language: str) -> str:
    """Return the exercise's title: that of the configuration, its own, or its id."""
    own: str | Mapping[str, str] = study.about(exercise).get("title", exercise)
    given = study.title(exercise, language)
    return given or Told(own, f"{study.folder / exercise / EXERCISE_FILE}: title")[language]


def variant_name(study: Study, exercise: str, variant: str, language: str) -> str:
    """Return how people call a variant, which without a name of its own is its id."""
    own = study.about(exercise).get("variants", {}).get(variant, variant)
    return Told(own, f"{study.folder / exercise / EXERCISE_FILE}: variants.{variant}")[language]
