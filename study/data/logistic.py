"""The logistic map x(t) = 4 x(t-1) (1 - x(t-1)): a chaotic trajectory in [0, 1]."""

from __future__ import annotations

import numpy as np

from practica.data.store.spec import Arrays, Computed

START = 0.3
LENGTH = 20_000


def compute() -> Arrays:
    """Return the trajectory ``x`` ``(20000,)``, float64.

    In floating point every trajectory ends in a cycle, some in 0; all points of this one are different. The order of
    the products decides the last bit, and with it, some fifty steps later, the first.
    """
    x = np.empty(LENGTH)
    value = START
    for t in range(LENGTH):
        x[t] = value
        value = 4.0 * value * (1.0 - value)
    return {"x": x}


DATASET = Computed(
    name="logistic",
    fingerprint="79f52708a3321bca4e78d44904d39bc396000115f2b43da237070736fca94baa",
    rule=f"x(t) = 4 x(t-1) (1 - x(t-1)), x(0) = {START}",
    compute=compute,
)
