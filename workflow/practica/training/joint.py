"""Keras' own optimizer, called once for the weights of all replicas where it treats every weight for itself.

Most optimizers are elementwise: what a weight becomes depends on its own gradient and moments, and on numbers that all
replicas share, such as the step. They need no map over the replicas, nor a turn for each variable: all weights are laid
out in one array, so that there are far fewer operations to trace and to run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops, optimizers

from practica import backend
from practica.training import keras_internals
from practica.training.checkpoint import State

ELEMENTWISE = (
    optimizers.SGD,
    optimizers.RMSprop,
    optimizers.Adagrad,
    optimizers.Adadelta,
    optimizers.Adam,
    optimizers.AdamW,
    optimizers.Adamax,
    optimizers.Lion,
    optimizers.Ftrl,
)
"""The optimizers, no subclasses of them, whose update is elementwise."""
NOT_ELEMENTWISE = ("clipnorm", "global_clipnorm", "use_ema", "loss_scale_factor", "gradient_accumulation_steps")
"""The options with which they are not, or which are more than an update."""


def is_elementwise(optimizer: Any, weights: Sequence[keras.Variable]) -> bool:
    """Return whether such an optimizer treats every element of the ``weights`` for itself and in the same way."""
    return (
        type(optimizer) in ELEMENTWISE
        and keras_internals.has_rate_of_keras(optimizer)
        and not any(optimizer.get_config()[option] for option in NOT_ELEMENTWISE)
        and all(keras_internals.only_optimized(optimizer, weight) for weight in weights)
        and len({weight.dtype for weight in weights}) == 1
    )


WEIGHTS = "weights"
"""The name of the variable that holds all weights; a moment's begins with it."""


class Joint:
    """The optimizer of a compiled model for all replicas, whose weights are one variable ``(replicas, parameters)``.

    Its state, as all state, is a list of arrays ``(replicas, ...)``: the moments are ``(replicas, parameters)``, and
    what replicas share is there once for each.
    """

    def __init__(self, model: keras.Model, replicas: int) -> None:
        """Make another optimizer like the model's, for so many replicas."""
        weights = model.trainable_variables
        self._replicas = replicas
        self._shapes = [tuple(weight.shape) for weight in weights]
        self._ends = np.cumsum([math.prod(shape) for shape in self._shapes]).tolist()
        self._optimizer = keras_internals.unbuilt_copy(model.optimizer)
        shape = (replicas, self._ends[-1])
        every = keras.Variable(shape=shape, initializer="zeros", dtype=weights[0].dtype, name=WEIGHTS)
        self._optimizer.build([every])
        self.variables: list[keras.Variable] = self._optimizer.variables
        self._shared = [len(variable.shape) == 0 for variable in self.variables]

    def state_of(self, optimizer: Any) -> State:
        """Return the state of one replica that a model's own ``optimizer``, already built, is in."""
        names = [variable.name.removeprefix(WEIGHTS) for variable in self.variables]
        moments = tuple(name for name, shared in zip(names, self._shared, strict=True) if not shared)
        values: dict[str, list[np.ndarray]] = {name: [] for name in moments}
        common: list[np.ndarray] = []
        for variable in optimizer.variables:
            moment = next((name for name in moments if variable.name.endswith(name)), None)
            (common if moment is None else values[moment]).append(backend.value(variable).reshape(-1))
        return [
            common.pop(0)[0] if shared else np.concatenate(values[name])
            for name, shared in zip(names, self._shared, strict=True)
        ]

    def apply(
        self, state: Sequence[Any], gradients: Sequence[Any], weights: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Return weights and state after a step; a weight whose gradient is None stays what it is, as with Keras."""
        moved = [ops.zeros_like(w) if g is None else g for g, w in zip(gradients, weights, strict=True)]
        values = [value[0] if shared else value for value, shared in zip(state, self._shared, strict=True)]
        (updated,), values = self._optimizer.stateless_apply(values, [self._laid_out(moved)], [self._laid_out(weights)])
        parts = ops.split(updated, self._ends[:-1], axis=1)
        new = [
            weight if gradient is None else ops.reshape(part, (self._replicas, *shape))
            for weight, gradient, part, shape in zip(weights, gradients, parts, self._shapes, strict=True)
        ]
        return new, [
            ops.broadcast_to(value, (self._replicas,)) if shared else value
            for value, shared in zip(values, self._shared, strict=True)
        ]

    def _laid_out(self, values: Sequence[Any]) -> Any:
        return ops.concatenate([ops.reshape(value, (self._replicas, -1)) for value in values], axis=1)
