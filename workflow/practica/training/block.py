"""Train every run of a block, seed by seed and fold by fold or all at once, and write its files."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from practica import exercises
from practica.errors import DivergedError, InputError, RunError, in_one_line
from practica.exercises.problem import Arrays, Problem, Settings
from practica.files import say
from practica.startup import uncollected
from practica.training import by_hand, stack
from practica.training.checkpoint import Checkpoints
from practica.training.fit import Trainer, example, precision
from practica.training.kept_models import save_models
from practica.training.provenance import describe, peak_memory_mb
from practica.training.record import Engine, Outcome
from practica.training.results import Run, write_results
from practica.training.runs import STACKED, Name, called, run_seed, train_in_waves

if TYPE_CHECKING:
    from practica.config.study import Block

BY_HAND = ("numpy", "the net is written by hand")
"""The engine of nets that are trained without Keras, and the reason for it."""


def train_block(
    block: Block, arrays: Arrays, data: dict[str, Any], threads: int, folder: Path, checkpoints: Checkpoints
) -> None:
    """Train the block's runs and write ``metrics.json``, ``history.json``, ``manifest.json`` and ``arrays.npz``.

    Args:
        block: what to train.
        arrays: the data set's arrays.
        data: name, fingerprint, origin and stand-in flag of the data, for the provenance.
        threads: CPU threads that the backend uses.
        folder: where to write the files.
        checkpoints: the states from which runs continue, and the outcomes of finished runs.

    Raises:
        DivergedError: a recorded value is NaN or infinite, or a training loss has exploded, now or in an earlier
            attempt.
        InputError: the settings do not fit the data or the net.
        StoppedError: a run must stop before its end.
    """
    checkpoints.check()
    begin = time.perf_counter()
    provenance = describe(threads, data)
    settings = settings_of(block)
    with uncollected():
        exercise = exercises.load(block.exercise)
    build = builder(exercise, block.model)
    runs: list[Run] = []
    artefacts: dict[str, np.ndarray] = {}
    try:
        engine, reason, outcomes = _train(block, build, settings, arrays, checkpoints)
        folder.mkdir(parents=True, exist_ok=True)
        for (seed, fold), outcome in outcomes:
            runs.append((seed, fold, outcome))
            name = checkpoints.of(seed, fold).name
            artefacts |= {f"{name}/{key}": array for key, array in outcome.artefacts.items()}
    except RunError as error:
        verdict = f"{block.id}, {error}"
        if isinstance(error, DivergedError):
            checkpoints.condemn(verdict)
        raise type(error)(verdict) from error
    provenance |= {
        "engine": engine,
        "engine_reason": reason,
        "precision": precision(settings),
        "wall_seconds": round(time.perf_counter() - begin, 3),
        "resumed_seconds": round(sum(checkpoints.resumed), 3),
        "fit_seconds": round(sum(outcome.fit_seconds for _, _, outcome in runs), 3),
        "peak_memory_mb": peak_memory_mb(),
        "model_parameters": runs[-1][2].parameters,
    }
    first = runs[0][:2]
    models = save_models(build, settings, runs, folder, lambda: example(problem_of(block, arrays, settings, first)))
    write_results(block, runs, artefacts, provenance, folder, models)


def settings_of(block: Block) -> Settings:
    """Return the block's settings, including the name of its data set as ``dataset``."""
    return Settings(
        {**block.settings, "dataset": block.dataset}, f"exercises.{block.exercise}.variants.{block.variant}"
    )


def builder(exercise: Any, name: str) -> Any:
    """Return the exercise's function that builds the model ``name``.

    Raises:
        InputError: there is no such function.
    """
    function = getattr(exercise, name, None)
    if function is None:
        raise InputError(f"{exercise.__name__} has no model {name!r}")
    return function


def is_by_hand(block: Block) -> bool:
    """Return whether the block's net is written by hand, and trained without Keras."""
    return block.model in exercises.by_hand(block.exercise)


def _train(
    block: Block, build: Any, settings: Settings, arrays: Arrays, checkpoints: Checkpoints
) -> tuple[str, str, Iterable[tuple[Name, Outcome]]]:
    """Return the engine that trains the block, the reason for it, and the outcomes.

    The engine is ``numpy`` (a net written by hand), ``stack`` (runs together in one graph) or ``fit`` (run by run).
    """
    arguments = (block, build, settings, arrays, checkpoints)
    if is_by_hand(block):
        return *BY_HAND, _one_by_one(*arguments, BY_HAND)
    finished = {name: checkpoints.of(*name).finished() for name in names_of(block)}
    if all(finished.values()):
        outcomes = {name: outcome for name, outcome in finished.items() if outcome}
        return *next(iter(outcomes.values())).engine, outcomes.items()
    try:
        return *STACKED, _together(*arguments).items()
    except stack.NotStackable as reason:
        say(f"{block.id}: trained run by run: {reason}")
        engine = ("fit", str(reason))
        return *engine, _one_by_one(*arguments, engine)


def names_of(block: Block) -> Iterator[Name]:
    """Yield the names of the block's runs, seed by seed."""
    folds = block.settings.get("folds")
    for seed in block.seeds:
        for fold in range(folds) if folds else [None]:
            yield seed, fold


def _one_by_one(
    block: Block, build: Any, settings: Settings, arrays: Arrays, checkpoints: Checkpoints, engine: Engine
) -> Iterator[tuple[Name, Outcome]]:
    hand = is_by_hand(block)
    trainer: Any = by_hand.Trainer(build, settings) if hand else Trainer(build, settings, block.save_model)
    for name in names_of(block):
        checkpoint = checkpoints.of(*name)
        outcome = checkpoint.finished()
        if outcome is None:
            try:
                result = trainer.fit(problem_of(block, arrays, settings, name), run_seed(name), checkpoint)
            except RunError as error:
                raise type(error)(f"{called(name)}: {error}") from error
            outcome = replace(result, engine=engine)
            checkpoint.finish(outcome)
        yield name, outcome


def _together(
    block: Block, build: Any, settings: Settings, arrays: Arrays, checkpoints: Checkpoints
) -> dict[Name, Outcome]:
    """Train runs as replicas of one net, wave by wave.

    Raises:
        NotStackable: the net or its recipe needs Keras' own ``fit``.
    """
    stack.check_precision(settings)
    names = list(names_of(block))
    problems = (((0, name), problem_of(block, arrays, settings, name)) for name in names)
    first = next(problems)
    with uncollected():
        replicas = stack.Stack(build, settings, first[1], block.save_model)
    outcomes = train_in_waves(
        replicas, chain([first], problems), len(names), settings, [checkpoints], checkpoints.of_stack
    )
    return {name: outcomes[0, name] for name in names}


def problem_of(block: Block, arrays: Arrays, settings: Settings, name: Name) -> Problem:
    """Return the learning problem of one run.

    Raises:
        InputError: the data cannot be split with these settings, or a part has no samples left.
    """
    keras.utils.set_random_seed(name[0])  # for an exercise that draws from NumPy's or Python's global generator
    try:
        problem: Problem = exercises.load(block.exercise).problem(arrays, settings, *name)
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(
            f"{block.id}: its data cannot be split with these settings ({in_one_line(error)}); change them"
        ) from error
    problem = problem.without_test() if block.trial else problem
    empty = [part for part, samples in problem.parts().items() if not len(samples)]
    if empty:
        raise InputError(f"{block.id}: no samples are left for {empty[0]}; change the settings that split the data")
    return problem
