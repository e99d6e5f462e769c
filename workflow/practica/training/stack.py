"""Train many runs of one small net together, as replicas in one graph, each as if it were alone.

Every run keeps its own first weights, order of batches, Dropout draws, BatchNormalization statistics, best epoch and
metrics; only the arithmetic is shared. Each run goes through Keras' own training step (``step``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from practica import backend
from practica.errors import InputError, RunError, in_one_line
from practica.exercises.problem import Problem, Settings
from practica.startup import uncollected
from practica.texts import holds_text
from practica.training import keras_internals
from practica.training.agreement import NotStackable, depends_on_order, first_loss_if_equal, first_losses
from practica.training.arithmetic import values_a_sample
from practica.training.checkpoint import Checkpoint, State
from practica.training.fit import (
    BEST,
    NONE,
    augmented,
    check_output,
    count_parameters,
    example,
    precision,
    predict_with,
)
from practica.training.hyperparameters import Hyperparameters, Trials
from practica.training.loop import Loop
from practica.training.recipe import compile_model, sample_weights
from practica.training.record import Metrics, Outcome, Record, final_and_best
from practica.training.records import Records
from practica.training.step import Step
from practica.training.waves import WAVE_BYTES, neighbours
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
SHARED_VALUES = 100
"""From this many numbers of a sample on that do not depend on the weights, sharing them repays the longer trace."""
MATRIX = 2
"""Most dimensions of weights that gain from sharing a graph: convolutions of many kernels take longer together."""


class Stack:
    """The runs of a block as replicas of one net; with ``trials``, those of several trials that differ in numbers.

    Attributes:
        net: the net.
        together: how many runs, one of each trial, share a problem and so their batches; 1 if each has its own.

    Raises:
        InputError: the settings do not fit the net.
        NotStackable: the net or its recipe needs Keras' own ``fit``, or would gain nothing.
    """

    def __init__(
        self,
        build: Callable[[Settings], keras.Model],
        settings: Settings,
        problem: Problem,
        keep: str = NONE,
        trials: Trials | None = None,
    ) -> None:
        keras.config.set_dtype_policy("float32")
        self._settings, self._keep = settings, keep
        self._every = trials.settings if trials else (settings,)
        self._untrained: dict[int, float] = {}
        self._last: Loop | None = None
        self._first = FirstWeights(build, settings, lambda: example(problem))
        self.net = self._first.net
        check_output(self.net, example(problem))
        check_net(self.net)
        self._values = values_a_sample(self.net, example(problem))
        self._batches = BATCHES * min(settings.batch_size, len(problem.train))
        self.together = len(self._every) if self._values.common >= SHARED_VALUES else 1
        if self.together * self.bytes_a_run > WAVE_BYTES:
            self.together = 1
        self._model = augmented(self.net, problem)
        compile_model(self._model, problem, settings, 1)
        check_recipe(self._model, problem, settings)
        keras_internals.make_stateless(self._model.optimizer)
        self._numbers = Hyperparameters(self.net, trials) if trials else None
        weights = sample_weights(problem, settings)
        rows = problem.train.take(np.arange(min(2, len(problem.train))))
        self._example = (
            example(problem),
            ops.convert_to_tensor(rows.y),
            None if weights is None else weights[rows.places()],
        )

    @property
    def bytes_a_run(self) -> int:
        """Return the memory that a replica takes besides its data."""
        return FLOAT * COPIES * self.net.count_params() + self._batches * self._bytes_a_sample(self.together)

    def fit(
        self,
        problems: Sequence[Problem],
        seeds: Sequence[int],
        names: Sequence[str],
        checkpoint: Checkpoint,
        trials: Sequence[int] = (),
    ) -> list[Outcome | None]:
        """Train one replica for each of ``seeds`` on its own problem, and return their outcomes.

        Errors call the runs by their ``names``. All must have the same number of steps per epoch. ``trials`` are those
        that the replicas belong to; then a run that diverges has no outcome, and the others go on.

        Raises:
            DivergedError: a recorded value is NaN or infinite, or a training loss has exploded.
            InputError: the settings do not fit the data.
            NotStackable: the first replica's step differs from that of Keras' own model, or cannot be mapped.
            StoppedError: the runs must stop before their end.
        """
        epochs = self._settings.quietly("epochs")
        with uncollected():
            loop, untrained = self._loop(problems, seeds, trials)
        runs = [Record(problems[0].task, epochs, loss) for loss in untrained]
        records = Records(runs, names, others_go_on=self._numbers is not None)
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
            if len(records.lost) == len(seeds):
                break
            checkpoint.reached(records, loop.get_state)
            left -= points
            # For a checkpoint at every point, every point needs a call of its own.
            points = max(1, int(CALL_SECONDS / seconds * points)) if checkpoint.every else 1
        outcomes = self._outcomes(loop, problems, records)
        loop.release()
        return outcomes

    def _loop(
        self, problems: Sequence[Problem], seeds: Sequence[int], trials: Sequence[int] = ()
    ) -> tuple[Loop, list[float]]:
        """Return the loop at its start, and each run's loss there; the first loop is compared with Keras' own step."""
        trials = trials or [0] * len(seeds)
        try:
            sharing = neighbours(problems) if self.together > 1 else 1
            before = self._last if self._last and self._last.fits(problems, sharing) else None
            if before:
                before.take(problems, seeds)
            step = before.step if before else self._step(len(seeds), sharing)
            bytes_a_sample = self._bytes_a_sample(sharing)
            loop = self._last = before or Loop(step, problems, self._settings, seeds, bytes_a_sample)
            state = step.start(len(seeds))[: step.metrics]
            for variable, weights in zip(self.net.weights, self._first.of(seeds), strict=True):
                state[step.place(variable)] = weights
            for variable, values in self._numbers.of(trials, step.rate) if self._numbers else ():
                place = step.place(variable)
                state[place] = values.reshape(state[place].shape)
            loop.begin(state)
            if not before:
                loop.shuffles = loop.shuffles or depends_on_order(loop)
            self._compare(loop, problems, trials)
        except (InputError, RunError, NotStackable):
            raise
        except Exception as error:
            raise NotStackable(f"its step cannot be computed for many runs at once ({in_one_line(error)})") from error
        return loop, [self._untrained[trial] for trial in trials]

    def _step(self, replicas: int, sharing: int) -> Step:
        variables, own_rates = ((), False) if (n := self._numbers) is None else (n.variables, n.rates is not None)
        return Step(self._model, replicas, *self._example, variables, own_rates=own_rates, sharing=sharing)

    def _bytes_a_sample(self, sharing: int) -> int:
        """Return the bytes of all that a replica makes of a sample that so many replicas share."""
        return FLOAT * (self._values.own + -(-self._values.common // sharing))

    def _compare(self, loop: Loop, problems: Sequence[Problem], trials: Sequence[int]) -> None:
        """Compare the step of the first trial, and of the last, with Keras' own; keep every trial's loss at its start.

        Raises:
            NotStackable: they differ.
        """
        batch = self._settings.batch_size
        first = {trial: trials.index(trial) for trial in trials if trial not in self._untrained}
        for trial in {0, len(self._every) - 1} & first.keys():
            settings = self._every[trial]
            own = augmented(self._first.again(settings), problems[first[trial]])
            compile_model(own, problems[first[trial]], settings, 1)
            self._untrained[trial] = first_loss_if_equal(loop, own, batch, first.pop(trial))
        losses = first_losses(loop, batch) if first else ()
        self._untrained |= {trial: float(losses[place]) for trial, place in first.items()}

    def _outcomes(self, loop: Loop, problems: Sequence[Problem], records: Records) -> list[Outcome | None]:
        final, best = (self._measure(loop, problems, records.lost, best=best) for best in (False, True))
        state = [ops.convert_to_numpy(value) for value in loop.weights()]
        places = [loop.step.place(variable) for variable in self.net.weights]
        parameters = count_parameters(self.net)

        weights_to_keep = [ops.convert_to_numpy(value) for value in loop.weights(best=self._keep == BEST)]

        def weights(replica: int, state: State = state) -> State:
            return [state[place][replica] for place in places]

        def predict(replica: int, x: Any) -> np.ndarray:
            self.net.set_weights(weights(replica))
            return _predict(self.net, x, problems[replica])

        return [
            None
            if r in records.lost
            else Outcome(
                weights=[] if self._keep == NONE else weights(r, weights_to_keep),
                epochs=record.epochs,
                history=record.history,
                metrics=final_and_best(final[r], best[r]),
                best_epoch=record.best_epoch,
                parameters=parameters,
                fit_seconds=record.seconds,
                artefacts=problem.artefacts_from(partial(predict, r)),
            )
            for r, (problem, record) in enumerate(zip(problems, records.runs, strict=True))
        ]

    def _measure(self, loop: Loop, problems: Sequence[Problem], lost: Collection[int], *, best: bool) -> list[Metrics]:
        """Return each replica's metrics on every part; those of ``lost`` replicas mean nothing."""
        measured: list[Metrics] = [{} for _ in problems]
        for name in loop.store.parts:
            for metrics, values in zip(measured, loop.evaluate(name, best=best), strict=True):
                metrics[name] = values
            if problems[0].measure:
                outputs = loop.predict(name, best=best)
                for place, (problem, predicted) in enumerate(zip(problems, outputs, strict=True)):
                    if place not in lost:
                        samples = problem.parts()[name]
                        measured[place][name] |= problem.measure(name, samples.x, samples.y, predicted)  # type: ignore[misc]
        return measured


def check_precision(settings: Settings) -> None:
    """Raise ``NotStackable`` for a net that computes in other numbers than float32."""
    if precision(settings) != "float32":
        raise NotStackable(f"its layers compute in {precision(settings)}")


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
