"""Train many runs of one small net together, as replicas in one graph, each as if it were alone.

Every run keeps its own first weights, order of batches, Dropout draws, BatchNormalization statistics, best epoch and
metrics; only the arithmetic is shared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from practica.errors import DivergedError
from practica.exercises.problem import Problem, Settings
from practica.training.checkpoint import Checkpoint, State
from practica.training.fit import count_parameters
from practica.training.loop import Loop, weight_places
from practica.training.record import Metrics, Outcome, Record, final_and_best

CALL_SECONDS = 1.0
"""Time that one call of the compiled loop should take: short enough for signals and checkpoints to be in time."""


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
        """Return the time in training and validation so far, over all attempts."""
        return sum(record.seconds for record in self.runs)

    @property
    def monitored(self) -> float:
        """Return the monitored metric at the last point, on average over the runs."""
        return float(np.mean([record.monitored for record in self.runs]))

    def add(self, epochs: Sequence[int], logs: dict[tuple[str, str], np.ndarray], seconds: float) -> None:
        """Take down the points of one call: for each part and metric the values ``(points, replicas)``.

        Raises:
            DivergedError: a run's loss is NaN, infinite or far beyond where it began.
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
        """Go back to the point at which ``fields`` were taken."""
        for record, saved in zip(self.runs, fields["runs"], strict=True):
            record.restore(saved, [])


def fit(
    build: Callable[[Settings], keras.Model],
    problems: Sequence[Problem],
    settings: Settings,
    seeds: Sequence[int],
    names: Sequence[str],
    checkpoint: Checkpoint,
) -> list[Outcome]:
    """Train one replica with each of ``seeds`` on its problem, and return what came of each.

    ``names`` are what an error calls the runs.

    Raises:
        DivergedError: a run's loss is no longer a number, or far beyond where it began.
        StoppedError: the runs have to stop before their end.
    """
    keras.config.set_dtype_policy("float32")
    net = build(settings)
    loop = Loop(net, problems, settings, seeds)
    records = Records([Record(problems[0].task, settings.epochs) for _ in seeds], names)
    checkpoint.resume(records, loop.set_state)
    left = (settings.epochs - records.done) // loop.per_point
    capacity = loop.capacity(left)
    points = 1
    while left:
        first, points = records.done // loop.per_point, min(points, left, capacity)
        begin = time.perf_counter()
        logs = loop.advance(first, points, capacity)
        seconds = time.perf_counter() - begin
        records.add([(first + point + 1) * loop.per_point for point in range(points)], logs, seconds)
        checkpoint.reached(records, loop.get_state)
        left -= points
        # A checkpoint at every point wants every point in a call of its own.
        points = max(1, int(CALL_SECONDS / seconds * points)) if checkpoint.every else 1
    return _outcomes(loop, net, problems, records.runs)


def _outcomes(loop: Loop, net: keras.Model, problems: Sequence[Problem], records: Sequence[Record]) -> list[Outcome]:
    final, best = (_measure(loop, problems, loop.weights(best=best)) for best in (False, True))
    weights = [ops.convert_to_numpy(weight) for weight in loop.weights()]
    parameters = count_parameters(net)
    order = np.argsort([place for places in weight_places(net) for place in places])

    def predict(replica: int, x: Any) -> np.ndarray:
        net.set_weights([weights[place][replica] for place in order])
        return _predict(net, x, problems[replica])

    return [
        Outcome(
            epochs=record.epochs,
            history=record.history,
            metrics=final_and_best(final[r], best[r]),
            best_epoch=record.best_epoch,
            parameters=parameters,
            fit_seconds=record.seconds,
            artefacts=problem.artefacts(partial(predict, r)),
        )
        for r, (problem, record) in enumerate(zip(problems, records, strict=True))
    ]


def _measure(loop: Loop, problems: Sequence[Problem], weights: Sequence[Any]) -> list[Metrics]:
    """Return each replica's metrics on every part."""
    measured: list[Metrics] = [{} for _ in problems]
    for name, part in loop.store.parts.items():
        for metrics, values in zip(measured, loop.evaluate(part, weights), strict=True):
            metrics[name] = values
        if problems[0].measure:
            outputs = loop.predict(part, weights)
            for metrics, problem, predicted in zip(measured, problems, outputs, strict=True):
                samples = problem.parts()[name]
                metrics[name] |= problem.measure(name, samples.x, samples.y, predicted)  # type: ignore[misc]
    return measured


def _predict(net: keras.Model, x: Any, problem: Problem) -> np.ndarray:
    inputs = problem.to_input(x) if problem.to_input else ops.cast(x, "float32")
    return np.asarray(ops.convert_to_numpy(net(inputs, training=False)), dtype=np.float32)
