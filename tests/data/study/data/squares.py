"""The squares of the first numbers: computed."""

from __future__ import annotations

import numpy as np

from practica.data.store.spec import Arrays, Computed, fingerprint


def compute() -> Arrays:
    """Return ``x`` ``(9,)``, int64."""
    return {"x": np.arange(9, dtype=np.int64) ** 2}


DATASET = Computed("squares", fingerprint(compute()), rule="x(n) = n n", compute=compute)
