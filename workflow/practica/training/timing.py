"""Time Keras nets against their hand-written NumPy twins: the same work, interleaved in one process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from practica import exercises
from practica.backend import Feed
from practica.exercises.problem import Arrays, Problem, Settings
from practica.training.batches import training_batches
from practica.training.block import builder, settings_of
from practica.training.by_hand import as_input
from practica.training.recipe import compile_model
from practica.training.seeds import epoch_order

if TYPE_CHECKING:
    from practica.config import Study

TWIN = "_numpy"
SAMPLES_A_TURN = 4000


def time_twins(study: Study, load: Callable[[str], Arrays], exercise: str = "ej02") -> dict[str, dict[str, Any]]:
    """Return, for each variant that has a twin, the seconds per epoch of both and their ratio.

    Each repetition times the Keras net, then its twin, on as many epochs; the first repetition pays for tracing and
    is not counted. ``speedup`` is the twin's time over the Keras net's: above 1 where Keras is faster.
    """
    module = exercises.load(exercise)
    timed = {}
    for variant in study.variants(exercise):
        if variant + TWIN not in study.variants(exercise):
            continue
        block = study.block(exercise, variant, (0,))
        settings = settings_of(block)
        problem = module.problem(load(block.dataset), settings, 0, None)
        net = builder(module, study.model(exercise, variant + TWIN))(settings)
        by_keras = builder(module, block.model)
        timed[variant] = _time_pair(by_keras, net, problem, settings, study.config["timing"]["repetitions"])
    return timed


def _time_pair(
    build: Callable[[Settings], keras.Model], net: Any, problem: Problem, settings: Settings, repetitions: int
) -> dict[str, Any]:
    epochs = math.ceil(SAMPLES_A_TURN / len(problem.train))
    turns = (_keras_turn(build, problem, settings, epochs), _numpy_turn(net, problem, settings, epochs))
    seconds = np.array([[_seconds(turn) / epochs for turn in turns] for _ in range(repetitions + 1)])[1:]
    return {
        "samples": len(problem.train),
        "epochs": epochs,
        "keras_seconds_per_epoch": _spread(seconds[:, 0]),
        "numpy_seconds_per_epoch": _spread(seconds[:, 1]),
        "speedup": _spread(seconds[:, 1] / seconds[:, 0]),
    }


def _keras_turn(
    build: Callable[[Settings], keras.Model], problem: Problem, settings: Settings, epochs: int
) -> Callable[[], None]:
    keras.utils.set_random_seed(0)
    model = build(settings)
    steps = math.ceil(len(problem.train) / settings.batch_size) * epochs
    compile_model(model, problem, settings, steps)
    batches = training_batches(Feed(problem.to_input), problem.train, settings.batch_size, 0, range(epochs))
    return lambda: model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)


def _numpy_turn(net: Any, problem: Problem, settings: Settings, epochs: int) -> Callable[[], None]:
    net.initialise(0)
    x, y = as_input(problem.train.x, problem), problem.train.y

    def turn() -> None:
        for epoch in range(epochs):
            net.train_epoch(x, y, epoch_order(0, epoch, len(x)), settings.batch_size)

    return turn


def _seconds(turn: Callable[[], None]) -> float:
    start = time.perf_counter()
    turn()
    return time.perf_counter() - start


def _spread(values: np.ndarray) -> Mapping[str, float]:
    """Return the median, the lowest and the highest."""
    low, median, high = (float(value) for value in np.quantile(values, [0, 0.5, 1]))
    return {"median": median, "low": low, "high": high}
