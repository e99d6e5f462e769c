"""The learning-rate schedule that Keras lacks."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("practica")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Rise to the full rate and fall to almost nothing, each along half a cosine (Smith and Topin, 2018).

    Args:
        initial_learning_rate: the highest rate.
        decay_steps: the steps of the whole cycle.
        warmup: the share of these steps in which the rate rises.
        start: the rate at the start, as a share of the highest.
        end: the rate at the end, as a share of the highest.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        warmup: float = 0.3,
        start: float = 0.04,
        end: float = 0.0001,
    ) -> None:
        super().__init__()
        self._config = {
            "initial_learning_rate": initial_learning_rate,
            "decay_steps": decay_steps,
            "warmup": warmup,
            "start": start,
            "end": end,
        }

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step."""
        config = self._config
        share = ops.minimum(ops.cast(step, "float32") / config["decay_steps"], 1.0)
        rise, top = config["warmup"], config["initial_learning_rate"]
        up = _half_cosine(config["start"], 1.0, share / max(rise, 1e-9))
        down = _half_cosine(1.0, config["end"], (share - rise) / max(1.0 - rise, 1e-9))
        return top * ops.where(share < rise, up, down)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return dict(self._config)


def _half_cosine(start: float, end: float, share: Any) -> Any:
    return end + (start - end) * (1.0 + ops.cos(math.pi * ops.clip(share, 0.0, 1.0))) / 2.0
