"""What CIFAR-10 and CIFAR-100 have in common.

Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from practica.data.store.npz import read_arrays
from practica.data.store.spec import Arrays, BadContentError

IMAGE = (32, 32, 3)
ARCHIVE_LIMIT = 2**28  # bytes; the unpacked archives have 186 MB


def read_npz(path: Path) -> Arrays:
    """Return ``x_train`` ``(50000, 32, 32, 3)``, ``x_test`` ``(10000, 32, 32, 3)`` and their labels, all uint8."""
    return read_arrays(
        path,
        {
            "x_train": ("u1", (50_000, *IMAGE)),
            "y_train": ("u1", (50_000,)),
            "x_test": ("u1", (10_000, *IMAGE)),
            "y_test": ("u1", (10_000,)),
        },
    )


def from_batch(batch: Any, label_key: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images ``(n, 32, 32, 3)`` and labels ``(n,)`` of one of the original batches, which store colour planes.

    Raises:
        BadContentError: the batch does not hold images and as many labels.
    """
    data = batch.get(b"data") if isinstance(batch, dict) else None
    labels = batch.get(label_key) if isinstance(batch, dict) else None
    if not (isinstance(data, np.ndarray) and data.ndim == 2 and data.shape[1] == 3072):
        raise BadContentError("a batch holds no images")
    if not (isinstance(labels, list) and len(labels) == len(data)):
        raise BadContentError("a batch holds images without as many labels")
    if not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise BadContentError("a batch holds impossible labels")
    images = data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.array(labels, np.uint8)


def stand_in(classes: int) -> Arrays:
    """Return 2,000 and 500 images: each class has its coloured patches, mirrored, shifted and lit at will."""
    rng = np.random.default_rng(classes)
    patches = rng.uniform(0, 255, size=(classes, 4, 4, 3)).repeat(8, axis=1).repeat(8, axis=2)
    x_train, y_train = _images(patches, 2_000, rng)
    x_test, y_test = _images(patches, 500, rng)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _images(
    patches: NDArray[np.float64], count: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images and labels, all classes equally often."""
    y = rng.permutation(np.arange(count) % len(patches)).astype(np.uint8)
    images = np.stack([np.roll(patches[label], rng.integers(-2, 3, size=2), axis=(0, 1)) for label in y])
    mirrored = rng.random(count) < 0.5
    images[mirrored] = images[mirrored, :, ::-1]
    images = 128 + (images - 128) * rng.uniform(0.4, 0.8, size=(count, 1, 1, 1))
    images += rng.normal(0, 20, size=(count, 1, 1, 1)) + rng.normal(0, 25, size=images.shape)
    return np.clip(np.round(images), 0, 255).astype(np.uint8), y
