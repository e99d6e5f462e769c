"""Record a run while it trains: its history, and the weights at its best point."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from practica.errors import DivergedError, InputError
from practica.exercises.problem import Task

if TYPE_CHECKING:
    from practica.training.recipe import Stopping

Metrics = dict[str, dict[str, float]]
Engine = tuple[str, str]
"""What trains a run (``numpy``, ``stack`` or ``fit``), and the reason for it."""

# A training loss above that of the untrained net by ten thousand times as much, and by at least ten thousand, does not
# recover within the epochs of a study; at their end it is no result either.
EXPLODED = 1e4


@dataclass(frozen=True)
class Outcome:
    """The outcome of one run.

    Attributes:
        epochs: the epochs at which the history has a point.
        history: part -> metric -> one value a point.
        metrics: part -> metric -> value at the final epoch, and as ``best_*`` at the best epoch.
        best_epoch: the first epoch at which the monitored metric was best, on validation if there is such a part.
        parameters: ``total``, ``trainable`` and ``non_trainable`` parameters.
        fit_seconds: time in training and validation, tracing included, over all attempts [s].
        artefacts: arrays that figures need, made with the final weights.
        weights: the weights of the net in Keras' order, if it is to be kept; else empty.
        engine: what has trained it.
    """

    epochs: list[int]
    history: dict[str, dict[str, list[float]]]
    metrics: Metrics
    best_epoch: int
    parameters: dict[str, int]
    fit_seconds: float
    artefacts: dict[str, np.ndarray]
    weights: list[np.ndarray] = field(default_factory=list)
    engine: Engine = ("", "")


class History(Protocol):
    """What a checkpoint saves of one run, or of runs that are trained together, and what progress reports show.

    Attributes:
        last_epoch: the epoch at which training ends.
        epochs: the epochs of the points so far, or the last two at which training could stop.
        monitor: the metric that decides the best epoch.
        point_seconds: time between the last two points at which training could stop [s].
        best_weights: the weights at the best point, unless they are part of the state itself.
    """

    last_epoch: int
    epochs: list[int]
    monitor: str
    point_seconds: float
    best_weights: list[np.ndarray]

    @property
    def done(self) -> int:
        """Return the epoch of the last point; 0 before the first."""

    @property
    def seconds(self) -> float:
        """Return the time in training and validation so far, over all attempts [s]."""

    @property
    def monitored(self) -> float:
        """Return the monitored metric at the last point."""

    def fields(self) -> dict[str, Any]:
        """Return everything but the best weights, for JSON."""

    def restore(self, fields: Mapping[str, Any], best_weights: Sequence[np.ndarray]) -> None:
        """Return to the point at which ``fields`` and the best weights were saved."""


class Record:
    """The history of a run so far, the epoch and weights at which its monitored metric was best, and its time."""

    def __init__(
        self,
        task: Task,
        last_epoch: int,
        untrained: float = math.nan,
        stopping: Stopping | None = None,
        depends: Callable[[], bool] = lambda: False,
    ) -> None:
        """Begin with the loss of the ``untrained`` net; NaN if it is unknown.

        ``depends`` returns whether more than the end of the run depends on ``last_epoch``.
        """
        self._depends = depends
        self.monitor, mode = task.monitor
        self.last_epoch = last_epoch
        self.untrained = untrained
        self.stopping = stopping
        self.epochs: list[int] = []
        self.history: dict[str, dict[str, list[float]]] = {}
        self.stopped = False
        self.best_epoch = 0
        self.best_weights: list[np.ndarray] = []
        self.seconds = self.point_seconds = 0.0
        self._best_score = -math.inf
        self._sign = 1.0 if mode == "max" else -1.0
        self._clock = time.perf_counter()

    @property
    def done(self) -> int:
        """Return the epoch of the last point; 0 before the first."""
        return self.epochs[-1] if self.epochs else 0

    @property
    def ended(self) -> bool:
        """Return whether the run ends here: at its last epoch, by early stopping, or because a callback stops it."""
        early = self.stopping is not None and self.stopping.due(self.epochs, [self._sign * v for v in self._watched()])
        return early or self.stopped or self.done >= self.last_epoch

    @property
    def monitored(self) -> float:
        """Return the monitored metric at the last point, on validation if there is such a part."""
        return self._watched()[-1]

    def logs(self, point: int) -> dict[str, float]:
        """Return a point of the history as Keras' callbacks see it."""
        return {
            f"{'val_' if part == 'validation' else ''}{metric}": values[point]
            for part, curves in self.history.items()
            for metric, values in curves.items()
        }

    def _watched(self) -> list[float]:
        curves = self.history.get("validation", self.history.get("train", {}))
        if self.epochs and self.monitor not in curves:
            raise InputError(
                f"the model does not report {self.monitor!r}, by which the best epoch is chosen "
                f"(it reports: {', '.join(curves)}); add it to the metrics that it compiles itself with"
            )
        return curves.get(self.monitor, [])

    def begin(self) -> None:
        """Start the clock of the next point."""
        self._clock = time.perf_counter()

    def add(
        self,
        epoch: int,
        logs: Mapping[str, Mapping[str, float]],
        get_weights: Callable[[], Any],
        seconds: float | None = None,
    ) -> None:
        """Add a point to the history, and keep the weights if the point is the best so far.

        ``seconds`` is the time that the point took; None: the time since ``begin``.

        Raises:
            DivergedError: a value is NaN or infinite, or the training loss has exploded.
            InputError: the model does not report the monitored metric.
        """
        self.point_seconds = time.perf_counter() - self._clock if seconds is None else seconds
        self.seconds += self.point_seconds
        self.epochs.append(epoch)
        for part, values in logs.items():
            for metric, value in values.items():
                self.history.setdefault(part, {}).setdefault(metric, []).append(float(value))
        self._check(epoch, logs)
        if self._sign * self.monitored > self._best_score:
            self._best_score, self.best_epoch = self._sign * self.monitored, epoch
            self.best_weights = list(get_weights())

    def fields(self) -> dict[str, Any]:
        """Return everything but the best weights, for JSON."""
        return {
            "epochs": self.epochs,
            "history": self.history,
            "best_epoch": self.best_epoch,
            "best_score": self._best_score,
            "stopped": self.stopped,
            "made_for": self.last_epoch if self._depends() else None,
            "seconds": self.seconds,
        }

    def restore(self, fields: Mapping[str, Any], best_weights: Sequence[np.ndarray]) -> None:
        """Return to the point at which ``fields`` and the best weights were saved."""
        self.epochs, self.history = fields["epochs"], fields["history"]
        self.best_epoch, self._best_score = fields["best_epoch"], fields["best_score"]
        self.seconds, self.best_weights = fields["seconds"], list(best_weights)
        self.stopped = fields["stopped"]

    def _check(self, epoch: int, logs: Mapping[str, Mapping[str, float]]) -> None:
        for part, values in logs.items():
            for metric, value in values.items():
                if not math.isfinite(value):
                    raise DivergedError(f"the {part} {metric} became {value} in epoch {epoch}: lower the learning rate")
        losses = self.history["train"].get("loss")
        if losses is None:
            return
        first = losses[0] if math.isnan(self.untrained) else self.untrained
        if losses[-1] - first > EXPLODED * max(abs(first), 1.0):
            raise DivergedError(
                f"the loss grew from {first:.3g} to {losses[-1]:.3g} by epoch {epoch}: lower the learning rate"
            )


def final_and_best(final: Metrics, best: Metrics) -> Metrics:
    """Return the metrics of the final epoch and, as ``best_*``, those of the best epoch."""
    return {
        part: values | {f"best_{name}": value for name, value in best[part].items()} for part, values in final.items()
    }
