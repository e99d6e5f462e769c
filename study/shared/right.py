"""When a yes or no counts as right, where that is not the sign of the output."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from keras import ops

from practica.exercises.problem import Settings, Task


def with_threshold(task: Task, settings: Settings) -> Task:
    """Return a task in which targets are 0 or 1, and right is an output on the right side of ``right_above``.

    Without that setting it is the task as it was.
    """
    threshold = settings.get("right_above")
    if threshold is None:
        return task

    def accuracy(targets: Any, outputs: Any) -> Any:
        targets = ops.reshape(ops.cast(targets, outputs.dtype), ops.shape(outputs))
        right = ops.equal(ops.cast(outputs > threshold, outputs.dtype), targets)
        return ops.mean(ops.cast(right, "float32"), axis=-1)

    return replace(task, accuracy=None, metrics={"accuracy": accuracy})
