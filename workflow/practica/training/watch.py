"""Watch a run that ``fit`` trains: its record and checkpoints, its random numbers, the callbacks of the exercise."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from practica import backend
from practica.errors import InputError
from practica.seeds import callback_seed, random_states
from practica.training import graphs, keras_internals
from practica.training.checkpoint import Checkpoint, State
from practica.training.record import Metrics, Record

BATCH_HOOKS = [f"on_{kind}batch_{when}" for kind in ("", "train_", "test_") for when in ("begin", "end")]
FROM_LOGS = (keras.callbacks.EarlyStopping, keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)
"""Keras' callbacks whose memory follows from the logs; their subclasses do not count."""


def watch_batches(callbacks: Sequence[keras.callbacks.Callback]) -> bool:
    """Return whether one of the callbacks has a hook for batches."""
    base = keras.callbacks.Callback
    return any(
        hook in vars(each) or getattr(type(each), hook) is not getattr(base, hook)
        for each in callbacks
        for hook in BATCH_HOOKS
    )


def without_past(callbacks: Sequence[keras.callbacks.Callback]) -> list[str]:
    """Return the names of the callbacks whose memory may not follow from the logs of past epochs.

    Those in ``FROM_LOGS`` look at neither batches nor weights; a callback of an exercise says so of itself with the
    attribute ``follows_from_logs``.
    """
    return [
        type(each).__name__
        for each in callbacks
        if watch_batches([each])
        or getattr(each, "restore_best_weights", False)
        or not (type(each) in FROM_LOGS or getattr(each, "follows_from_logs", False))
    ]


class Watch(keras.callbacks.Callback):
    """Keep the record and checkpoint of a run, give every epoch its own random numbers, and end the run in time.

    ``others`` are the exercise's callbacks: when a run is resumed, they see the logs of past epochs again.
    """

    def __init__(
        self,
        record: Record,
        checkpoint: Checkpoint,
        seed: int,
        log_every: int,
        others: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        super().__init__()
        self.record = record
        self.checkpoint = checkpoint
        self.seed = seed
        self.log_every = log_every
        self.others = others
        self._examined = False

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """After a resume, show the other callbacks the past epochs again, and undo what they do to the model."""
        if self.others and self.record.done:
            self._show_past()
        self._reseed()

    def _show_past(self) -> None:
        state = get_state(self.model)
        for point in range(self.record.done // self.log_every):
            for callback in self.others:
                callback.on_epoch_begin(point)
                callback.on_epoch_end(point, self.record.logs(point))
        set_state(self.model, state)
        self.model.stop_training = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set every random layer's state from (seed, epoch), so that no epoch depends on how it was reached."""
        generators = [*keras_internals.seed_generators(self.model), keras_internals.global_seed_generator()]
        for generator, state in zip(generators, random_states(self.seed, epoch, len(generators)), strict=True):
            generator.state.assign(state)
        self.record.begin()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Record the epoch.

        Raises:
            DivergedError: a recorded value is NaN or infinite, or the training loss has exploded.
            InputError: the graphs change what no checkpoint keeps, or the model does not report the monitored metric.
            StoppedError: the run must stop here.
        """
        points: Metrics = {}
        for key, value in (logs or {}).items():
            part, metric = ("validation", key[4:]) if key.startswith("val_") else ("train", key)
            points.setdefault(part, {})[metric] = float(value)
        self._examine()
        self.record.stopped = self.model.stop_training
        self.record.add((epoch + 1) * self.log_every, points, self.model.get_weights)
        self.checkpoint.reached(self.record, lambda: get_state(self.model))
        if self.record.ended:
            self.model.stop_training = True
        self._reseed()

    def _reseed(self) -> None:
        """Seed Python's and NumPy's random numbers, which callbacks may draw until the next epoch ends."""
        number = callback_seed(self.seed, self.record.done)
        random.seed(number)
        np.random.seed(number)

    def _examine(self) -> None:
        """Check once what was compiled for the first epoch: the rehearsal does not see all of it."""
        if not self._examined:
            check_graphs(self.model, keras_internals.train_graphs(self.model))
        self._examined = True


def check_graphs(model: keras.Model, step_graphs: Sequence[Any]) -> None:
    """Check graphs of a model's training.

    Raises:
        InputError: they change something that no checkpoint keeps.
    """
    variables = [*_variables(model), *model.metrics_variables, keras_internals.global_seed_generator().state]
    if what := graphs.not_kept(step_graphs, variables):
        raise InputError(
            f"{model.name}: in training {what}, which neither a checkpoint nor the next run would know of: "
            "make it a weight of its layer, use a single optimizer, or draw with keras.random and a "
            "keras.random.SeedGenerator in the layer"
        )


def get_state(model: keras.Model) -> State:
    """Return weights, states of random layers and the optimizer's variables."""
    return [backend.value(variable) for variable in _variables(model)]


def set_state(model: keras.Model, state: State) -> None:
    """Set a model to what ``get_state`` returned for one that was built in the same way."""
    for variable, value in zip(_variables(model), state, strict=True):
        variable.assign(value)


def _variables(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]
