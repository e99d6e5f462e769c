"""Turn a gathered batch into the network's input: the TensorFlow operations that exercises need, in one place."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf


def scale_pixels(images: Any) -> Any:
    """Scale uint8 pixels to float32 in [0, 1]; images stay one byte a pixel until the batch."""
    return tf.cast(images, tf.float32) / 255.0


def flat_pixels(images: Any) -> Any:
    """Scale uint8 images ``(batch, ...)`` to float32 in [0, 1] and lay each out as one vector ``(batch, pixels)``."""
    return tf.reshape(scale_pixels(images), (tf.shape(images)[0], math.prod(images.shape[1:])))


def count_words(words: int) -> Any:
    """Return a function from ragged word numbers ``(batch, None)`` to counts ``(batch, words)`` in float32."""

    def count(reviews: Any) -> Any:
        numbers = tf.cast(reviews, tf.int32)
        counts = tf.math.bincount(numbers, minlength=words, maxlength=words, axis=-1, dtype=tf.float32)
        return tf.ensure_shape(counts, (None, words))  # bincount does not tell its shape, and Keras needs it

    return count
