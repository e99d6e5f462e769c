"""The records of runs that are trained together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from practica.errors import DivergedError
from practica.training.checkpoint import State
from practica.training.record import Metrics, Record


class Records:
    """The records of all replicas, which reach each point of their histories together.

    Attributes:
        lost: which replicas have diverged; empty unless the others go on.
    """

    def __init__(self, runs: Sequence[Record], names: Sequence[str], *, others_go_on: bool = False) -> None:
        self.runs = runs
        self.lost: set[int] = set()
        self._others_go_on = others_go_on
        self.monitor, self.last_epoch = runs[0].monitor, runs[0].last_epoch
        self.best_weights: State = []  # they are part of the stack's own state
        self.point_seconds = 0.0
        self.epochs: list[int] = []
        self._names = names

    @property
    def done(self) -> int:
        """Return the epoch of the last point; 0 before the first."""
        return max(record.done for record in self.runs)

    @property
    def seconds(self) -> float:
        """Return the time in training and validation so far, over all attempts [s]."""
        return sum(record.seconds for record in self.runs)

    @property
    def monitored(self) -> float:
        """Return the monitored metric at the last point, on average over the runs that go on."""
        return float(np.mean([record.monitored for place, record in enumerate(self.runs) if place not in self.lost]))

    def add(self, epochs: Sequence[int], logs: dict[tuple[str, str], np.ndarray], seconds: float) -> None:
        """Add the points of one call to the records; ``logs`` has values ``(points, replicas)`` by part and metric.

        Raises:
            DivergedError: a value is NaN or infinite, or a training loss has exploded; unless the others go on.
            InputError: the model does not report the monitored metric.
        """
        share = seconds / len(epochs) / len(self.runs)
        for name, place, record in zip(self._names, range(len(self.runs)), self.runs, strict=True):
            for point, epoch in enumerate(epochs):
                if place in self.lost:
                    break
                points: Metrics = {}
                for (part, metric), values in logs.items():
                    points.setdefault(part, {})[metric] = float(values[point, place])
                try:
                    record.add(epoch, points, list, share)
                except DivergedError as error:
                    if not self._others_go_on:
                        raise DivergedError(f"{name}: {error}") from error
                    self.lost.add(place)
        self.point_seconds = seconds
        self.epochs = [*self.epochs, epochs[-1]][-2:]

    def fields(self) -> dict[str, Any]:
        """Return all records, for JSON."""
        return {"runs": [record.fields() for record in self.runs], "lost": sorted(self.lost)}

    def restore(self, fields: Mapping[str, Any], best_weights: Sequence[np.ndarray]) -> None:
        """Return to the point at which ``fields`` were saved."""
        for record, run_fields in zip(self.runs, fields["runs"], strict=True):
            record.restore(run_fields, [])
        self.lost = set(fields["lost"])
