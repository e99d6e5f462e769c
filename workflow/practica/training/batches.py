"""Feed samples in an order that is a function of seed and epoch alone.

``fit(arrays, shuffle=True)`` repeats one permutation in every epoch once the global seed is set, and an order that
depends on what ran before could not be resumed exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from practica.exercises.problem import Ragged, Samples

EVALUATION_BATCH = 500


def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """Return the order ``(count,)`` in which the samples are seen in ``epoch`` (the first is 0)."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def training_batches(
    samples: Samples, batch_size: int, seed: int, epochs: range, to_input: Callable[[Any], Any] | None
) -> tf.data.Dataset:
    """Return the batches of all ``epochs``, one after another; the last batch of an epoch may be smaller."""

    def orders() -> Iterator[np.ndarray]:
        for epoch in epochs:
            yield epoch_order(seed, epoch, len(samples))

    signature = tf.TensorSpec((len(samples),), tf.int64)
    order = tf.data.Dataset.from_generator(orders, output_signature=signature)
    indices = order.flat_map(lambda index: tf.data.Dataset.from_tensor_slices(index).batch(batch_size))
    return _gather(indices, samples, to_input)


def evaluation_batches(samples: Samples, to_input: Callable[[Any], Any] | None) -> tf.data.Dataset:
    """Return the batches of one pass in the samples' own order."""
    return _gather(tf.data.Dataset.range(len(samples)).batch(EVALUATION_BATCH), samples, to_input)


def _gather(indices: tf.data.Dataset, samples: Samples, to_input: Callable[[Any], Any] | None) -> tf.data.Dataset:
    x, y = _tensor(samples.x), _tensor(samples.y)

    def batch(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        inputs = tf.gather(x, index)
        inputs = to_input(inputs) if to_input else tf.cast(inputs, tf.float32)
        return inputs, tf.gather(y, index)

    return indices.map(batch, num_parallel_calls=1).prefetch(2)


def _tensor(values: np.ndarray | Ragged) -> tf.Tensor | tf.RaggedTensor:
    with tf.device("cpu"):  # tf.data gathers on the host; small tensors would otherwise be copied back for each batch
        if isinstance(values, Ragged):
            return tf.RaggedTensor.from_row_splits(np.asarray(values.values), values.offsets)
        return tf.constant(np.asarray(values))
