"""Feed samples in an order that is a function of seed and epoch alone.

``fit(arrays, shuffle=True)`` repeats one permutation in every epoch once the global seed is set, and an order that
depends on what ran before could not be resumed exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from practica.backend import Feed
from practica.exercises.problem import Samples

EVALUATION_BATCH = 500


class Orders:
    """Draw orders of samples, each a function of seed and epoch alone.

    One generator serves them all: to make one takes longer than to shuffle a small data set.
    """

    def __init__(self) -> None:
        self._bits = np.random.Philox(key=0)
        self._generator = np.random.Generator(self._bits)
        self._fresh: Any = self._bits.state

    def draw(self, seed: int, epoch: int, count: int) -> np.ndarray:
        """Return the order ``(count,)`` in which the samples are seen in ``epoch`` (the first is 0)."""
        self._fresh["state"]["key"][:] = seed, epoch  # Philox is made for this: each key has a stream of its own
        self._bits.state = self._fresh
        return self._generator.permutation(count)


def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """Return the order ``(count,)`` in which the samples are seen in ``epoch`` (the first is 0)."""
    return Orders().draw(seed, epoch, count)


def training_batches(feed: Feed, samples: Samples, batch_size: int, seed: int, epochs: range) -> Any:
    """Return the batches of all ``epochs``, one after another; the last batch of an epoch may be smaller."""
    places = samples.places()

    def orders() -> Iterator[np.ndarray]:
        for epoch in epochs:
            yield places[epoch_order(seed, epoch, len(samples))]

    return feed.stream(samples.inputs, samples.targets, orders, len(samples), batch_size)


def evaluation_batches(feed: Feed, samples: Samples) -> Any:
    """Return the batches of one pass in the samples' own order."""
    return feed.once(samples.inputs, samples.targets, samples.places(), EVALUATION_BATCH)
