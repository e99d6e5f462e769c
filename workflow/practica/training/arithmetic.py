"""Count the arithmetic of a net: the products of its inputs and its weights, in one step of training; and its values.

Whenever a layer is applied, each number in its matrices and kernels is multiplied and added once at every place of its
input or of its output, whichever has fewer: of the output for a strided convolution, of the input for a transposed one.
Everything else is small beside that and left out: biases, activations, normalisation, pooling, and the products of
activations in attention.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple
from unittest.mock import patch

import keras

from practica.training.keras_internals import flat_layers

PASSES = 3
"""A step goes forward once; the gradients by the inputs and by the weights cost as much again each."""


def step_flop(net: keras.Model, inputs: Any, batch_size: int) -> int:
    """Return the floating-point operations of a training step.

    Args:
        net: a built net.
        inputs: a few samples, as the net takes them.
        batch_size: the samples of a step.
    """
    samples = keras.tree.flatten(inputs)[0].shape[0]
    return PASSES * batch_size * forward_flop(net, inputs) // samples


def forward_flop(net: keras.Model, inputs: Any) -> int:
    """Return the floating-point operations with which a built net computes its outputs of all these inputs."""

    def flop(layer: keras.Layer, arguments: Any, outputs: Any) -> int:
        weights = _weights(layer)
        return 2 * weights * _places(layer, arguments, outputs) if weights else 0

    return _over_calls(net, inputs, flop)


class Values(NamedTuple):
    """How many numbers a net makes of one sample: its inputs and the outputs of all its layers.

    Attributes:
        common: those that do not depend on its variables: the inputs, and what comes before the first layer with any.
        own: the others.
    """

    common: int
    own: int


def values_a_sample(net: keras.Model, inputs: Any) -> Values:
    """Return how many numbers a built net makes of one sample."""
    samples = keras.tree.flatten(inputs)[0].shape[0]
    common, own = [_size(inputs)], [0]

    def size(layer: keras.Layer, arguments: Any, outputs: Any) -> int:
        (own if layer.variables or len(own) > 1 else common).append(_size(outputs))
        return 0

    _over_calls(net, inputs, size)
    return Values(sum(common) // samples, sum(own) // samples)


def _size(arrays: Any) -> int:
    return sum(math.prod(part.shape) for part in keras.tree.flatten(arrays) if hasattr(part, "shape"))


def _over_calls(net: keras.Model, inputs: Any, count: Callable[[keras.Layer, Any, Any], int]) -> int:
    """Return the sum of ``count(layer, arguments, outputs)`` over the calls of all layers for these inputs."""
    counts: list[int] = []
    layers = flat_layers(net)
    cells = {id(cell) for layer in layers if isinstance(layer, keras.layers.RNN) for cell in flat_layers(layer)[1:]}

    def counted(layer: keras.Layer) -> Callable[..., Any]:
        call = layer.call

        def also_counts(*args: Any, **kwargs: Any) -> Any:
            outputs = call(*args, **kwargs)
            counts.append(count(layer, [args, kwargs], outputs))
            return outputs

        return also_counts

    # Only its calls tell how often a layer is applied, and to what: some are shared, or without shapes of their own.
    with ExitStack() as stack:
        for layer in layers:
            if id(layer) not in cells:
                stack.enter_context(patch.object(layer, "call", counted(layer)))
        net(inputs)
    return sum(counts)


def _weights(layer: keras.Layer) -> int:
    """Return the numbers in the layer's own matrices and kernels; those of its cell are a recurrent layer's own."""
    if isinstance(layer, keras.layers.Embedding):  # it looks its rows up
        return 0
    inner = [] if isinstance(layer, keras.layers.RNN) else flat_layers(layer)[1:]
    others = {id(weight) for each in inner for weight in each.weights}
    own = [weight for weight in layer.weights if id(weight) not in others and weight.name != "bias"]
    return sum(math.prod(weight.shape) for weight in own if len(weight.shape) > 1)


def _places(layer: keras.Layer, inputs: Any, outputs: Any) -> int:
    """Return at how many places of all samples the layer applies its weights; a recurrent one does so at each time."""
    ends = [inputs] if isinstance(layer, keras.layers.RNN) else [inputs, outputs]
    channels = 1 if getattr(layer, "data_format", None) == "channels_first" else -1
    shapes = [[part.shape for part in keras.tree.flatten(end) if hasattr(part, "shape")] for end in ends]
    firsts = [first for first, *_ in filter(None, shapes) if len(first) > 1]
    return min((math.prod(first) // first[channels] for first in firsts), default=1)
