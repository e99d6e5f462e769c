"""Train Keras models run by run with ``fit``, from the first epoch to the last, and measure them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from practica import backend
from practica.backend import Feed
from practica.errors import InputError
from practica.exercises.problem import Problem, Samples, Settings, Task
from practica.training import tasks
from practica.training.batches import evaluation_batches, training_batches
from practica.training.checkpoint import Checkpoint, State
from practica.training.record import Metrics, Outcome, Record, final_and_best


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
        generators = _seed_generators(self.model)
        for generator, state in zip(generators, random_states(self.seed, epoch, len(generators)), strict=True):
            generator.state.assign(state)
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


class Trainer:
    """Train the runs of a block one after another, with one model that is compiled once."""

    def __init__(self, build: Callable[[Settings], keras.Model], settings: Settings) -> None:
        self._build = build
        self._settings = settings
        self._log_every = log_interval(settings)
        self._steps = 0

    def fit(self, problem: Problem, seed: int, checkpoint: Checkpoint) -> Outcome:
        """Train from the first weights of ``seed``, or from the checkpoint, to epoch ``settings.epochs``.

        Raises:
            DivergedError: the loss is NaN, infinite or far beyond where it began.
            StoppedError: the run has to stop before its end.
        """
        settings = self._settings
        self._start(problem, seed)
        record = Record(problem.task, settings.epochs)
        checkpoint.resume(record, lambda state: set_state(self._model, state))
        feed = Feed(problem.to_input)
        data = {part: evaluation_batches(feed, samples) for part, samples in problem.parts().items()}
        epochs = range(record.done, settings.epochs)
        if epochs:
            self._model.fit(
                training_batches(feed, problem.train, settings.batch_size, seed, epochs),
                initial_epoch=record.done // self._log_every,
                epochs=settings.epochs // self._log_every,
                steps_per_epoch=self._steps,
                validation_data=data.get("validation"),
                callbacks=[Watch(record, checkpoint, seed, self._log_every)],
                shuffle=False,
                verbose=0,
            )

        def measure() -> Metrics:
            parts = problem.parts()
            return {part: _measure(self._model, part, samples, data[part], problem) for part, samples in parts.items()}

        def predict(x: Any) -> np.ndarray:
            return _predict(self._model, evaluation_batches(feed, Samples(x, np.zeros(len(x)))))

        return Outcome(
            epochs=record.epochs,
            history=record.history,
            metrics=measure_final_and_best(measure, self._model, record),
            best_epoch=record.best_epoch,
            parameters=count_parameters(self._net),
            fit_seconds=record.seconds,
            artefacts=problem.artefacts(predict),
        )

    def _start(self, problem: Problem, seed: int) -> None:
        """Bring the model to the state in which a run with ``seed`` begins."""
        keras.config.set_dtype_policy(precision(self._settings))
        keras.utils.set_random_seed(seed)
        fresh = self._build(self._settings)
        steps = math.ceil(len(problem.train) / self._settings.batch_size) * self._log_every
        if steps != self._steps:
            self._net, self._steps = fresh, steps
            backend.hasten_convolutions(fresh)
            self._model = _augmented(fresh, problem)
            compile_model(self._model, problem.task, self._settings, steps)
            self._first = get_state(self._model)
        set_state(self._model, self._first)
        self._net.set_weights([weight[0] for weight in start_weights(fresh, [seed])])


class _Given(keras.random.SeedGenerator):
    """Give an initializer a seed that is a tensor: of itself it only takes a number."""

    def __init__(self, seed: Any) -> None:
        self._given = seed

    def next(self, ordered: bool = True) -> Any:
        """Return the seed, as often as it is asked for."""
        return self._given


def start_weights(net: keras.Model, seeds: Sequence[int]) -> list[np.ndarray]:
    """Return the weights ``(seeds, ...)`` with which runs begin, in the order of ``net.get_weights()``.

    Each is drawn by its layer's initializer with a seed made of the run's and its place, so that many runs can begin
    from one built net. What is not drawn, or by an initializer that cannot be found, is as ``net`` was built.
    """
    initializers = {
        id(weight): getattr(layer, f"{weight.name}_initializer", None)
        for layer in net._flatten_layers()
        for weight in layer.weights
    }
    weights = [np.repeat(built[None], len(seeds), axis=0) for built in net.get_weights()]
    draws, drawn = {}, {}
    for place, weight in enumerate(net.weights):
        initializer: Any = initializers[id(weight)]
        config = initializer.get_config() if initializer else {}
        if "seed" in config:
            draws[place] = partial(_draw, type(initializer), config, weight)
            own = [np.random.default_rng([seed, place]).integers(2**31) for seed in seeds]
            drawn[place] = np.array([[seed, 0] for seed in own], np.uint32)
    # For many runs in one graph, without the price of a call for each.
    each = (lambda draw, own: draw(own[0])[None]) if len(seeds) == 1 else keras.ops.map
    together = backend.compiled(lambda: [each(draw, drawn[place]) for place, draw in draws.items()], xla=False)
    for place, values in zip(draws, together(), strict=True):
        weights[place] = keras.ops.convert_to_numpy(values)
    return weights


def _draw(kind: Any, config: Mapping[str, Any], weight: keras.Variable, seed: Any) -> Any:
    return kind.from_config({**config, "seed": _Given(seed)})(weight.shape, dtype=weight.dtype)


def random_states(seed: int, point: int, count: int) -> np.ndarray:
    """Return the states ``(count, 2)`` of a net's random layers at the start of a point of the history."""
    states = [np.random.default_rng([seed, point, place]).integers(2**31, size=2) for place in range(count)]
    return np.array(states, np.uint32).reshape(count, 2)


