"""Train Keras models run by run with ``fit``, and measure them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from practica.backend import multiplies_bfloat16
from practica.errors import InputError
from practica.exercises.problem import Problem, Samples, Settings
from practica.feed import Feed
from practica.files import say
from practica.training import keras_internals
from practica.training.batches import evaluation_batches, training_batches
from practica.training.checkpoint import Checkpoint
from practica.training.convolutions import hasten_convolutions
from practica.training.recipe import Stopping, compile_model, log_interval, sample_weights, steps_an_epoch
from practica.training.record import Metrics, Outcome, Record, final_and_best
from practica.training.watch import Watch, get_state, set_state, watch_batches, without_past
from practica.training.weights import FirstWeights

NONE, LAST, BEST = "none", "last", "best"
"""Which weights of a run to keep as a model."""


class Trainer:
    """Train the runs of a block one after another, with one model that is compiled once."""

    def __init__(self, build: Callable[[Settings], keras.Model], settings: Settings, keep: str = NONE) -> None:
        self._build = build
        self._keep = keep
        self._settings = settings
        self._log_every = log_interval(settings)
        self._steps = 0

    def fit(self, problem: Problem, seed: int, checkpoint: Checkpoint) -> Outcome:
        """Train from the first weights of ``seed``, or from the checkpoint, to epoch ``settings.epochs``.

        Raises:
            DivergedError: a recorded value is NaN or infinite, or the training loss has exploded.
            InputError: the settings do not fit the data or the net.
            StoppedError: the run must stop before its end.
        """
        settings = self._settings
        weights = sample_weights(problem, settings)
        others = problem.callbacks() if problem.callbacks else []
        self._start(problem, seed, single=watch_batches(others))
        last, untrained = settings.quietly("epochs"), self._untrained(problem, weights)
        record = Record(problem.task, last, untrained, Stopping.of(settings), partial(settings.asked, "epochs"))
        if forgetful := without_past(others):
            say(f"{checkpoint.name}: if it is stopped, it begins anew: {forgetful[0]} may know more than the logs tell")
        else:
            checkpoint.resume(record, lambda state: set_state(self._model, state))
        feed = Feed(problem.to_input)
        data = {part: evaluation_batches(feed, samples) for part, samples in problem.parts().items()}
        epochs = range(record.done, last)
        watchers = [*others, Watch(record, checkpoint, seed, self._log_every, others)]
        if epochs and not record.ended:
            self._model.fit(
                training_batches(feed, problem.train, settings.batch_size, seed, epochs, weights),
                initial_epoch=record.done // self._log_every,
                epochs=last // self._log_every,
                steps_per_epoch=self._steps,
                validation_data=data.get("validation"),
                callbacks=watchers,
                shuffle=False,
                verbose=0,
            )
        else:
            # As fit does at its end: with use_ema, the weights become the averages.
            self._model.optimizer.finalize_variable_values(self._model.trainable_weights)
            callbacks = keras.callbacks.CallbackList(watchers if others else [], model=self._model)
            callbacks.on_train_begin()
            callbacks.on_train_end()
        if record.stopping and record.stopping.restore_best:
            self._model.set_weights(record.best_weights)

        def measure() -> Metrics:
            parts = problem.parts()
            return {part: _measure(self._model, part, samples, data[part], problem) for part, samples in parts.items()}

        def predict(x: Any) -> np.ndarray:
            return _predict(self._model, evaluation_batches(feed, Samples(x, np.zeros(len(x)))))

        weight_getters = {LAST: self._model.get_weights, BEST: lambda: list(record.best_weights)}
        return Outcome(
            weights=weight_getters[self._keep]() if self._keep in weight_getters else [],
            epochs=record.epochs,
            history=record.history,
            metrics=measure_final_and_best(measure, self._model, record),
            best_epoch=record.best_epoch,
            parameters=count_parameters(self._net),
            fit_seconds=record.seconds,
            artefacts=problem.artefacts_from(predict),
        )

    def _start(self, problem: Problem, seed: int, *, single: bool = False) -> None:
        """Set the model to the start of a run with ``seed``; ``single``: one call of the compiled graph per step."""
        steps = steps_an_epoch(problem, self._settings) * self._log_every
        if steps != self._steps:
            keras.config.set_dtype_policy(precision(self._settings))
            self._first = FirstWeights(self._build, self._settings, lambda: example(problem))
            self._net, self._steps = self._first.net, steps
            check_output(self._net, example(problem))
            hasten_convolutions(self._net)
            self._model = augmented(self._net, problem)
            compile_model(self._model, problem, self._settings, 1 if single else steps)
            self._model.optimizer.build(self._model.trainable_variables)
            self._fresh = get_state(self._model)
        first = [weight[0] for weight in self._first.of([seed])]
        # For code that draws random numbers without Keras' generators.
        keras.utils.set_random_seed(seed)
        set_state(self._model, self._fresh)
        self._net.set_weights(first)

    def _untrained(self, problem: Problem, weights: np.ndarray | None) -> float:
        """Return the loss on the first samples before training."""
        rows = problem.train.take(np.arange(min(self._settings.batch_size, len(problem.train))))
        x = Feed(problem.to_input).inputs(rows.x)
        before = get_state(self._model)
        loss = keras_internals.loss_on(self._model, x, rows.y, None if weights is None else weights[rows.places()])
        set_state(self._model, before)  # layers may count how often they are called
        return loss


def example(problem: Problem) -> Any:
    """Return the network's inputs for the first one or two training samples."""
    return Feed(problem.to_input).inputs(problem.train.take(np.arange(min(2, len(problem.train)))).x)


