"""Store the data of all replicas of a stack: arrays that they share once, and for each replica its rows in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from practica.exercises.problem import Problem
from practica.seeds import Orders
from practica.training.batches import EVALUATION_BATCH

EVALUATED_AT_ONCE = 50_000
"""Most samples of all replicas together in one batch of an evaluation."""
EVALUATED_BYTES = 2**26
"""Most bytes of inputs and layers' outputs in one batch of an evaluation of all replicas."""


class Part(NamedTuple):
    """The rows of one part of the data.

    Attributes:
        rows: ``(replicas, most samples)``; a replica with fewer has meaningless rows at the end.
        counts: the number of samples of each replica.
    """

    rows: np.ndarray
    counts: tuple[int, ...]


class Store:
    """The stored arrays ``x`` and ``y``, and each replica's rows in them.

    Attributes:
        parts: the parts of the data, by name.
        weights: ``(n,)``, the weight of each stored target in the training loss; None: all are one.
        evaluation_batch: samples of each replica in one batch of an evaluation.
    """

    def __init__(self, problems: Sequence[Problem], weights: Sequence[np.ndarray | None], bytes_a_sample: int) -> None:
        rows, self.x, self.y, self.weights = _shared(problems, weights)
        self.parts = {name: _part(each) for name, each in rows.items()}
        most = min(EVALUATED_AT_ONCE, EVALUATED_BYTES // bytes_a_sample)
        self.evaluation_batch = min(EVALUATION_BATCH, max(1, most // len(problems)))
        self._orders = Orders()

    def release(self) -> None:
        """Free the arrays; what they look like is kept."""
        self.x = self.y = self.weights = None

    def order(self, seeds: Sequence[int], epoch: int) -> np.ndarray:
        """Return the rows ``(replicas, most samples)`` of the training part in the order of an epoch."""
        rows, counts = self.parts["train"]
        ordered = rows.copy()
        for own, stored, count, seed in zip(ordered, rows, counts, seeds, strict=True):
            stored.take(self._orders.draw(seed, epoch, count), out=own[:count])
        return ordered


def identity(*arrays: np.ndarray) -> tuple[Any, ...]:
    """Return what only the same arrays in memory have in common."""
    return tuple((array.ctypes.data, array.shape, array.strides, array.dtype.str) for array in arrays)


def _part(rows: Sequence[np.ndarray]) -> Part:
    counts = tuple(map(len, rows))
    filled = np.array([np.resize(own, max(counts)) for own in rows])
    return Part(filled, counts)


def _shared(
    problems: Sequence[Problem], weights: Sequence[np.ndarray | None]
) -> tuple[dict[str, list[np.ndarray]], Any, Any, Any]:
    """Return the rows of each part and replica, and the stored inputs, targets and weights."""
    offsets: dict[tuple[Any, ...], int] = {}
    stored: list[tuple[np.ndarray, ...]] = []
    rows: dict[str, list[np.ndarray]] = {name: [] for name in problems[0].parts()}
    end = 0
    for problem, own in zip(problems, weights, strict=True):
        for name, samples in problem.parts().items():
            arrays = [np.asarray(samples.inputs), np.asarray(samples.targets)]
            if own is not None:
                # Only the training part has weights, but parts may share their arrays with it.
                arrays.append(own if len(own) == len(arrays[1]) else np.ones(len(arrays[1]), np.float32))
            key = identity(*arrays)
            if key not in offsets:
                offsets[key] = end
                stored.append(tuple(arrays))
                end += len(arrays[1])
            rows[name].append((offsets[key] + samples.places()).astype(np.int32))
    x, y, *rest = (ops.convert_to_tensor(np.concatenate(each)) for each in zip(*stored, strict=True))
    return rows, x, y, rest[0] if rest else None
