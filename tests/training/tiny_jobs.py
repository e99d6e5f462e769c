"""Tiny blocks of the toy and of a made-up exercise, and jobs on them in processes that can be killed at any moment.

The processes are forked from one that has imported TensorFlow, so that each costs a second or two.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from practica.config.study import Block
from practica.study_folder import use
from toy import TOY
from training import made_up as made_up_exercise

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["practica.training.block", "practica.data", "training.made_up"])

TRAINING = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 20}
OFFICIAL = {**TRAINING, "validation_fraction": 0.25, "train_samples": 120, "test_samples": 40}
WORDS = {"words": 40, "embedding_dim": 4, "dropout": 0.3}
MOONS = {"units": [4], "l2": 0.01, "correct_zeros": True}
ALTERED = {"shift": 0.1, "rotation": 0.03, "dropout": 0.3}
FEW = {
    **MOONS,
    "validation_fraction": 0.98,
    "batch_size": 3,
    "learning_rate": 0.03,
    "optimizer": "sgd",
    "momentum": 0.9,
}


def made_up(model: str, seeds: tuple[int, ...] = (0,), **settings: Any) -> Block:
    """Return a block of the made-up exercise."""
    return Block(made_up_exercise.NAME, model, seeds, model, "walks", {**OFFICIAL, **settings})


def few(model: str, seeds: tuple[int, ...] = (0,), **settings: Any) -> Block:
    """Return a block on four points of the moons."""
    return Block("moons", model, seeds, model, "crescents", {**FEW, **settings})


BLOCKS = {
    "several seeds": made_up("normalised", (0, 1), epochs=4, bn_momentum=0.9),
    "several waves": made_up("normalised", (0, 1, 2, 3, 4), epochs=3, bn_momentum=0.9),
    "dropout": made_up("words", **WORDS, epochs=6),
    "folds": Block("moons", "dense", (3,), "dense", "crescents", {**TRAINING, **MOONS, "folds": 2, "epochs": 4}),
    "augmentation": made_up("images", **ALTERED, epochs=6),
    "by hand": few("dense_numpy", (0, 1), epochs=20, log_every=2),
    "points apart": few("dense", epochs=30, log_every=3),
}
LONG = few("dense_numpy", epochs=60)  # in jobs with a pause in every epoch
ONE_CALL = few("dense", epochs=400000, log_every=400000)  # a minute in one call of TensorFlow


def train(
    block: Block,
    data: Path,
    results: Path,
    *,
    kill_at: int = 0,
    kill_in: int = 0,
    pause: float = 0.0,
    minutes: float | None = None,
    log: Path | None = None,
) -> None:
    """Run the job with a checkpoint at every point.

    It kills its own process at the ``kill_at``-th event or at the start of epoch ``kill_in``, unless they are 0;
    ``kill_in`` and ``pause`` (seconds in every epoch) are for nets written by hand. Stacks are trained in waves of
    two runs.
    """
    from practica import exercises
    from practica.jobs import attempt
    from practica.jobs.job import run_job
    from practica.training import by_hand, waves

    use(TOY)
    waves.WAVE_BYTES = 1  # two runs
    load = exercises.load
    exercises.load = lambda exercise: made_up_exercise if exercise == made_up_exercise.NAME else load(exercise)
    attempt.GRACE = 0.5
    if log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream.fileno())
    if kill_at:
        count_down(kill_at)
    order = by_hand.epoch_order

    def slow_order(seed: int, epoch: int, count: int) -> Any:
        if epoch + 1 == kill_in:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(pause)
        return order(seed, epoch, count)

    by_hand.epoch_order = slow_order
    run_job(block, "code", data, results, 1, 0, minutes, 0.0)


def count_down(events: int) -> None:
    """Kill this process when it requests the batches of an epoch, or is about to flush or rename a file."""
    from practica.training import batches, by_hand

    left = [events]

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args)

        return wrapper

    for owner, name in ((os, "fsync"), (Path, "replace"), (batches, "epoch_order"), (by_hand, "epoch_order")):
        setattr(owner, name, counted(getattr(owner, name)))


def start(*args: Any, **options: Any) -> Any:
    """Start a job in a process of its own."""
    process = CONTEXT.Process(target=train, args=args, kwargs=options)
    process.start()
    return process


def run(*args: Any, **options: Any) -> int:
    """Run a job in a process of its own, and return its exit code."""
    process = start(*args, **options)
    process.join(300)
    return process.exitcode


def runs(block: Block, results: Path) -> list[Any]:
    """Return the text of the runs in ``metrics.json`` and ``history.json``: equal texts are equal bits."""
    files = [block.folder(results) / f"{name}.json" for name in ("metrics", "history")]
    return [json.dumps(json.loads(file.read_text())["runs"]) for file in files]
