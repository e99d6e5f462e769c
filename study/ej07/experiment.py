"""ej07: noise removed from MNIST digits by a convolutional autoencoder (figure 12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from practica.exercises.problem import REGRESSION, Arrays, Problem, Samples, Settings, data_rng, model, official

SHOWN = 3  # digits in the figure


@model
def autoencoder(settings: Settings) -> keras.Model:
    """Filters 32, 16, 8, 2 and back in mirror image, 7x7 codes: 12,537 parameters."""
    return _net(settings, "autoencoder", [32, "down", 16, "down", 8, 2, 2, 8, "up", 16, "up", 32])


@model
def autoencoder_asym(settings: Settings) -> keras.Model:
    """Filters 32, 32, 8, 8 with the same 12,537 parameters and 7x7 codes."""
    return _net(settings, "autoencoder_asym", [32, "down", 32, "down", 8, "up", 8, "up"])


def problem(arrays: Arrays, settings: Settings, seed: int, fold: int | None) -> Problem:
    """Return noisy images as inputs and clean ones as targets, float32 in [0, 1], in all three parts alike."""
    rng = data_rng(seed, "noise")
    train, validation, test = (_noisy(part.x, settings.noise_std, rng) for part in official(arrays, settings, seed))

    def artefacts(predict: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
        noisy, clean = test.x[:SHOWN], test.y[:SHOWN]
        return {"clean": clean, "noisy": noisy, "cleaned": predict(noisy)}

    return Problem(REGRESSION, train, validation, test, measure=_measure, artefacts=artefacts)


def _net(settings: Settings, name: str, stack: list[int | str]) -> keras.Model:
    """Stack 3x3 convolutions (their filters), poolings (``down``) and upsamplings (``up``), then an image.

    It is linear unless ``output`` says otherwise.
    """
    inputs = keras.Input((28, 28))
    x = layers.Reshape((28, 28, 1))(inputs)
    for part in stack:
        if part == "down":
            x = layers.MaxPooling2D()(x)
        elif part == "up":
            x = layers.UpSampling2D()(x)
        else:
            x = layers.Conv2D(part, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(1, 3, padding="same", activation=settings.get("output"), dtype="float32")(x)
    return keras.Model(inputs, layers.Reshape((28, 28), dtype="float32")(x), name=name)


def _noisy(images: np.ndarray, std: float, rng: np.random.Generator) -> Samples:
    """Return noisy and clean images; the noise is drawn once, so every epoch and every variant sees the same."""
    clean = images.astype(np.float32) / np.float32(255)
    noisy = rng.standard_normal(clean.shape, dtype=np.float32)
    noisy *= np.float32(std)  # in place: MNIST in float32 is 188 MB, and three copies of it are enough
    noisy += clean
    np.clip(noisy, 0, 1, out=noisy)
    return Samples(noisy, clean)


def _measure(part: str, inputs: np.ndarray, targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return the peak signal-to-noise ratio of the cleaned images, and both measures of the noisy ones."""
    noisy = _squared_error(inputs, targets)
    return {
        "psnr": _psnr(_squared_error(predictions, targets)),
        "noisy_mse": float(noisy.mean()),
        "noisy_psnr": _psnr(noisy),
    }


def _squared_error(images: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Return the mean squared error of each image."""
    return np.array([np.mean((a - b) ** 2) for a, b in zip(images, clean, strict=True)])


def _psnr(error: np.ndarray) -> float:
    """Return the mean over the images of the peak signal-to-noise ratio [dB], for a peak of 1."""
    return float(np.mean(-10 * np.log10(error)))
