"""The words that stand in figures and captions, in each language; light, for it is read with the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from practica.errors import InputError

Words = Mapping[str, str]

WORDS: Mapping[str, Words] = {
    "es": {
        "epoch": "Época",
        "accuracy": "Precisión",
        "loss": "Función de costo",
        "normalised_loss": "Costo normalizado",
        "mse": "Error cuadrático medio",
        "spread": "Desv. entre pliegues",
        "train": "Entrenamiento",
        "validation": "Validación",
        "test": "Prueba",
        "seeds_one": "una semilla",
        "seeds_many": "línea: media de {n} semillas; banda: mínimo a máximo",
        "seeds_part": "{n} de las {expected} semillas previstas",
        "folds": "línea: media; banda: ± una desv. est. entre {folds} pliegues; semillas: {n}",
        "no_results": "Sin resultados",
        "failed": "la corrida falló",
        "missing": "aún no se corrió",
        "unrecorded": "no se registró",
        "diverged": "sin valores finitos, la corrida divergió",
        "stand_in": "STAND-IN: datos generados, no los reales",
        "prediction": "Predicción",
        "fit": "R² = {r2} (validación, semilla {seed})",
        "residual": "Diferencia",
        "test_seed": "datos de prueba, semilla {seed}",
        "ratio": "×{ratio}",
        "twins_note": "{n} repeticiones: mediana y rango; al margen, {second} entre {first}",
        "decimal_mark": ",",
    },
    "en": {
        "epoch": "Epoch",
        "accuracy": "Accuracy",
        "loss": "Loss",
        "normalised_loss": "Normalised loss",
        "mse": "Mean squared error",
        "spread": "S.d. over the folds",
        "train": "Training",
        "validation": "Validation",
        "test": "Test",
        "seeds_one": "one seed",
        "seeds_many": "line: mean of {n} seeds; band: lowest to highest",
        "seeds_part": "{n} of the {expected} seeds planned",
        "folds": "line: mean; band: ± one s.d. over {folds} folds; seeds: {n}",
        "no_results": "No results",
        "failed": "the run failed",
        "missing": "not run yet",
        "unrecorded": "not recorded",
        "diverged": "no finite values, the run diverged",
        "stand_in": "STAND-IN: generated data, not the real ones",
        "prediction": "Prediction",
        "fit": "R² = {r2} (validation, seed {seed})",
        "residual": "Difference",
        "test_seed": "test data, seed {seed}",
        "ratio": "×{ratio}",
        "twins_note": "{n} repetitions: median and range; at the margin, {second} over {first}",
        "decimal_mark": ".",
    },
}


def words(language: str) -> Words:
    """Return the words of a language.

    Raises:
        InputError: there are none.
    """
    if language not in WORDS:
        raise InputError(f"no figures in language {language!r} (known: {', '.join(WORDS)})")
    return WORDS[language]


def label(texts: Words, key: str) -> str:
    """Return the word for ``key``, or ``key`` itself for what users add, such as a metric of their own."""
    return texts.get(key, key.replace("_", " "))


def decimal(texts: Words, value: Any, digits: int) -> str:
    """Write a number with the language's decimal mark."""
    return f"{value:.{digits}f}".replace("-", "−").replace(".", texts["decimal_mark"])
