"""Measure what the machine can do with only a net's arithmetic: ``python -m bench.limit --spec ...``.

FLOP are counted from the built model's layers, for one sample forward: a convolution has 2 x kernel size x input
channels x output channels x output positions, a dense layer 2 x inputs x outputs; everything else is left out. Training
takes three times as much, because the gradients by inputs and by weights cost as much again each; the first layer needs
no gradient by its inputs. An epoch is every training sample forward and back, and every validation sample forward.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from practica.cli.base import quiet_tensorflow
from practica.config.study import Block

if TYPE_CHECKING:
    import keras

PRODUCT = 2048
SECONDS = 3.0


@dataclass(frozen=True)
class Convolution:
    """The shapes of one convolution ``(height, width, channels)``, its strides and its padding."""

    inputs: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, int]
    padding: str
    flop: int


def forward_flop(layer: keras.layers.Layer) -> int:
    """Return the FLOP of one sample through a layer; 0 for anything but convolutions and dense layers."""
    from keras import layers

    if isinstance(layer, layers.Conv1D | layers.Conv2D):
        return 2 * math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
    if isinstance(layer, layers.Dense):
        return 2 * math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
    return 0


def epoch_flop(model: keras.Model, train: int, validation: int) -> int:
    """Return the FLOP of an epoch with this many training and validation samples."""
    flops = [flop for flop in map(forward_flop, model.layers) if flop]
    return train * (3 * sum(flops) - flops[0]) + validation * sum(flops)


def convolutions(model: keras.Model) -> list[Convolution]:
    """Return the model's two-dimensional convolutions in order."""
    from keras import layers

    return [
        Convolution(
            tuple(layer.input.shape[1:]),
            tuple(layer.kernel.shape),
            layer.strides,
            layer.padding.upper(),
            forward_flop(layer),
        )
        for layer in model.layers
        if isinstance(layer, layers.Conv2D)
    ]


def product_flops(dtype: str) -> float:
    """Return the FLOP/s of a large matrix product."""
    import tensorflow as tf

    a, b = (tf.cast(tf.random.normal((PRODUCT, PRODUCT)), dtype) for _ in range(2))
    multiply = tf.function(lambda: tf.reduce_sum(a @ b))
    return 2 * PRODUCT**3 / _seconds(multiply)


def convolution_flops(found: list[Convolution], batch: int, dtype: str) -> float:
    """Return the FLOP/s of the model's convolutions alone, forward and back, on a batch of noise."""
    import tensorflow as tf

    def tensor(shape: tuple[int, ...]) -> Any:
        return tf.cast(tf.random.normal(shape), dtype)

    cases = []
    for each in found:
        x, kernel = tensor((batch, *each.inputs)), tensor(each.kernel)
        y = tf.nn.conv2d(x, kernel, each.strides, each.padding)
        cases.append((each, x, kernel, tensor(y.shape)))

    @tf.function
    def step() -> Any:
        total = tf.constant(0.0, dtype)
        for place, (each, x, kernel, gradient) in enumerate(cases):
            strides = [1, *each.strides, 1]
            results = [
                tf.nn.conv2d(x, kernel, each.strides, each.padding),
                tf.raw_ops.Conv2DBackpropFilter(
                    input=x,
                    filter_sizes=kernel.shape,
                    out_backprop=gradient,
                    strides=strides,
                    padding=each.padding,
                ),
            ]
            if place:
                results.append(
                    tf.raw_ops.Conv2DBackpropInput(
                        input_sizes=x.shape,
                        filter=kernel,
                        out_backprop=gradient,
                        strides=strides,
                        padding=each.padding,
                    )
                )
            # One number of each, so that nothing is left out as unused.
            total += tf.add_n([tf.reshape(result, [-1])[0] for result in results])
        return total

    flop = batch * (3 * sum(each.flop for each in found) - found[0].flop)
    return flop / _seconds(step)


def _seconds(step: Callable[[], Any]) -> float:
    """Return the median time of a step, over as many as fit into a few seconds; the first ones do not count."""
    for _ in range(2):
        step().numpy()
    times: list[float] = []
    while sum(times) < SECONDS or len(times) < 3:
        start = time.perf_counter()
        step().numpy()
        times.append(time.perf_counter() - start)
    return median(times)


@click.command()
@click.option("--spec", required=True)
@click.option("--threads", type=int, required=True)
@click.option("--data", type=click.Path(path_type=Path), required=True)
def main(spec: str, threads: int, data: Path) -> None:
    """Print the FLOP of an epoch, and the FLOP/s of a matrix product and of the net's convolutions alone."""
    quiet_tensorflow(threads)
    import keras

    from practica import exercises
    from practica.data import load
    from practica.training.block import builder, settings_of
    from practica.training.fit import precision

    block = Block.parse(spec)
    settings = settings_of(block)
    exercise = exercises.load(block.exercise)
    problem = exercise.problem(load(block.dataset, data).arrays, settings, block.seeds[0], None)
    keras.config.set_dtype_policy(precision(settings))
    model = builder(exercise, block.model)(settings)
    dtype = keras.config.dtype_policy().compute_dtype
    found = {
        "precision": precision(settings),
        "flop_per_epoch": epoch_flop(model, len(problem.train), len(problem.validation or ())),
        "product_flops": product_flops(dtype),
        "convolution_flops": convolution_flops(convolutions(model), settings.batch_size, dtype),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
