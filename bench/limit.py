"""Measure what the machine needs at least for a training: ``python -m bench.limit --spec ...``.

Before the training: ``start``, from the start of a process until Keras and its backend are imported, and ``trace``, in
which Keras itself builds, compiles and traces the net and makes one step. In each epoch: FLOP at the rate of a product
of two matrices, bytes at the rate at which one thread copies a large array, and steps at the rate of a compiled loop
whose body adds one. The bytes are the inputs of every sample, as the net takes them, and in each step the weights read
and written once.

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
import numpy as np
import psutil

from practica.cli.base import quiet_tensorflow
from practica.config.study import Block

if TYPE_CHECKING:
    import keras

    from practica.exercises.problem import Problem, Samples, Settings

PRODUCT = 2048
SECONDS = 2.0
FLOAT = 4
"""Bytes of a number, of inputs and weights alike."""
COPIED = 2**28
"""Bytes of the array that is copied: more than any cache holds."""
LAUNCHES = 10_000
"""Steps of the loop that measures a launch."""


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
    return train * (3 * sum(flops) - sum(flops[:1])) + validation * sum(flops)


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


def epoch_bytes(train: int, validation: int, sample: int, steps: int, weights: int) -> int:
    """Return the bytes of an epoch with these samples of so many bytes, and steps of a net with so many weights."""
    return (train + validation) * sample + 2 * FLOAT * weights * steps


def copy_rate() -> float:
    """Return the bytes per second that one thread reads and writes while it copies a large array."""
    source = np.ones(COPIED // FLOAT, np.float32)
    target = np.zeros_like(source)
    return 2 * source.nbytes / _median_seconds(lambda: np.copyto(target, source))


def launch_seconds() -> float:
    """Return the seconds of one step of a compiled loop whose body only adds one."""
    import tensorflow as tf

    @tf.function
    def loop(last: Any) -> Any:
        return tf.while_loop(lambda step: step < last, lambda step: step + 1, [tf.constant(0)])[0]

    last = tf.constant(LAUNCHES)
    return _median_seconds(lambda: loop(last).numpy()) / LAUNCHES


def first_step(net: Any, problem: Problem, settings: Settings, inputs: Any, rows: Samples) -> None:
    """Let Keras compile the net's training, and make one step on these rows of the training samples."""
    from practica.training.fit import augmented
    from practica.training.recipe import compile_model, sample_weights

    model = augmented(net, problem)
    compile_model(model, problem, settings, 1)
    weights = sample_weights(problem, settings)
    model.train_on_batch(inputs, rows.y, None if weights is None else weights[rows.places()])


def product_flops(dtype: str) -> float:
    """Return the FLOP/s of a large matrix product."""
    import tensorflow as tf

    a, b = (tf.cast(tf.random.normal((PRODUCT, PRODUCT)), dtype) for _ in range(2))
    multiply = tf.function(lambda: tf.reduce_sum(a @ b))
    return 2 * PRODUCT**3 / _median_seconds(lambda: multiply().numpy())


def convolution_flops(shapes: list[Convolution], batch: int, dtype: str) -> float:
    """Return the FLOP/s of the model's convolutions alone, forward and back, on a batch of noise."""
    import tensorflow as tf

    def tensor(shape: tuple[int, ...]) -> Any:
        return tf.cast(tf.random.normal(shape), dtype)

    cases = []
    for each in shapes:
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

    flop = batch * (3 * sum(each.flop for each in shapes) - shapes[0].flop)
    return flop / _median_seconds(lambda: step().numpy())


def _median_seconds(step: Callable[[], Any]) -> float:
    """Return the median time of a step, over as many as fit into a few seconds; the first ones do not count."""
    for _ in range(2):
        step()
    times: list[float] = []
    while sum(times) < SECONDS or len(times) < 3:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return median(times)


@click.command()
@click.option("--spec", required=True)
@click.option("--threads", type=int, required=True)
@click.option("--data", type=click.Path(path_type=Path), required=True)
def main(spec: str, threads: int, data: Path) -> None:
    """Print what a training of the block's first run needs at least, and at which rates this machine works."""
    quiet_tensorflow(threads)
    import keras

    start = time.time() - psutil.Process().create_time()
    from practica import exercises
    from practica.data import load
    from practica.feed import Feed
    from practica.training.block import builder, names_of, problem_of, settings_of
    from practica.training.fit import precision
    from practica.training.recipe import steps_an_epoch

    block = Block.parse(spec)
    settings = settings_of(block)
    names = list(names_of(block))
    problem = problem_of(block, load(block.dataset, data).arrays, settings, names[0])
    rows = problem.train.take(np.arange(min(settings.batch_size, len(problem.train))))
    inputs = Feed(problem.to_input).inputs(rows.x)
    build = builder(exercises.load(block.exercise), block.model)
    keras.config.set_dtype_policy(precision(settings))
    begin = time.perf_counter()
    net = build(settings)
    if not net.built:
        net(inputs)
    first_step(net, problem, settings, inputs, rows)
    trace = time.perf_counter() - begin
    dtype = keras.config.dtype_policy().compute_dtype
    train, validation, steps = len(problem.train), len(problem.validation or ()), steps_an_epoch(problem, settings)
    sample = sum(FLOAT * math.prod(part.shape[1:]) for part in keras.tree.flatten(inputs))
    shapes = convolutions(net)
    print(
        json.dumps(
            {
                "precision": precision(settings),
                "start_seconds": start,
                "trace_seconds": trace,
                "runs_per_seed": len(names) // len(block.seeds),
                "steps_per_epoch": steps,
                "flop_per_epoch": epoch_flop(net, train, validation),
                "bytes_per_epoch": epoch_bytes(train, validation, sample, steps, net.count_params()),
                "product_flops": product_flops(dtype),
                "copy_rate": copy_rate(),
                "launch_seconds": launch_seconds(),
                "convolution_flops": convolution_flops(shapes, settings.batch_size, dtype) if shapes else None,
            }
        )
    )


if __name__ == "__main__":
    main()
