"""Train one Keras model on one problem, from its first epoch to its last, and measure it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from practica.errors import InputError, RunError
from practica.exercises.problem import Problem, Samples, Settings, Task
from practica.training import tasks
from practica.training.batches import evaluation_batches, training_batches

Metrics = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Outcome:
    """What came of one run.

    Attributes:
        epochs: the epochs at which the history has a point.
        history: part -> metric -> one value a point.
        metrics: part -> metric -> value at the final epoch, and as ``best_*`` at the best validation epoch.
        best_epoch: the first epoch at which the monitored validation metric was best.
        predict: inputs -> predictions of the final weights.
        parameters: ``total``, ``trainable`` and ``non_trainable`` parameters.
        fit_seconds: time in training and validation, tracing included.
    """

    epochs: list[int]
    history: dict[str, dict[str, list[float]]]
    metrics: Metrics
    best_epoch: int
    predict: Callable[[Any], np.ndarray]
    parameters: dict[str, int]
    fit_seconds: float


class Best:
    """Remember the epoch and the weights at which a metric was best."""

    def __init__(self, task: Task, get_weights: Callable[[], Any]) -> None:
        self.name, mode = task.monitor
        self._sign = 1.0 if mode == "max" else -1.0
        self._get_weights = get_weights
        self._score = -math.inf
        self.epoch = 0
        self.weights: Any = None

    def see(self, epoch: int, value: float) -> None:
        """Keep the weights if ``value`` is better than all before."""
        if self._sign * value > self._score:
            self._score, self.epoch, self.weights = self._sign * value, epoch, self._get_weights()


class Watch(keras.callbacks.Callback):
    """Keep the history and the best weights, and end a run whose loss is no longer a number."""

    def __init__(self, best: Best, seed: int, log_every: int) -> None:
        super().__init__()
        self.best = best
        self.seed = seed
        self.log_every = log_every
        self.epochs: list[int] = []
        self.history: dict[str, dict[str, list[float]]] = {}

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set every random layer's state from (seed, epoch), so that no epoch depends on how it was reached."""
        for place, generator in enumerate(_seed_generators(self.model)):
            state = np.random.default_rng([self.seed, epoch, place]).integers(2**31, size=2)
            generator.state.assign(state.astype("uint32"))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Record the epoch.

        Raises:
            RunError: the loss is NaN or infinite.
        """
        logs = logs or {}
        number = (epoch + 1) * self.log_every
        self.epochs.append(number)
        for key, value in logs.items():
            part, metric = ("validation", key[4:]) if key.startswith("val_") else ("train", key)
            self.history.setdefault(part, {}).setdefault(metric, []).append(float(value))
        if not all(math.isfinite(value) for value in logs.values()):
            raise RunError(f"the loss became {logs['loss']} in epoch {number}: lower the learning rate")
        name = self.best.name
        self.best.see(number, logs.get(f"val_{name}", logs[name]))


def fit(build: Callable[[Settings], keras.Model], problem: Problem, settings: Settings, seed: int) -> Outcome:
    """Build the model with ``seed`` and train it on ``problem`` for ``settings.epochs`` epochs."""
    keras.config.set_dtype_policy(settings.get("precision", "float32"))
    keras.utils.set_random_seed(seed)
    net = build(settings)
    model = _augmented(net, problem)
    steps = math.ceil(len(problem.train) / settings.batch_size)
    log_every = log_interval(settings)
    compile_model(model, problem.task, settings, steps * log_every)
    watch = Watch(Best(problem.task, model.get_weights), seed, log_every)
    data = {part: evaluation_batches(samples, problem.to_input) for part, samples in problem.parts().items()}
    start = time.perf_counter()
    model.fit(
        training_batches(problem.train, settings.batch_size, seed, range(settings.epochs), problem.to_input),
        epochs=settings.epochs // log_every,
        steps_per_epoch=steps * log_every,
        validation_data=data.get("validation"),
        callbacks=[watch],
        shuffle=False,
        verbose=0,
    )
    seconds = time.perf_counter() - start

    def measure() -> Metrics:
        return {part: _measure(model, part, samples, data[part], problem) for part, samples in problem.parts().items()}

    return Outcome(
        epochs=watch.epochs,
        history=watch.history,
        metrics=final_and_best(measure, model, watch.best, settings.epochs),
        best_epoch=watch.best.epoch,
        predict=lambda x: _predict(model, evaluation_batches(Samples(x, np.zeros(len(x))), problem.to_input)),
        parameters=count_parameters(net),
        fit_seconds=seconds,
    )


def compile_model(model: keras.Model, task: Task, settings: Settings, steps: int) -> None:
    """Compile the model; all ``steps`` between two points of the history run in one call of the compiled graph."""
    if settings.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(settings.learning_rate, momentum=settings.get("momentum", 0.0))
    else:
        optimizer = keras.optimizers.Adam(settings.learning_rate)
    model.compile(
        optimizer=optimizer,
        loss=tasks.loss(task),
        metrics=tasks.metrics(task),
        steps_per_execution=steps,
        jit_compile=False,  # XLA on CPUs slows convolutions to less than half and gains nothing on nets this small
    )


def log_interval(settings: Settings) -> int:
    """Return the epochs between two points of the history.

    Raises:
        InputError: the epochs are not a multiple of it.
    """
    interval = settings.get("log_every", 1)
    if settings.epochs % interval:
        raise InputError(f"epochs ({settings.epochs}) must be a multiple of log_every ({interval})")
    return interval


def final_and_best(measure: Callable[[], Metrics], model: Any, best: Best, last_epoch: int) -> Metrics:
    """Measure with the final weights and, as ``best_*``, with the best; the final weights stay in place."""
    final = at_best = measure()
    if best.epoch != last_epoch:
        last = model.get_weights()
        model.set_weights(best.weights)
        at_best = measure()
        model.set_weights(last)
    return {
        part: values | {f"best_{name}": value for name, value in at_best[part].items()}
        for part, values in final.items()
    }


def count_parameters(model: keras.Model) -> dict[str, int]:
    """Return the model's total, trainable and non-trainable parameters."""
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    total = model.count_params()
    return {"total": total, "trainable": trainable, "non_trainable": total - trainable}


def _augmented(net: keras.Model, problem: Problem) -> keras.Model:
    """Put the augmentation in front of the net: in training it alters the inputs, in evaluation it does nothing."""
    if problem.augment is None:
        return net
    inputs = x = keras.Input(net.input_shape[1:])
    for layer in problem.augment():
        x = layer(x)
    return keras.Model(inputs, net(x))


def _seed_generators(model: keras.Model) -> list[keras.random.SeedGenerator]:
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "seed_generator")]
    return [layer.seed_generator for layer in layers if layer.seed_generator is not None]


def _measure(model: keras.Model, part: str, samples: Samples, data: Any, problem: Problem) -> dict[str, float]:
    values = {name: float(value) for name, value in model.evaluate(data, verbose=0, return_dict=True).items()}
    if problem.measure:
        values |= problem.measure(part, samples.x, samples.y, _predict(model, data))
    return values


def _predict(model: keras.Model, data: Any) -> np.ndarray:
    return np.asarray(model.predict(data, verbose=0), dtype=np.float32)
