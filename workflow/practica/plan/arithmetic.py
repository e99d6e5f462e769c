"""The arithmetic of a training step, from the layers of a described model, and the speed of this machine."""

from __future__ import annotations

import ast
import math
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

FLOP_A_WEIGHT = 6
"""For each weight and place where it is used: a product and a sum forward, twice as much back."""


def flop_a_sample(model: Mapping[str, Any]) -> float | None:
    """Return the arithmetic of a training step on one sample, from the layers of a described model."""
    if "layers" not in model:
        return None
    return float(FLOP_A_WEIGHT * sum(layer["parameters"] * _places(layer) for layer in model["layers"]))


def _places(layer: Mapping[str, Any]) -> int:
    """Return at how many places of its output a layer uses its weights: for convolutions, all but batch and channel."""
    if layer["type"] in ("NumPy", "Embedding"):
        return int(layer["type"] == "NumPy")
    try:
        shape = ast.literal_eval(layer["output_shape"])
    except (ValueError, SyntaxError):
        return 1
    return math.prod(size for size in shape[1:-1] if isinstance(size, int))


@cache
def speed() -> float:
    """Return this machine's FLOP/s in a matrix product, with as many threads as NumPy uses."""
    matrix = np.ones((768, 768), np.float32)
    best = math.inf
    for _ in range(3):
        begin = time.perf_counter()
        matrix @ matrix
        best = min(best, time.perf_counter() - begin)
    return 2 * len(matrix) ** 3 / best
