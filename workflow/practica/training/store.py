"""Lay out the data of all replicas of a stack: what they share is stored once, and each has its own rows of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from practica.exercises.problem import Problem, Samples
from practica.training.batches import EVALUATION_BATCH, Orders

EVALUATED_AT_ONCE = 50_000
"""Samples of all replicas together in one batch of an evaluation."""


class Part(NamedTuple):
    """One part of the data of all replicas; a tuple, as which a compiled function takes it.

    Attributes:
        places: ``(steps, replicas, batch)``, rows of the stored arrays.
        mask: ``(steps, replicas, batch)``, 0 where a place only fills up a batch; None where there are none.
        counts: ``(replicas,)``, each replica's samples.
    """

    places: np.ndarray
    mask: np.ndarray | None
    counts: np.ndarray


class Store:
    """The stored arrays ``x`` and ``y`` and the parts of the data in them."""

    def __init__(self, problems: Sequence[Problem], batch_size: int) -> None:
        rows, self.x, self.y = _shared([problem.parts() for problem in problems])
        self._rows = rows["train"]
        batch = min(EVALUATION_BATCH, max(1, EVALUATED_AT_ONCE // len(problems)))
        self.parts = {name: _part(places, batch) for name, places in rows.items()}
        self.train = _part(self._rows, batch_size)
        self.validation = self.parts.get("validation")
        self._orders = Orders()

    def order(self, seeds: Sequence[int], epoch: int, *, any_order: bool) -> np.ndarray:
        """Return the rows ``(steps, replicas, batch)`` of all replicas' batches in an epoch.

        ``any_order``: a batch of all samples need not be shuffled, for it is only summed up.
        """
        if any_order and len(self.train.places) == 1:
            return self.train.places
        steps, replicas, batch = self.train.places.shape
        # What only fills up a batch stays as it is.
        filled = np.ascontiguousarray(self.train.places.swapaxes(0, 1)).reshape(replicas, -1)
        for own, rows, seed in zip(filled, self._rows, seeds, strict=True):
            rows.take(self._orders.draw(seed, epoch, len(rows)), out=own[: len(rows)])
        return filled.reshape(replicas, steps, batch).swapaxes(0, 1)


def steps_of(samples: Samples, batch_size: int) -> int:
    """Return the steps of an epoch."""
    return -(-len(samples) // batch_size)


def _shared(parts: Sequence[dict[str, Samples]]) -> tuple[dict[str, list[np.ndarray]], Any, Any]:
    """Return the rows of each part and replica, and the inputs and targets that they are rows of."""
    offsets: dict[tuple[Any, ...], int] = {}
    inputs, targets = [], []
    rows: dict[str, list[np.ndarray]] = {name: [] for name in parts[0]}
    end = 0
    for replica in parts:
        for name, samples in replica.items():
            x, y = np.asarray(samples.inputs), np.asarray(samples.targets)
            key = tuple((a.ctypes.data, a.shape, a.strides, a.dtype.str) for a in (x, y))
            if key not in offsets:
                offsets[key] = end
                inputs.append(x)
                targets.append(y)
                end += len(y)
            rows[name].append((offsets[key] + samples.places()).astype(np.int32))
    return rows, ops.convert_to_tensor(np.concatenate(inputs)), ops.convert_to_tensor(np.concatenate(targets))


def _part(rows: Sequence[np.ndarray], batch: int) -> Part:
    counts = np.array([len(own) for own in rows])
    steps = -(-int(counts.max()) // batch)
    # A batch larger than the part would be filling only.
    batch = min(batch, int(counts.max()))
    places = np.repeat(np.array([own[:1] for own in rows]), steps * batch, axis=1)
    mask = np.zeros(places.shape, np.float32)
    for replica, own in enumerate(rows):
        places[replica, : len(own)], mask[replica, : len(own)] = own, 1.0
    by_step = (len(rows), steps, batch)
    full = bool(mask.all())
    return Part(places.reshape(by_step).swapaxes(0, 1), None if full else mask.reshape(by_step).swapaxes(0, 1), counts)
