"""The differences between Keras' backends; the rest of the package is written with ``keras.ops``.

``KERAS_BACKEND`` chooses: TensorFlow unless it says ``jax``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

CPU_INFO = Path("/proc/cpuinfo")
AHEAD = 2
"""Turns of a loop that are under way at the same time."""
NAME: str = keras.backend.backend()

if NAME == "tensorflow":
    import tensorflow as tf
else:
    import jax


def version() -> str:
    """Return the backend's name, version and kernels: all of them affect the last bits of a result."""
    if NAME != "tensorflow":
        return f"{NAME} {jax.__version__}"
    # TensorFlow reads this variable when it is imported; without it, its choice depends on the processor.
    kernels = {"1": ", oneDNN", "0": ", no oneDNN"}.get(os.environ.get("TF_ENABLE_ONEDNN_OPTS", ""), "")
    return f"{NAME} {tf.__version__}{kernels}"


def gpus() -> list[str]:
    """Return the names of the GPUs that the backend sees."""
    if NAME != "tensorflow":
        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    devices = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(device).get("device_name", device.name) for device in devices]


def multiplies_bfloat16() -> bool:
    """Return whether bfloat16 is faster than float32 here: on GPUs, and on some processors.

    These processors have matrix units for it (AMX), or are AMD's with vector instructions for it (avx512_bf16): an
    epoch of a large convolutional net takes 0.6 times as long there as in float32. With the same instructions it took
    1.6 times as long on a Xeon; other processors emulate it, many times slower.
    """
    if gpus():
        return True
    words = cpu_words()
    return "amx_bf16" in words or {"AuthenticAMD", "avx512_bf16"} <= words


