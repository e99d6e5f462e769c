"""Tiny blocks of several exercises, and jobs on them in processes that can be killed at any moment.

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

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["practica.training.block", "practica.data", "study.ej10.experiment"])

TRAINING = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 20}
OFFICIAL = {**TRAINING, "validation_fraction": 0.25, "train_samples": 120, "test_samples": 40}
WORDS = {"words": 200, "review_length": 20, "embedding_dim": 4, "l2": 0.001, "dropout": 0.3}
FOLDS = {"folds": 2, "units": [4], "l2": 0.01, "bn_momentum": 0.9, "correct_zeros": True}
ALTERED = {"flip": True, "shift": 0.1, "rotation": 0.03, "dropout": 0.3}
XOR = {"batch_size": 3, "learning_rate": 0.03}


def xor(variant: str, seeds: tuple[int, ...] = (0,), **settings: Any) -> Block:
    """Return a block on the four points of XOR."""
    return Block("ej02", variant, seeds, variant, "xor", {**XOR, **settings})


BLOCKS = {
    "several seeds": Block("ej08", "dense", (0, 1), "dense", "mnist", {**OFFICIAL, "epochs": 4, "bn_momentum": 0.9}),
    "dropout": Block("ej04", "dense", (0,), "dense", "imdb", {**OFFICIAL, **WORDS, "epochs": 6}),
    "folds": Block("ej06", "dense", (3,), "dense", "pima", {**TRAINING, **FOLDS, "epochs": 4}),
    "augmentation": Block("ej90", "small", (0,), "small", "mnist", {**OFFICIAL, **ALTERED, "epochs": 6}),
    "by hand": xor("xor_concat_numpy", (0, 1), epochs=20, log_every=2, optimizer="adam"),
    "points apart": xor("xor_221", epochs=30, log_every=3, optimizer="sgd", momentum=0.9),
}
EXERCISES = ("ej02/xor_221", "ej04/dense", "ej06/raw", "ej08/dense", "ej10/alexnet")
"""What these jobs train, or take parts of."""
LONG = xor("xor_221_numpy", epochs=60, optimizer="sgd", momentum=0.9)  # in jobs with a pause in every epoch
ONE_CALL = xor("xor_221", epochs=400000, log_every=400000, optimizer="sgd")  # a minute in one call of TensorFlow


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
    ``kill_in`` and ``pause`` (seconds in every epoch) are for nets written by hand.
    """
    import augmented

    from practica import exercises
    from practica.jobs import attempt
    from practica.jobs.job import run_job
    from practica.training import by_hand

    load = exercises.load
    exercises.load = lambda exercise: augmented if exercise == "ej90" else load(exercise)
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
