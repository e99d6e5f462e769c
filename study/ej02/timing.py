"""Time the Keras nets against their twins written by hand in NumPy: the same work, interleaved in one process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import keras

from practica import exercises
from practica.exercises.problem import Arrays, Problem, Settings
from practica.feed import Feed
from practica.seeds import epoch_order
from practica.training.batches import training_batches
from practica.training.block import builder, settings_of
from practica.training.by_hand import as_input
from practica.training.recipe import compile_model

if TYPE_CHECKING:
    from practica.config.study import Study

METRIC = "ms_per_epoch"
SAMPLES_A_TURN = 4000


def measure(study: Study, load: Callable[[str], Arrays]) -> Iterator[tuple[str, int, float]]:
    """Time every variant that has a twin by hand, and its twin: yield variant, repetition and milliseconds per epoch.

    Each repetition times the Keras net, then its twin, on as many epochs; the first repetition pays for tracing and
    is not counted. So two times of one repetition make a pair.
    """
    module = exercises.load("ej02")
    for twin, variant in study.twins("ej02").items():
        block = study.block("ej02", variant, (0,))
        settings = settings_of(block)
        problem = module.problem(load(block.dataset), settings, 0, None)
        net = builder(module, study.model("ej02", twin))(settings)
        epochs = math.ceil(SAMPLES_A_TURN / len(problem.train))
        by_keras = _keras_turn(builder(module, block.model), problem, settings, epochs)
        turns = {variant: by_keras, twin: _numpy_turn(net, problem, settings, epochs)}
        for repetition in range(-1, study.config["timing"]["repetitions"]):
            for name, turn in turns.items():
                seconds = _seconds(turn)
                if repetition >= 0:
                    yield name, repetition, 1000 * seconds / epochs


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