def convolution(inputs: Any, kernel: Any, *, strides: tuple[int, int], padding: str) -> Any:
    """Return the result of ``tf.nn.conv2d``, for inputs ``(batch, height, width, channels)``.

    Its gradient by the kernel is itself a convolution: of the inputs with the gradient by the outputs, where samples
    and channels swap places in both, and the stride of the kernel becomes a dilation.
    """

    @tf.custom_gradient
    def convolve(inputs: Any, kernel: Any) -> tuple[Any, Callable[[Any], tuple[Any, Any]]]:
        def gradients(by_outputs: Any) -> tuple[Any, Any]:
            by_inputs = tf.nn.conv2d_transpose(by_outputs, kernel, tf.shape(inputs), strides, padding)
            size_of_inputs, outputs, size = inputs.shape[1:3], by_outputs.shape[1:3], kernel.shape[:2]
            extent = [(o - 1) * stride + k for o, stride, k in zip(outputs, strides, size, strict=True)]
            beyond = [max(e - i, 0) for e, i in zip(extent, size_of_inputs, strict=True)]
            by_kernel = tf.nn.conv2d(
                tf.transpose(inputs[:, : extent[0], : extent[1]], (3, 1, 2, 0)),
                tf.transpose(by_outputs, (1, 2, 0, 3)),
                strides=1,
                padding=[[0, 0], *([n // 2, n - n // 2] for n in beyond), [0, 0]],
                dilations=strides,
            )
            return by_inputs, tf.transpose(by_kernel, (1, 2, 0, 3))

        return tf.nn.conv2d(inputs, kernel, strides, padding), gradients

    return convolve(inputs, tf.convert_to_tensor(kernel))  # a variable would need its own gradient


def compiled(function: Callable[..., Any], *, xla: bool) -> Callable[..., Any]:
    """Return the function as one compiled graph; ``xla`` fuses its operations, which pays off if they are tiny."""
    return tf.function(function, jit_compile=xla, autograph=False) if NAME == "tensorflow" else jax.jit(function)


def repeated(times: Any, body: Callable[[Any, Any], Any], state: Any) -> Any:
    """Return ``state`` after ``times`` calls of ``body(number, state)`` in a graph.

    TensorFlow begins turns ahead with what does not depend on the state, such as their batches, and keeps it: ten turns
    by default, of which one is enough.
    """
    if NAME != "tensorflow":
        return keras.ops.fori_loop(0, times, body, state)

    def turn(number: Any, now: Any) -> Any:
        return number + 1, body(number, now)

    start = (tf.constant(0), state)
    return tf.while_loop(lambda number, _: number < times, turn, start, parallel_iterations=AHEAD)[1]


def graph(function: Callable[[], Any]) -> Any:
    """Return TensorFlow's graph of a function, which is traced but not run."""
    return tf.function(function, autograph=False).get_concrete_function().graph


class Spec(NamedTuple):
    """Shape and type of a tensor; a dimension that is None may have any size."""

    shape: tuple[int | None, ...]
    dtype: Any


def over_replicas(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """Return the results of ``function``, written for one replica, for all: the first axis of tensors is replicas."""
    if NAME != "tensorflow":
        return jax.vmap(function)(*arguments)
    return tf.vectorized_map(lambda own: function(*own), tuple(arguments))


def traced(function: Callable[..., Any], specs: Sequence[Any]) -> Callable[..., Any]:
    """Return ``function`` as one graph, traced once for all sizes that the ``specs`` of its arguments leave open."""
    if NAME != "tensorflow":
        return jax.jit(function)

    def signature(part: Any) -> Any:
        return tf.TensorSpec(*part) if isinstance(part, Spec) else [signature(each) for each in part]

    return tf.function(function, input_signature=[signature(part) for part in specs], autograph=False)


def mapped(function: Callable[..., Any], specs: Sequence[Any]) -> Callable[..., Any]:
    """Return ``function``, written for one replica, as a traced function of all replicas."""
    return traced(lambda *arguments: over_replicas(function, arguments), specs)


def value(variable: Any) -> np.ndarray:
    """Return a copy of a variable's value."""
    # NumPy warns about the way in which Keras' numpy() copies with JAX, and convert_to_numpy with TensorFlow.
    return np.array(variable.numpy() if NAME == "tensorflow" else keras.ops.convert_to_numpy(variable.value))


def dropout(inputs: Any, rate: Any, generator: keras.random.SeedGenerator) -> Any:
    """Return what Keras' own ``dropout`` returns for the same draws, with a ``rate`` that is a tensor."""
    noise = keras.random.uniform(keras.ops.shape(inputs), dtype=inputs.dtype, seed=generator)
    mask = noise >= rate if NAME == "tensorflow" else noise < 1.0 - rate
    return keras.ops.where(mask, inputs / (1.0 - rate), 0.0)


def argmax(values: Any) -> Any:
    """Return the index of the largest value on the last axis, the first of several, in int64.

    Keras' own argmax distinguishes 0.0 from -0.0 with an operation that ``mapped`` can only loop over.
    """
    return tf.argmax(values, axis=-1) if NAME == "tensorflow" else keras.ops.argmax(values, axis=-1).astype("int64")


def value_and_gradients(
    function: Callable[[Sequence[Any]], tuple[Any, Any]], weights: Sequence[Any]
) -> tuple[Any, list[Any]]:
    """Return the second result of ``function``, and the gradients of its first."""
    if NAME != "tensorflow":
        (_, extra), gradients = jax.value_and_grad(function, has_aux=True)(list(weights))
        return extra, gradients
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value, extra = function(weights)
    gradients = tape.gradient(value, weights)
    if any(isinstance(gradient, tf.IndexedSlices) for gradient in gradients):
        # Keras' optimizers update the rows of such a gradient one by one, repeated ones too.
        raise ValueError("a gradient is sparse, as those of embeddings are")
    return extra, gradients


def count_words(words: int) -> Callable[[Any], Any]:
    """Return a function from ragged word numbers ``(batch, None)`` to counts ``(batch, words)`` in float32."""

    def count(reviews: Any) -> Any:
        numbers = tf.cast(reviews, tf.int32)
        counts = tf.math.bincount(numbers, minlength=words, maxlength=words, axis=-1, dtype=tf.float32)
        return tf.ensure_shape(counts, (None, words))  # bincount does not set its shape, and Keras needs it

    def count_rows(reviews: Any) -> np.ndarray:
        counts = np.zeros((len(reviews), words), np.float32)
        rows = np.repeat(np.arange(len(reviews)), np.diff(reviews.offsets))
        in_vocabulary = np.asarray(reviews.values) < words
        np.add.at(counts, (rows[in_vocabulary], reviews.values[in_vocabulary]), 1.0)
        return counts

    return count if NAME == "tensorflow" else count_rows


def cpu_words() -> set[str]:
    """Return all words that describe the processor; empty if the system does not say."""
    try:
        return set(CPU_INFO.read_text(encoding="utf-8").split())
    except OSError:
        return set()
