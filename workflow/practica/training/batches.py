"""Feed samples in an order that depends on seed and epoch alone.

``fit(arrays, shuffle=True)`` repeats one permutation in every epoch once the global seed is set, and an order that
depends on earlier epochs could not be resumed exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from practica.exercises.problem import Samples
from practica.feed import Feed
from practica.seeds import epoch_order

EVALUATION_BATCH = 500


def training_batches(
    feed: Feed, samples: Samples, batch_size: int, seed: int, epochs: range, weights: np.ndarray | None = None
) -> Any:
    """Return the batches of all ``epochs``, one after another; the last batch of an epoch may be smaller.

    ``weights`` ``(n,)`` holds the weight of each stored target in the loss; every batch brings its own. None: no
    weights.
    """
    places = samples.places()

    def orders() -> Iterator[np.ndarray]:
        for epoch in epochs:
            yield places[epoch_order(seed, epoch, len(samples))]

    targets = (samples.targets,) if weights is None else (samples.targets, weights)
    return feed.stream(samples.inputs, targets, orders, len(samples), batch_size)


def evaluation_batches(feed: Feed, samples: Samples) -> Any:
    """Return the batches of one pass in the samples' own order."""
    return feed.once(samples.inputs, (samples.targets,), samples.places(), EVALUATION_BATCH)
