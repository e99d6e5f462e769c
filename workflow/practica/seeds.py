"""Every random number of a run: each use has a stream of its own, a function of only its name and the run."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np


def stream(use: str, *numbers: int) -> np.random.Generator:
    """Return the generator of one ``use`` (``weights``, ``split``...) and of the numbers that distinguish its runs.

    A digest seeds it, because NumPy ignores zeros at the end of a list of seeds: ``[s]`` and ``[s, 0]`` are one
    generator.
    """
    digest = hashlib.sha256(json.dumps([use, *map(int, numbers)]).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def run_seed(seed: int, fold: int | None) -> int:
    """Return the seed of weights and batches; the folds of one seed are separate trainings."""
    return seed if fold is None else int(stream("fold", seed, fold).integers(2**31))


def weight_seed(seed: int, place: int) -> int:
    """Return the seed of the initializer of the weight at ``place``."""
    return int(stream("weights", seed, place).integers(2**31))


def random_states(seed: int, point: int, count: int) -> np.ndarray:
    """Return the states ``(count, 2)`` of a net's random layers at the start of a point of the history."""
    states = [stream("layers", seed, point, place).integers(2**31, size=2) for place in range(count)]
    return np.array(states, np.uint32).reshape(count, 2)


def callback_seed(seed: int, epoch: int) -> int:
    """Return the seed of Python's and NumPy's random numbers after an epoch, for callbacks that use them."""
    return int(stream("callbacks", seed, epoch).integers(2**31))


class Orders:
    """Draw orders of samples, each a function of only seed and epoch.

    One generator serves them all, because creating one takes longer than shuffling a small data set. Nothing else uses
    Philox, so its streams are only those of orders.
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
