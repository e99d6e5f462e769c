"""Train many runs of one small net together, as replicas in one graph, each as if it were alone.

Every run keeps its own first weights, order of batches, Dropout draws, BatchNormalization statistics, best epoch and
metrics; only the arithmetic is shared. Each run goes through Keras' own training step (``step``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from practica import backend
from practica.errors import DivergedError, InputError, RunError, in_one_line
from practica.exercises.problem import Problem, Settings
from practica.startup import uncollected
from practica.texts import holds_text
from practica.training import keras_internals
from practica.training.agreement import NotStackable, depends_on_order, first_loss_if_equal
from practica.training.arithmetic import values_a_sample
from practica.training.checkpoint import Checkpoint, State
from practica.training.fit import BEST, NONE, augmented, check_output, count_parameters, example, predict_with
from practica.training.loop import Loop
from practica.training.recipe import compile_model, sample_weights
from practica.training.record import Metrics, Outcome, Record, final_and_best
from practica.training.step import Step
from practica.training.weights import FirstWeights

CALL_SECONDS = 1.0
"""Seconds that one call of the compiled loop should take: short enough for signals and checkpoints to be in time."""
MOST_PARAMETERS = 50_000
"""Above this, a single net keeps the processor busy, and its replicas gain nothing from sharing a graph."""
COPIES = 20
"""Arrays as large as all weights that training holds: weights, gradients, moments, the best ones, before and after."""
BATCHES = 2 * backend.AHEAD
"""Batches that training holds: of each turn under way, the samples, the layers' outputs and their gradients."""
FLOAT = 4
"""Bytes of a number of float32."""
MATRIX = 2
"""Most dimensions of weights that gain from sharing a graph: convolutions of many kernels take longer together."""


class Records:
    """The records of all replicas, which reach each point of their histories together."""

    def __init__(self, runs: Sequence[Record], names: Sequence[str]) -> None:
        self.runs = runs
        self.monitor, self.last_epoch = runs[0].monitor, runs[0].last_epoch
        self.best_weights: State = []  # they are part of the stack's own state
        self.point_seconds = 0.0
        self.epochs: list[int] = []
        self._names = names

    @property
    def done(self) -> int:
        """Return the epoch of the last point; 0 before the first."""
        return self.runs[0].done

    @property
    def seconds(self) -> float:
        """Return the time in training and validation so far, over all attempts [s]."""
        return sum(record.seconds for record in self.runs)

    @property
    def monitored(self) -> float:
        """Return the monitored metric at the last point, on average over the runs."""
        return float(np.mean([record.monitored for record in self.runs]))

    def add(self, epochs: Sequence[int], logs: dict[tuple[str, str], np.ndarray], seconds: float) -> None:
        """Add the points of one call to the records; ``logs`` has values ``(points, replicas)`` by part and metric.

        Raises:
            DivergedError: a value is NaN or infinite, or a training loss has exploded.
            InputError: the model does not report the monitored metric.
        """
        share = seconds / len(epochs) / len(self.runs)
        for name, place, record in zip(self._names, range(len(self.runs)), self.runs, strict=True):
            for point, epoch in enumerate(epochs):
                points: Metrics = {}
                for (part, metric), values in logs.items():
                    points.setdefault(part, {})[metric] = float(values[point, place])
                try:
                    record.add(epoch, points, list, share)
                except DivergedError as error:
                    raise DivergedError(f"{name}: {error}") from error
        self.point_seconds = seconds
        self.epochs = [*self.epochs, epochs[-1]][-2:]

    def fields(self) -> dict[str, Any]:
        """Return all records, for JSON."""
        return {"runs": [record.fields() for record in self.runs]}

    def restore(self, fields: Mapping[str, Any], best_weights: Sequence[np.ndarray]) -> None:
        """Return to the point at which ``fields`` were saved."""
        for record, saved in zip(self.runs, fields["runs"], strict=True):
            record.restore(saved, [])


