"""Make batches of stored samples when training needs them, on either backend."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import keras
import numpy as np

from practica.backend import NAME
from practica.texts import holds_text

if NAME == "tensorflow":
    import tensorflow as tf


def as_float(inputs: Any) -> Any:
    """Return stored inputs in float32, each part if there are several; texts stay texts."""
    return keras.tree.map_structure(lambda part: part if holds_text(part) else keras.ops.cast(part, "float32"), inputs)


class Feed:
    """Batches of samples, made when they are needed, so that stored data stay as small as they are.

    Args:
        to_input: maps a batch of stored inputs to the network's; None: unchanged, in float32.
    """

    def __init__(self, to_input: Callable[[Any], Any] | None) -> None:
        self._to_input = to_input or as_float
        self._tensors: dict[int, tuple[Any, Any]] = {}

    def inputs(self, samples: Any) -> Any:
        """Return the network's inputs for a batch of stored ones."""
        return self._to_input(_batch_of(samples))

    def stream(
        self,
        inputs: Any,
        targets: tuple[np.ndarray, ...],
        passes: Callable[[], Iterable[np.ndarray]],
        count: int,
        batch: int,
    ) -> Any:
        """Return the batches of all ``passes``, each an array ``(count,)`` of rows; the last of each may be smaller.

        A batch is a tuple: the inputs, and these rows of each of ``targets`` (and of weights, if there are any).
        """
        if NAME == "tensorflow":
            rows = tf.data.Dataset.from_generator(passes, output_signature=tf.TensorSpec((count,), tf.int64))
            batches = rows.flat_map(lambda r: tf.data.Dataset.from_tensor_slices(r).batch(batch))
            return self._gather(batches, inputs, targets)
        return (
            self._batch(inputs, targets, rows[start : start + batch])
            for rows in passes()
            for start in range(0, count, batch)
        )

    def once(self, inputs: Any, targets: tuple[np.ndarray, ...], rows: np.ndarray, batch: int) -> Any:
        """Return the batches of one pass over ``rows``, which can be iterated repeatedly."""
        if NAME == "tensorflow":
            return self._gather(tf.data.Dataset.from_tensor_slices(rows).batch(batch), inputs, targets)
        return _Batches(lambda index: self._batch(inputs, targets, index), rows, batch)

    def _batch(self, inputs: Any, targets: tuple[np.ndarray, ...], rows: np.ndarray) -> tuple[Any, ...]:
        samples = keras.tree.map_structure(lambda part: part[rows], inputs)
        return self._to_input(samples), *(each[rows] for each in targets)

    def _gather(self, rows: Any, inputs: Any, targets: tuple[np.ndarray, ...]) -> Any:
        x, y = keras.tree.map_structure(self._tensor, inputs), [self._tensor(each) for each in targets]

        def batch(rows: Any) -> tuple[Any, ...]:
            batch_inputs = keras.tree.map_structure(lambda stored: stored(rows), x)
            return self._to_input(batch_inputs), *(stored(rows) for stored in y)

        batches = rows.map(batch, num_parallel_calls=1)
        # There is nothing to tune here, and the end of an iterator waits for the tuning thread, which often keeps
        # sleeping, for 10 ms, 20 ms and so on up to a minute. This made trainings take up to twice as long.
        options = tf.data.Options()
        options.autotune.enabled = False
        return batches.prefetch(2).with_options(options)

    def _tensor(self, values: Any) -> Callable[[Any], Any]:
        """Return a function from rows to the stored values there; parts that share the values share one tensor."""
        if id(values) not in self._tensors:
            if hasattr(values, "paths"):
                read = _reader(values)
            else:
                # tf.data gathers on the host; small tensors would otherwise be copied for each batch
                with tf.device("cpu"):
                    ragged = hasattr(values, "offsets")
                    tensor = (
                        tf.RaggedTensor.from_row_splits(np.asarray(values.values), values.offsets)
                        if ragged
                        else tf.constant(np.asarray(values))
                    )
                read = partial(tf.gather, tensor)
            self._tensors[id(values)] = values, read  # with the values: an id is unique only while its object lives
        return self._tensors[id(values)][1]


def _batch_of(samples: Any) -> Any:
    """Return a batch of stored inputs in the form that the backend takes."""
    if NAME == "tensorflow" and hasattr(samples, "offsets"):
        return tf.RaggedTensor.from_row_splits(np.asarray(samples.values), samples.offsets)
    if NAME == "tensorflow":
        return keras.tree.map_structure(lambda part: tf.constant(part) if holds_text(part) else part, samples)
    return samples


def _reader(images: Any) -> Callable[[Any], Any]:
    """Return a function from rows to images, which Python reads when the batch is made."""

    def read(rows: Any) -> Any:
        batch = tf.numpy_function(lambda own: images[own], [rows], tf.uint8)
        return tf.ensure_shape(batch, (None, *images.size, images.channels))

    return read


class _Batches(keras.utils.PyDataset):
    """One pass over rows, for backends without a data pipeline of their own."""

    def __init__(self, batch: Callable[[np.ndarray], tuple[Any, ...]], rows: np.ndarray, size: int) -> None:
        super().__init__()
        self._batch, self._rows, self._size = batch, rows, size

    def __len__(self) -> int:
        return math.ceil(len(self._rows) / self._size)

    def __getitem__(self, place: int) -> tuple[Any, ...]:
        return self._batch(self._rows[place * self._size : (place + 1) * self._size])