def precision(settings: Settings) -> str:
    """Return Keras' dtype policy; ``auto`` is ``mixed_bfloat16`` where the machine has the arithmetic for it."""
    name = settings.get("precision", "float32")
    if name == "auto":
        return "mixed_bfloat16" if multiplies_bfloat16() else "float32"
    return name


def measure_final_and_best(measure: Callable[[], Metrics], model: Any, record: Record) -> Metrics:
    """Return metrics with the final weights and, as ``best_*``, with the best; the final weights stay in place."""
    final = at_best = measure()
    last = model.get_weights()
    # With use_ema the weights that training ends with are others than those of its last epoch.
    if not all(map(np.array_equal, last, record.best_weights)):
        model.set_weights(record.best_weights)
        at_best = measure()
        model.set_weights(last)
    return final_and_best(final, at_best)


def count_parameters(model: keras.Model) -> dict[str, int]:
    """Return the model's total, trainable and non-trainable parameters."""
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    total = model.count_params()
    return {"total": total, "trainable": trainable, "non_trainable": total - trainable}


def augmented(net: keras.Model, problem: Problem) -> keras.Model:
    """Put the augmentation in front of the net: it changes the inputs in training, and nothing in evaluation.

    Raises:
        InputError: the net compiles itself or replaces Keras' training, which a net around it would not do.
    """
    if problem.augment is None:
        return net
    own = keras_internals.own_methods(net)
    if (
        own
        or net.compiled
        or type(net).compile is not keras.Model.compile
        or type(net).compute_loss is not keras.Model.compute_loss
    ):
        what = own[0] if own else "compile"
        raise InputError(
            f"{net.name}: with {what} of its own it cannot be augmented from outside: put the layers in it"
        )
    inputs = x = keras.Input(net.input_shape[1:])
    for layer in problem.augment():
        x = layer(x)
    return keras.Model(inputs, net(x))


def check_output(net: keras.Model, inputs: Any) -> None:
    """Check that a net returns one array for a batch of inputs.

    Raises:
        InputError: it returns several arrays, or named ones.
    """
    symbols = keras.tree.map_structure(lambda part: keras.KerasTensor(part.shape, part.dtype), inputs)
    outputs = net.compute_output_spec(symbols)
    if isinstance(outputs, list) and len(outputs) == 1 and hasattr(net, "outputs"):
        return  # a functional model returns the only array of its list
    if keras.tree.is_nested(outputs):
        raise InputError(
            f"{net.name}: its outputs are {'named' if isinstance(outputs, dict) else 'several'}, and a net gives one "
            "array here: join them with layers.Concatenate, and take them apart in the loss and the metrics"
        )


def predict_with(model: keras.Model, inputs: Any) -> np.ndarray:
    """Return the outputs of a net for one batch of its inputs, in float32."""
    return np.asarray(keras.ops.convert_to_numpy(model(inputs, training=False)), dtype=np.float32)


def _measure(model: keras.Model, part: str, samples: Samples, data: Any, problem: Problem) -> dict[str, float]:
    values = {name: float(value) for name, value in model.evaluate(data, verbose=0, return_dict=True).items()}
    if problem.measure:
        values |= problem.measure(part, samples.x, samples.y, _predict(model, data))
    return values


def _predict(model: keras.Model, data: Any) -> np.ndarray:
    return np.asarray(model.predict(data, verbose=0), dtype=np.float32)
