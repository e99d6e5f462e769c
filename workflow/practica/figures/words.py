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
        "squared_price_loss": "Función de costo [(k$)²]",
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
        "real_price": "Precio real [k$]",
        "predicted_price": "Precio predicho [k$]",
        "prediction": "Predicción",
        "identity": "Predicción = precio real",
        "fit": "R² = {r2} (validación, semilla {seed})",
        "previous": "$x(t-1)$",
        "next": "$x(t)$",
        "true_map": "Mapa exacto",
        "residual": "Diferencia",
        "test_seed": "datos de prueba, semilla {seed}",
        "noisy": "Con ruido",
        "cleaned": "Filtrada",
        "clean": "Original",
        "ms_per_epoch": "Tiempo por época [ms]",
        "keras": "Keras",
        "numpy": "NumPy",
        "ratio": "×{ratio}",
        "twins_note": "{n} repeticiones: mediana y rango; al margen, {second} entre {first}",
        "cifar_mse": "CIFAR-10, MSE",
        "cifar_xent": "CIFAR-10, ent. cruzada",
        "xor_221": "XOR, 2-2-1",
        "xor_concat": "XOR, concatenación",
        "raw": "Sin corrección",
        "corrected": "Con corrección",
        "wider": "Más neuronas",
        "deeper": "Más capas",
        "autoencoder": "Simétrico",
        "autoencoder_asym": "Asimétrico",
        "decimal_mark": ",",
    },
    "en": {
        "epoch": "Epoch",
        "accuracy": "Accuracy",
        "loss": "Loss",
        "normalised_loss": "Normalised loss",
        "squared_price_loss": "Loss [(k$)²]",
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
        "real_price": "Real price [k$]",
        "predicted_price": "Predicted price [k$]",
        "prediction": "Prediction",
        "identity": "Prediction = real price",
        "fit": "R² = {r2} (validation, seed {seed})",
        "previous": "$x(t-1)$",
        "next": "$x(t)$",
        "true_map": "Exact map",
        "residual": "Difference",
        "test_seed": "test data, seed {seed}",
        "noisy": "Noisy",
        "cleaned": "Cleaned",
        "clean": "Original",
        "ms_per_epoch": "Time per epoch [ms]",
        "keras": "Keras",
        "numpy": "NumPy",
        "ratio": "×{ratio}",
        "twins_note": "{n} repetitions: median and range; at the margin, {second} over {first}",
        "cifar_mse": "CIFAR-10, MSE",
        "cifar_xent": "CIFAR-10, cross-entropy",
        "xor_221": "XOR, 2-2-1",
        "xor_concat": "XOR, concatenation",
        "raw": "Uncorrected",
        "corrected": "Corrected",
        "wider": "More neurons",
        "deeper": "More layers",
        "autoencoder": "Symmetric",
        "autoencoder_asym": "Asymmetric",
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
