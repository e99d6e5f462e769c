"""MNIST: 70,000 grey images of handwritten digits, 28x28 (LeCun, Cortes, Burges; CC BY-SA 3.0)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from practica.data.store.npz import read_arrays
from practica.data.store.spec import Arrays, Form, Published, Upstream

# Which bars of a seven-segment display each digit lights: top, upper left, upper right, middle, lower left, lower
# right, bottom.
SEGMENTS = (
    "1110111",
    "0010010",
    "1011101",
    "1011011",
    "0111010",
    "1101011",
    "1101111",
    "1010010",
    "1111111",
    "1111011",
)
# Rows and columns of the bars, in pixels.
BARS = (
    ((5, 7), (9, 19)),
    ((5, 14), (9, 11)),
    ((5, 14), (17, 19)),
    ((13, 15), (9, 19)),
    ((14, 23), (9, 11)),
    ((14, 23), (17, 19)),
    ((21, 23), (9, 19)),
)


def read(path: Path) -> Arrays:
    """Return ``x_train`` ``(60000, 28, 28)``, ``x_test`` ``(10000, 28, 28)`` and their labels, all uint8."""
    return read_arrays(
        path,
        {
            "x_train": ("u1", (60_000, 28, 28)),
            "y_train": ("u1", (60_000,)),
            "x_test": ("u1", (10_000, 28, 28)),
            "y_test": ("u1", (10_000,)),
        },
    )


def stand_in() -> Arrays:
    """Return 2,000 and 500 blurred seven-segment digits in changing places, strengths and grain."""
    rng = np.random.default_rng(0)
    x_train, y_train = _digits(2_000, rng)
    x_test, y_test = _digits(500, rng)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _digits(count: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images and labels."""
    glyphs = np.zeros((10, 28, 28))
    for glyph, lit in zip(glyphs, SEGMENTS, strict=True):
        for on, (rows, columns) in zip(lit, BARS, strict=True):
            if on == "1":
                glyph[slice(*rows), slice(*columns)] = 1
    for axis in (1, 2):  # a stroke of the pen has soft edges
        glyphs = (np.roll(glyphs, 1, axis) + 2 * glyphs + np.roll(glyphs, -1, axis)) / 4
    y = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    images = np.stack([np.roll(glyphs[label], rng.integers(-2, 3, size=2), axis=(0, 1)) for label in y])
    images *= rng.uniform(0.6, 1.0, size=(count, 1, 1)) * rng.uniform(0.7, 1.0, size=images.shape)
    return np.round(255 * images).astype(np.uint8), y


DATASET = Published(
    name="mnist",
    fingerprint="8fc8fc4f0343f34ece1fcfdfb65f0801fac48030ce7c70e62bbb62f64ee2e65b",
    forms=(
        Form(
            "mnist.npz",
            read,
            Upstream("keras", "mnist.npz", "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"),
        ),
    ),
    stand_in=stand_in,
)
