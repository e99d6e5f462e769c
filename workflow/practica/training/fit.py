"""Train one Keras model on one problem, from its first epoch to its last, and measure it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from practica.errors import InputError
from practica.exercises.problem import Problem, Samples, Settings, Task
from practica.training import tasks
from practica.training.batches import evaluation_batches, training_batches
from practica.training.checkpoint import Checkpoint, State
from practica.training.record import Metrics, Outcome, Record


class Watch(keras.callbacks.Callback):
    """Keep the record of a run and its checkpoint, and give every epoch its own random numbers."""

    def __init__(self, record: Record, checkpoint: Checkpoint, seed: int, log_every: int) -> None:
        super().__init__()
        self.record = record
        self.checkpoint = checkpoint
        self.seed = seed
        self.log_every = log_every

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set every random layer's state from (seed, epoch), so that no epoch depends on how it was reached."""
        for place, generator in enumerate(_seed_generators(self.model)):
            state = np.random.default_rng([self.seed, epoch, place]).integers(2**31, size=2)
            generator.state.assign(state.astype("uint32"))
        self.record.begin()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Record the epoch.

        Raises:
            DivergedError: the loss is NaN, infinite or far beyond where it began.
            StoppedError: the run has to stop here.
        """
        points: Metrics = {}
        for key, value in (logs or {}).items():
            part, metric = ("validation", key[4:]) if key.startswith("val_") else ("train", key)
            points.setdefault(part, {})[metric] = float(value)
        self.record.add((epoch + 1) * self.log_every, points, self.model.get_weights)
        self.checkpoint.reached(self.record, lambda: get_state(self.model))


def fit(
    build: Callable[[Settings], keras.Model], problem: Problem, settings: Settings, seed: int, checkpoint: Checkpoint
) -> Outcome:
    """Build the model with ``seed`` and train it on ``problem``, from its checkpoint to epoch ``settings.epochs``."""
    keras.config.set_dtype_policy(settings.get("precision", "float32"))
    keras.utils.set_random_seed(seed)
    net = build(settings)
    model = _augmented(net, problem)
    steps = math.ceil(len(problem.train) / settings.batch_size)
    log_every = log_interval(settings)
    compile_model(model, problem.task, settings, steps * log_every)
    record = Record(problem.task, settings.epochs)
    checkpoint.resume(record, lambda state: set_state(model, state))
    data = {part: evaluation_batches(samples, problem.to_input) for part, samples in problem.parts().items()}
    epochs = range(record.done, settings.epochs)
    if epochs:
        model.fit(
            training_batches(problem.train, settings.batch_size, seed, epochs, problem.to_input),
            initial_epoch=record.done // log_every,
            epochs=settings.epochs // log_every,
            steps_per_epoch=steps * log_every,
            validation_data=data.get("validation"),
            callbacks=[Watch(record, checkpoint, seed, log_every)],
            shuffle=False,
            verbose=0,
        )

    def measure() -> Metrics:
        return {part: _measure(model, part, samples, data[part], problem) for part, samples in problem.parts().items()}

    def predict(x: Any) -> np.ndarray:
        return _predict(model, evaluation_batches(Samples(x, np.zeros(len(x))), problem.to_input))

    return Outcome(
        epochs=record.epochs,
        history=record.history,
        metrics=final_and_best(measure, model, record),
        best_epoch=record.best_epoch,
        parameters=count_parameters(net),
        fit_seconds=record.seconds,
        artefacts=problem.artefacts(predict),
    )


def get_state(model: keras.Model) -> State:
    """Return weights, states of random layers and the optimizer's variables."""
    return [np.array(variable) for variable in _variables(model)]


def set_state(model: keras.Model, state: State) -> None:
    """Take over what ``get_state`` returned for a model built in the same way."""
    for variable, value in zip(_variables(model), state, strict=True):
        variable.assign(value)


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


def final_and_best(measure: Callable[[], Metrics], model: Any, record: Record) -> Metrics:
    """Measure with the final weights and, as ``best_*``, with the best; the final weights stay in place."""
    final = at_best = measure()
    if record.best_epoch != record.last_epoch:
        last = model.get_weights()
        model.set_weights(record.best_weights)
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


def _variables(model: keras.Model) -> list[Any]:
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _seed_generators(model: keras.Model) -> list[keras.random.SeedGenerator]:
    """Return the generators of all layers; Dropout and the augmentation layers keep theirs under different names."""
    return [generator for layer in model._flatten_layers() for generator in layer._seed_generators]


def _measure(model: keras.Model, part: str, samples: Samples, data: Any, problem: Problem) -> dict[str, float]:
    values = {name: float(value) for name, value in model.evaluate(data, verbose=0, return_dict=True).items()}
    if problem.measure:
        values |= problem.measure(part, samples.x, samples.y, _predict(model, data))
    return values


def _predict(model: keras.Model, data: Any) -> np.ndarray:
    return np.asarray(model.predict(data, verbose=0), dtype=np.float32)