class Stack:
    """The runs of a block as replicas of one net.

    Attributes:
        net: the net.
        bytes_a_run: the memory that a replica takes besides its data.

    Raises:
        InputError: the settings do not fit the net.
        NotStackable: the net or its recipe needs Keras' own ``fit``, or would gain nothing.
    """

    def __init__(
        self, build: Callable[[Settings], keras.Model], settings: Settings, problem: Problem, keep: str = NONE
    ) -> None:
        keras.config.set_dtype_policy("float32")
        self._settings, self._keep = settings, keep
        self._untrained: float | None = None
        self._last: Loop | None = None
        self._first = FirstWeights(build, settings, lambda: example(problem))
        self.net = self._first.net
        check_output(self.net, example(problem))
        check_net(self.net)
        self._bytes_a_sample = FLOAT * values_a_sample(self.net, example(problem))
        batch = BATCHES * min(settings.batch_size, len(problem.train))
        self.bytes_a_run = FLOAT * COPIES * self.net.count_params() + self._bytes_a_sample * batch
        self._model = augmented(self.net, problem)
        compile_model(self._model, problem, settings, 1)
        check_recipe(self._model, problem, settings)
        keras_internals.make_stateless(self._model.optimizer)
        weights = sample_weights(problem, settings)
        rows = problem.train.take(np.arange(min(2, len(problem.train))))
        self._example = (
            example(problem),
            ops.convert_to_tensor(rows.y),
            None if weights is None else weights[rows.places()],
        )

    def fit(
        self, problems: Sequence[Problem], seeds: Sequence[int], names: Sequence[str], checkpoint: Checkpoint
    ) -> list[Outcome]:
        """Train one replica for each of ``seeds`` on its own problem, and return their outcomes.

        Errors call the runs by their ``names``. All must have the same number of steps per epoch.

        Raises:
            DivergedError: a recorded value is NaN or infinite, or a training loss has exploded.
            InputError: the settings do not fit the data.
            NotStackable: the first replica's step differs from that of Keras' own model, or cannot be mapped.
            StoppedError: the runs must stop before their end.
        """
        epochs = self._settings.quietly("epochs")
        with uncollected():
            loop, untrained = self._loop(problems, seeds)
        records = Records([Record(problems[0].task, epochs, untrained) for _ in seeds], names)
        checkpoint.resume(records, loop.set_state)
        left = (epochs - records.done) // loop.per_point
        capacity = loop.capacity(left)
        points = 1
        while left:
            first, points = records.done // loop.per_point, min(points, left, capacity)
            begin = time.perf_counter()
            with uncollected():
                logs = loop.advance(first, points, capacity)
            seconds = time.perf_counter() - begin
            records.add([(first + point + 1) * loop.per_point for point in range(points)], logs, seconds)
            checkpoint.reached(records, loop.get_state)
            left -= points
            # For a checkpoint at every point, every point needs a call of its own.
            points = max(1, int(CALL_SECONDS / seconds * points)) if checkpoint.every else 1
        outcomes = self._outcomes(loop, problems, records.runs)
        loop.release()
        return outcomes

    def _loop(self, problems: Sequence[Problem], seeds: Sequence[int]) -> tuple[Loop, float]:
        """Return the loop at its start, and the loss there; the first loop is compared with Keras' own step."""
        try:
            before = self._last if self._last and self._last.fits(problems) else None
            if before:
                before.take(problems, seeds)
            step = before.step if before else Step(self._model, len(seeds), *self._example)
            loop = self._last = before or Loop(step, problems, self._settings, seeds, self._bytes_a_sample)
            state = step.start(len(seeds))[: step.weights]
            for variable, weights in zip(self.net.weights, self._first.of(seeds), strict=True):
                state[step.place(variable)] = weights
            loop.begin(state)
            if not before:
                loop.shuffles = loop.shuffles or depends_on_order(loop)
            if self._untrained is None:
                own = augmented(self._first.again(), problems[0])
                compile_model(own, problems[0], self._settings, 1)
                self._untrained = first_loss_if_equal(loop, own, self._settings.batch_size)
        except (InputError, RunError, NotStackable):
            raise
        except Exception as error:
            raise NotStackable(f"its step cannot be computed for many runs at once ({in_one_line(error)})") from error
        return loop, self._untrained

    def _outcomes(self, loop: Loop, problems: Sequence[Problem], records: Sequence[Record]) -> list[Outcome]:
        final, best = (self._measure(loop, problems, best=best) for best in (False, True))
        state = [ops.convert_to_numpy(value) for value in loop.weights()]
        places = [loop.step.place(variable) for variable in self.net.weights]
        parameters = count_parameters(self.net)

        kept = [ops.convert_to_numpy(value) for value in loop.weights(best=self._keep == BEST)]

        def weights(replica: int, state: State = state) -> State:
            return [state[place][replica] for place in places]

        def predict(replica: int, x: Any) -> np.ndarray:
            self.net.set_weights(weights(replica))
            return _predict(self.net, x, problems[replica])

        return [
            Outcome(
                weights=[] if self._keep == NONE else weights(r, kept),
                epochs=record.epochs,
                history=record.history,
                metrics=final_and_best(final[r], best[r]),
                best_epoch=record.best_epoch,
                parameters=parameters,
                fit_seconds=record.seconds,
                artefacts=problem.artefacts_from(partial(predict, r)),
            )
            for r, (problem, record) in enumerate(zip(problems, records, strict=True))
        ]

    def _measure(self, loop: Loop, problems: Sequence[Problem], *, best: bool) -> list[Metrics]:
        """Return each replica's metrics on every part."""
        measured: list[Metrics] = [{} for _ in problems]
        for name in loop.store.parts:
            for metrics, values in zip(measured, loop.evaluate(name, best=best), strict=True):
                metrics[name] = values
            if problems[0].measure:
                outputs = loop.predict(name, best=best)
                for metrics, problem, predicted in zip(measured, problems, outputs, strict=True):
                    samples = problem.parts()[name]
                    metrics[name] |= problem.measure(name, samples.x, samples.y, predicted)  # type: ignore[misc]
        return measured


