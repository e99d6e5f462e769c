"""The optimizers' updates as pure functions of arrays: Keras offers none with TensorFlow (``stateless_apply`` raises).

All operations are elementwise, so weights with a leading replica axis are updated as each replica's own would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


def start(optimizer: keras.optimizers.Optimizer, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the optimizer's state before the first step: the number of steps, then its moments of each weight."""
    moments = 2 if isinstance(optimizer, keras.optimizers.Adam) else int(optimizer.momentum > 0)
    return [np.zeros((), np.float32), *(np.zeros_like(weight) for _ in range(moments) for weight in weights)]


def apply(
    optimizer: keras.optimizers.Optimizer,
    rate: float,
    state: Sequence[Any],
    gradients: Sequence[Any],
    weights: Sequence[Any],
) -> tuple[list[Any], list[Any]]:
    """Return weights and state after one step of learning rate ``rate``, as Keras' SGD and Adam make it."""
    step, moments = state[0] + 1.0, state[1:]
    if isinstance(optimizer, keras.optimizers.Adam):
        b1, b2 = optimizer.beta_1, optimizer.beta_2
        scale = rate * ops.sqrt(1.0 - ops.power(b2, step)) / (1.0 - ops.power(b1, step))
        first, second = moments[: len(weights)], moments[len(weights) :]
        first = [m + (g - m) * (1.0 - b1) for m, g in zip(first, gradients, strict=True)]
        second = [v + (ops.square(g) - v) * (1.0 - b2) for v, g in zip(second, gradients, strict=True)]
        moved = [
            w - m * scale / (ops.sqrt(v) + optimizer.epsilon) for w, m, v in zip(weights, first, second, strict=True)
        ]
        return moved, [step, *first, *second]
    if not moments:
        return [w - rate * g for w, g in zip(weights, gradients, strict=True)], [step]
    velocities = [optimizer.momentum * m - rate * g for m, g in zip(moments, gradients, strict=True)]
    return [w + v for w, v in zip(weights, velocities, strict=True)], [step, *velocities]
