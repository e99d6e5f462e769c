"""Turn a gathered batch into the network's input: what several exercises need, in one place."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from practica.backend import count_words

__all__ = ["count_words", "flat_pixels", "scale_pixels"]


def scale_pixels(images: Any) -> Any:
    """Scale uint8 pixels to float32 in [0, 1]; images stay one byte a pixel until the batch."""
    return ops.cast(images, "float32") / 255.0


def flat_pixels(images: Any) -> Any:
    """Scale uint8 images ``(batch, ...)`` to float32 in [0, 1] and lay each out as one vector ``(batch, pixels)``."""
    return ops.reshape(scale_pixels(images), (-1, math.prod(images.shape[1:])))
