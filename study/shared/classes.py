"""Which classes a net takes for which, counted on test data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from practica.exercises.problem import Samples


def confusion_of(test: Samples, classes: int) -> Callable[[Callable[[Any], np.ndarray]], dict[str, np.ndarray]]:
    """Return the artefacts ``confusion``, ``(classes, classes)``: test samples by class and by what is predicted."""

    def artefacts(predict: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (np.ravel(test.y), predict(test.x).argmax(axis=-1)), 1)
        return {"confusion": counts}

    return artefacts
