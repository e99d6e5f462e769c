"""Pixels that are shifted and scaled by what the training images have in each place."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from practica.exercises.problem import Samples


def standardised_pixels(train: Samples, *, flat: bool = False) -> Callable[[Any], Any]:
    """Return what makes of images ``(batch, ...)`` their distance from the mean of ``train`` in its deviations.

    Both are those of each pixel; ``flat`` lays each image out as one vector.
    """
    images, total, squares = train.x, 0.0, 0.0
    for start in range(0, len(images), 1000):  # all of them at once would not fit into memory as floats
        part = images[start : start + 1000].astype(np.float64)
        total, squares = total + part.sum(axis=0), squares + (part**2).sum(axis=0)
    centre = np.asarray(total / len(images))
    deviation = np.sqrt(np.maximum(squares / len(images) - centre**2, 0))
    mean, scale = centre.astype(np.float32), np.where(deviation == 0, 1.0, deviation).astype(np.float32)

    def to_input(images: Any) -> Any:
        standard = (ops.cast(images, "float32") - mean) / scale
        return ops.reshape(standard, (-1, math.prod(mean.shape))) if flat else standard

    return to_input
