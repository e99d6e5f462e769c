"""Train a net written by hand in NumPy, with the same order of batches and the same metrics as a Keras net."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from practica.errors import InputError
from practica.exercises.problem import Problem, Settings
from practica.seeds import epoch_order
from practica.training.checkpoint import Checkpoint
from practica.training.fit import measure_final_and_best
from practica.training.recipe import log_interval
from practica.training.record import Metrics, Outcome, Record

KERAS_ONLY = ("schedule", "early_stopping", "class_weight", "label_smoothing", "metrics")
"""Settings of a recipe that nets written by hand do not support."""


class Trainer:
    """Train the runs of a block one after another."""

    def __init__(self, build: Callable[[Settings], Any], settings: Settings) -> None:
        """Take the net's function and its settings.

        Raises:
            InputError: the recipe asks for something that only Keras offers.
        """
        beyond = [name for name in KERAS_ONLY if settings.get(name)]
        if settings.optimizer not in ("adam", "sgd") or beyond:
            what = beyond[0] if beyond else f"the optimizer {settings.optimizer!r}"
            raise InputError(f"a net by hand trains with plain adam or sgd and knows no {what}; take it out")
        self._build = build
        self._settings = settings

    def fit(self, problem: Problem, seed: int, checkpoint: Checkpoint) -> Outcome:
        """Train from the first weights of ``seed``, or from the checkpoint, to epoch ``settings.epochs``.

        Raises:
            DivergedError: a recorded value is NaN or infinite, or the training loss has exploded.
            InputError: the epochs are not a multiple of ``log_every``.
            StoppedError: the run must stop before its end.
        """
        settings = self._settings
        net = self._build(settings)
        net.initialise(seed)
        parts = {name: (as_input(samples.x, problem), samples.y) for name, samples in problem.parts().items()}
        log_every = log_interval(settings)
        epochs = settings.quietly("epochs")
        record = Record(problem.task, epochs, depends=partial(settings.asked, "epochs"))
        checkpoint.resume(record, net.set_state)
        record.begin()
        for epoch in range(record.done, epochs):
            order = epoch_order(seed, epoch, len(problem.train))
            logs = {"train": net.train_epoch(*parts["train"], order, settings.batch_size)}
            # A loss that is not finite is recorded at once, also between two points: the record then ends the run.
            if (epoch + 1) % log_every and math.isfinite(logs["train"]["loss"]):
                continue
            if "validation" in parts:
                logs["validation"] = net.evaluate(*parts["validation"])
            record.add(epoch + 1, logs, net.get_weights)
            checkpoint.reached(record, net.get_state)
            record.begin()

        def measure() -> Metrics:
            return {part: {k: float(v) for k, v in net.evaluate(*xy).items()} for part, xy in parts.items()}

        total = sum(values.size for values in net.parameters().values())
        return Outcome(
            epochs=record.epochs,
            history=record.history,
            metrics=measure_final_and_best(measure, net, record),
            best_epoch=record.best_epoch,
            parameters={"total": total, "trainable": total, "non_trainable": 0},
            fit_seconds=record.seconds,
            artefacts=problem.artefacts_from(lambda x: net.predict(as_input(x, problem))),
        )


def as_input(x: Any, problem: Problem) -> np.ndarray:
    """Return the network's inputs for all of ``x`` at once, in float32."""
    return np.asarray(problem.to_input(x) if problem.to_input else x, dtype=np.float32)