def check_net(net: Any) -> None:
    """Raise ``NotStackable`` for a net that gains nothing from sharing a graph, or replaces Keras' training."""
    if net.count_params() > MOST_PARAMETERS:
        raise NotStackable(f"it has more than {MOST_PARAMETERS:,} parameters, which keep a processor busy alone")
    if any(len(weight.shape) > MATRIX for weight in net.weights):
        raise NotStackable("it has convolutions or other weights of more than two dimensions, which gain nothing")
    if any(isinstance(layer, keras.layers.RNN) for layer in keras_internals.flat_layers(net)):
        raise NotStackable("it has recurrent layers, which gain nothing")
    if own := keras_internals.own_methods(net):
        raise NotStackable(f"the model has its own {own[0]}")
    if not net.trainable_variables:
        raise NotStackable("it has nothing to train")


def check_recipe(model: keras.Model, problem: Problem, settings: Settings) -> None:
    """Raise ``NotStackable`` for a recipe that is more than one step after another, or for other inputs than arrays."""
    options = model.optimizer.get_config()
    reasons = {
        "early stopping ends each run at an epoch of its own": settings.get("early_stopping"),
        "the exercise has callbacks": problem.callbacks,
        # Its first step with a gradient of 0 depends on how the tiniest numbers round.
        "Adafactor divides by averages that may be 0": isinstance(model.optimizer, keras.optimizers.Adafactor),
        "the optimizer averages the weights (use_ema)": options.get("use_ema"),
        "the optimizer adds up gradients of several steps": options.get("gradient_accumulation_steps"),
        "the optimizer scales the loss": options.get("loss_scale_factor"),
        "its inputs are no plain arrays": not isinstance(problem.train.inputs, np.ndarray),
        "its inputs are texts": holds_text(problem.train.inputs),
    }
    if why := next((reason for reason, holds in reasons.items() if holds), None):
        raise NotStackable(why)


def _predict(net: keras.Model, x: Any, problem: Problem) -> np.ndarray:
    inputs = problem.to_input(x) if problem.to_input else ops.cast(x, "float32")
    return predict_with(net, inputs)
