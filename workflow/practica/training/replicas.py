"""Compute many copies of a small net at once: every tensor has the copy, the replica, as its first axis.

The net is an ordinary functional Keras model, which gives the order of its layers and their settings; the weights are
``(replicas, ...)`` arrays kept outside it. A matrix product then serves all replicas in one operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers, ops

MOST_PARAMETERS = 50_000
"""Above this, a single net keeps the processor busy, and its replicas gain nothing from sharing a graph."""


def stackable(net: Any) -> bool:
    """Return whether ``Replicas`` can compute this net, and whether it is small enough to gain from it."""
    return (
        isinstance(net, keras.Model)
        and hasattr(net, "_run_through_graph")
        and net.count_params() <= MOST_PARAMETERS
        and len(net.outputs) == len(net.inputs) == 1
        and all(_known(layer) for layer in net.layers)
    )


class Replicas:
    """The forward pass of all replicas of a net."""

    def __init__(self, net: keras.Model) -> None:
        self._net = net
        self.outputs = net.output_shape[-1]
        self._trained = {id(weight): place for place, weight in enumerate(net.trainable_weights)}
        self._moving = {id(weight): place for place, weight in enumerate(net.non_trainable_weights)}
        self.dropouts = [layer for layer in net.layers if isinstance(layer, layers.Dropout) and layer.rate > 0]

    def __call__(
        self,
        trained: Sequence[Any],
        moving: Sequence[Any],
        x: Any,
        *,
        training: bool = False,
        mask: Any = None,
        seeds: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Return outputs and new moving statistics.

        Args:
            trained: the trainable weights, each ``(replicas, ...)``, in the net's order.
            moving: the other weights, likewise.
            x: inputs ``(replicas, batch, ...)``.
            training: whether Dropout drops and BatchNormalization uses the batch's own statistics.
            mask: ``(replicas, batch)``, 0 where a sample only fills up the batch; None: all are samples.
            seeds: ``(replicas, dropouts, 2)``, the state of each Dropout's generator.
        """
        updated = list(moving)

        def operation(layer: Any) -> Callable[..., Any]:
            def run(inputs: Any, **_: Any) -> Any:
                outputs = inputs
                match layer:
                    case layers.Dense():
                        outputs = self._dense(layer, trained, inputs)
                    case layers.BatchNormalization():
                        outputs = self._normalise(layer, trained, updated, inputs, training, mask)
                    case layers.Dropout():
                        outputs = self._drop(layer, inputs, seeds) if training and layer.rate else inputs
                    case layers.Flatten():
                        outputs = ops.reshape(inputs, (*inputs.shape[:2], -1))
                    case layers.Reshape():
                        outputs = ops.reshape(inputs, (*inputs.shape[:2], *layer.target_shape))
                    case layers.Concatenate():
                        outputs = ops.concatenate(inputs, axis=-1)
                    case layers.Activation():
                        outputs = layer.activation(inputs)
                return outputs

            return run

        # The one private name that this needs of Keras; its own `Functional.call` is built on it.
        return self._net._run_through_graph(x, operation_fn=operation), updated

    def penalty(self, trained: Sequence[Any]) -> Any:
        """Return the sum of the L2 penalties ``(replicas,)``."""
        total = ops.zeros(trained[0].shape[0])
        for layer in self._net.layers:
            regularizer = getattr(layer, "kernel_regularizer", None)
            if regularizer is not None:
                kernel = trained[self._trained[id(layer.kernel)]]
                total = total + float(regularizer.l2) * ops.sum(ops.square(kernel), axis=(1, 2))
        return total

    def _dense(self, layer: layers.Dense, trained: Sequence[Any], x: Any) -> Any:
        x = ops.matmul(x, trained[self._trained[id(layer.kernel)]])
        if layer.use_bias:
            x = x + trained[self._trained[id(layer.bias)]][:, None, :]
        return layer.activation(x)

    def _normalise(
        self,
        layer: layers.BatchNormalization,
        trained: Sequence[Any],
        moving: list[Any],
        x: Any,
        training: bool,
        mask: Any,
    ) -> Any:
        mean_at, variance_at = (self._moving[id(w)] for w in (layer.moving_mean, layer.moving_variance))
        if training:
            mean, variance = _moments(x, mask)
            for place, value in ((mean_at, mean), (variance_at, variance)):
                moving[place] = moving[place] * layer.momentum + value * (1.0 - layer.momentum)
        else:
            mean, variance = moving[mean_at], moving[variance_at]
        scale = ops.rsqrt(variance + layer.epsilon)
        if layer.scale:
            scale = scale * trained[self._trained[id(layer.gamma)]]
        shift = -mean * scale
        if layer.center:
            shift = shift + trained[self._trained[id(layer.beta)]]
        return x * scale[:, None, :] + shift[:, None, :]

    def _drop(self, layer: layers.Dropout, x: Any, seeds: Any) -> Any:
        place = next(i for i, dropout in enumerate(self.dropouts) if dropout is layer)
        return ops.stack([keras.random.dropout(x[r], layer.rate, seed=_At(seeds[r, place])) for r in range(x.shape[0])])


class _At(keras.random.SeedGenerator):
    """A generator of random numbers whose state is given."""

    def __init__(self, state: Any) -> None:
        self._at = state

    def next(self, ordered: bool = True) -> Any:
        return self._at


def _moments(x: Any, mask: Any) -> tuple[Any, Any]:
    """Return mean and variance ``(replicas, features)`` over each replica's batch."""
    if mask is None:
        return ops.moments(x, axes=1)
    share = (mask / ops.sum(mask, axis=1, keepdims=True))[..., None]
    mean = ops.sum(x * share, axis=1)
    return mean, ops.sum(ops.square(x - mean[:, None, :]) * share, axis=1)


def _known(layer: Any) -> bool:
    """Return whether the layer's settings are among those that ``Replicas`` reproduces."""
    match layer:
        case layers.Dense():
            plain = not any((layer.bias_regularizer, layer.activity_regularizer, layer.kernel_constraint))
            penalty = layer.kernel_regularizer
            return (
                plain
                and not layer.bias_constraint
                and layer.lora_rank is None
                and len(layer.input.shape) == 2
                and (penalty is None or type(penalty) is keras.regularizers.L2)
            )
        case layers.BatchNormalization():
            extras = (layer.renorm, layer.gamma_regularizer, layer.beta_regularizer, layer.gamma_constraint)
            return not any(extras) and not layer.beta_constraint and len(layer.input.shape) == 2 and layer.trainable
        case layers.Dropout():
            return layer.noise_shape is None
        case layers.Concatenate():
            return layer.axis in (-1, len(layer.output.shape) - 1)
        case layers.Activation():
            return len(layer.input.shape) == 2
        case _:
            return isinstance(layer, layers.InputLayer | layers.Flatten | layers.Reshape)
