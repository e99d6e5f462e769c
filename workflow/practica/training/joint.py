"""Call Keras' own optimizer once for the weights of all replicas, if it treats each weight separately.

Most optimizers are elementwise: the new value of a weight depends on its own gradient and moments, and on numbers that
all replicas share, such as the step. They need neither a map over replicas nor a loop over variables: all weights form
one array, so that there are far fewer operations to trace and to run.
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
"""The optimizers whose update is elementwise; their subclasses do not count."""
NOT_ELEMENTWISE = ("clipnorm", "global_clipnorm", "use_ema", "loss_scale_factor", "gradient_accumulation_steps")
"""Options with which an update is not elementwise, or more than an update."""


def is_elementwise(optimizer: Any, weights: Sequence[keras.Variable]) -> bool:
    """Return whether an optimizer treats every element of the ``weights`` separately and in the same way."""
    return (
        type(optimizer) in ELEMENTWISE
        and keras_internals.has_rate_of_keras(optimizer)
        and not any(optimizer.get_config()[option] for option in NOT_ELEMENTWISE)
        and all(keras_internals.only_optimized(optimizer, weight) for weight in weights)
        and len({weight.dtype for weight in weights}) == 1
    )


WEIGHTS = "weights"
"""Name of the variable that holds all weights; the names of moments begin with it."""


class Joint:
    """The optimizer of a compiled model for all replicas, whose weights are one variable ``(replicas, parameters)``.

    Like all state, its state is a list of arrays ``(replicas, ...)``: moments are ``(replicas, parameters)``, learning
    rates of their own ``(replicas, 1)``, and what replicas share is repeated for each of them.
    """

    def __init__(self, model: keras.Model, replicas: int, *, own_rates: bool = False) -> None:
        """Make an optimizer like the model's, for this many replicas, with ``own_rates`` or with one rate for all."""
        weights = model.trainable_variables
        self._replicas = replicas
        self._shapes = [tuple(weight.shape) for weight in weights]
        self._ends = np.cumsum([math.prod(shape) for shape in self._shapes]).tolist()
        self._optimizer = keras_internals.unbuilt_copy(model.optimizer)
        if own_rates:
            keras_internals.widen_rate(self._optimizer, replicas)
        self.rate = keras_internals.rate_of(self._optimizer)
        shape = (replicas, self._ends[-1])
        every = keras.Variable(shape=shape, initializer="zeros", dtype=weights[0].dtype, name=WEIGHTS)
        self._optimizer.build([every])
        self.variables: list[keras.Variable] = self._optimizer.variables
        self._shared = [len(variable.shape) == 0 for variable in self.variables]

    def state_of(self, optimizer: Any) -> State:
        """Return the state of a model's own ``optimizer``, which is built, in the form of one replica's state."""
        names = [variable.name.removeprefix(WEIGHTS) for variable in self.variables]
        single = [len(variable.shape) == 0 or variable is self.rate for variable in self.variables]
        moments = tuple(name for name, alone in zip(names, single, strict=True) if not alone)
        values: dict[str, list[np.ndarray]] = {name: [] for name in moments}
        common: list[np.ndarray] = []
        for variable in optimizer.variables:
            moment = next((name for name in moments if variable.name.endswith(name)), None)
            (common if moment is None else values[moment]).append(backend.value(variable).reshape(-1))
        return [
            (common.pop(0)[0] if shared else common.pop(0)) if alone else np.concatenate(values[name])
            for name, shared, alone in zip(names, self._shared, single, strict=True)
        ]

    def apply(
        self, state: Sequence[Any], gradients: Sequence[Any], weights: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Return weights and state after a step; a weight whose gradient is None does not change, as in Keras."""
        whole_gradients = [ops.zeros_like(w) if g is None else g for g, w in zip(gradients, weights, strict=True)]
        values = [value[0] if shared else value for value, shared in zip(state, self._shared, strict=True)]
        (new_weights,), values = self._optimizer.stateless_apply(
            values, [self._laid_out(whole_gradients)], [self._laid_out(weights)]
        )
        parts = ops.split(new_weights, self._ends[:-1], axis=1)
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
