"""Train a net written by hand in NumPy, with the same order of batches and the same measurements as a Keras one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from practica.errors import RunError
from practica.exercises.problem import Problem, Settings
from practica.training.batches import epoch_order
from practica.training.fit import Best, Metrics, Outcome, final_and_best, log_interval


def fit(build: Callable[[Settings], Any], problem: Problem, settings: Settings, seed: int) -> Outcome:
    """Build the net with ``seed`` and train it on ``problem`` for ``settings.epochs`` epochs.

    Raises:
        RunError: the loss is NaN or infinite.
    """
    net = build(settings)
    net.initialise(seed)
    parts = {name: (as_input(samples.x, problem), samples.y) for name, samples in problem.parts().items()}
    best = Best(problem.task, net.get_weights)
    log_every = log_interval(settings)
    epochs: list[int] = []
    history: dict[str, dict[str, list[float]]] = {}
    start = time.perf_counter()
    for epoch in range(settings.epochs):
        order = epoch_order(seed, epoch, len(problem.train))
        logs = {"train": net.train_epoch(*parts["train"], order, settings.batch_size)}
        if not math.isfinite(logs["train"]["loss"]):
            raise RunError(f"the loss became {logs['train']['loss']} in epoch {epoch + 1}: lower the learning rate")
        if (epoch + 1) % log_every:
            continue
        if "validation" in parts:
            logs["validation"] = net.evaluate(*parts["validation"])
        epochs.append(epoch + 1)
        for part, values in logs.items():
            for metric, value in values.items():
                history.setdefault(part, {}).setdefault(metric, []).append(float(value))
        best.see(epoch + 1, logs.get("validation", logs["train"])[best.name])
    seconds = time.perf_counter() - start

    def measure() -> Metrics:
        return {part: {k: float(v) for k, v in net.evaluate(*xy).items()} for part, xy in parts.items()}

    total = sum(values.size for values in net.parameters().values())
    return Outcome(
        epochs=epochs,
        history=history,
        metrics=final_and_best(measure, net, best, settings.epochs),
        best_epoch=best.epoch,
        predict=lambda x: net.predict(as_input(x, problem)),
        parameters={"total": total, "trainable": total, "non_trainable": 0},
        fit_seconds=seconds,
    )


def as_input(x: Any, problem: Problem) -> np.ndarray:
    """Return the network's inputs for all of ``x`` at once, in float32."""
    return np.asarray(problem.to_input(x) if problem.to_input else x, dtype=np.float32)