def get_state(model: keras.Model) -> State:
    """Return weights, states of random layers and the optimizer's variables."""
    return [variable.numpy().copy() for variable in _variables(model)]


def set_state(model: keras.Model, state: State) -> None:
    """Take over what ``get_state`` returned for a model built in the same way."""
    for variable, value in zip(_variables(model), state, strict=True):
        variable.assign(value)


def compile_model(model: keras.Model, task: Task, settings: Settings, steps: int) -> None:
    """Compile the model; all ``steps`` between two points of the history run in one call of the compiled graph."""
    model.compile(
        optimizer=make_optimizer(settings),
        loss=tasks.loss(task),
        metrics=tasks.metrics(task),
        steps_per_execution=steps,
        jit_compile=False,  # XLA on CPUs slows convolutions to less than half and gains nothing on nets this small
    )


def precision(settings: Settings) -> str:
    """Return Keras' dtype policy; ``auto`` is ``mixed_bfloat16`` where the machine has the arithmetic for it."""
    wanted = settings.get("precision", "float32")
    if wanted == "auto":
        return "mixed_bfloat16" if backend.multiplies_bfloat16() else "float32"
    return wanted


def make_optimizer(settings: Settings) -> keras.optimizers.Optimizer:
    """Return a new optimizer of the kind that the settings name."""
    if settings.optimizer == "sgd":
        return keras.optimizers.SGD(settings.learning_rate, momentum=settings.get("momentum", 0.0))
    return keras.optimizers.Adam(settings.learning_rate)


def log_interval(settings: Settings) -> int:
    """Return the epochs between two points of the history.

    Raises:
        InputError: the epochs are not a multiple of it.
    """
    interval = settings.get("log_every", 1)
    if settings.epochs % interval:
        raise InputError(f"epochs ({settings.epochs}) must be a multiple of log_every ({interval})")
    return interval


def measure_final_and_best(measure: Callable[[], Metrics], model: Any, record: Record) -> Metrics:
    """Measure with the final weights and, as ``best_*``, with the best; the final weights stay in place."""
    final = at_best = measure()
    if record.best_epoch != record.last_epoch:
        last = model.get_weights()
        model.set_weights(record.best_weights)
        at_best = measure()
        model.set_weights(last)
    return final_and_best(final, at_best)


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
