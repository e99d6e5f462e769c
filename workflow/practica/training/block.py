"""Train every run of a block, seed by seed and fold by fold or all at once, and write its files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from practica import exercises
from practica.errors import DivergedError, InputError, RunError
from practica.exercises.problem import Arrays, Problem, Settings
from practica.training import by_hand, stack
from practica.training.checkpoint import Checkpoints
from practica.training.fit import Trainer, precision
from practica.training.provenance import describe, peak_memory_mb
from practica.training.record import Outcome
from practica.training.replicas import stackable
from practica.training.results import Run, write_results
from practica.training.store import steps_of

if TYPE_CHECKING:
    from practica.config import Block

Name = tuple[int, int | None]
"""A run within its block: its seed, and its fold where there are folds."""


def train_block(
    block: Block, arrays: Arrays, data: dict[str, Any], threads: int, folder: Path, checkpoints: Checkpoints
) -> None:
    """Train the block's runs and write ``metrics.json``, ``history.json``, ``manifest.json`` and ``arrays.npz``.

    Args:
        block: what to train.
        arrays: the data set's arrays.
        data: name, fingerprint, origin and stand-in flag of the data, for the provenance.
        threads: CPU threads the backend was told to use.
        folder: where the files go.
        checkpoints: where runs go on from, and what came of those that are finished.

    Raises:
        DivergedError: a run's loss is no longer a number, or far beyond where it began.
        StoppedError: a run has to stop before its end.
    """
    checkpoints.check()
    begin = time.perf_counter()
    provenance = describe(threads, data)
    settings = settings_of(block)
    build = builder(exercises.load(block.exercise), block.model)
    engine = engine_of(block, build, settings)
    train = _together if engine == "stack" else _one_by_one
    runs: list[Run] = []
    artefacts: dict[str, np.ndarray] = {}
    try:
        for (seed, fold), outcome in train(block, build, settings, arrays, checkpoints):
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
        "precision": precision(settings),
        "wall_seconds": round(time.perf_counter() - begin, 3),
        "resumed_seconds": round(sum(checkpoints.resumed), 3),
        "fit_seconds": round(sum(outcome.fit_seconds for _, _, outcome in runs), 3),
        "peak_memory_mb": peak_memory_mb(),
        "model_parameters": runs[-1][2].parameters,
    }
    write_results(block, runs, artefacts, provenance, folder)


def settings_of(block: Block) -> Settings:
    """Return the block's settings, with the name of its data set among them."""
    return Settings(
        {**block.settings, "dataset": block.dataset}, f"exercises.{block.exercise}.variants.{block.variant}"
    )


def builder(exercise: Any, name: str) -> Any:
    """Return the exercise's function that builds the model ``name``.

    Raises:
        InputError: there is none.
    """
    found = getattr(exercise, name, None)
    if found is None:
        raise InputError(f"{exercise.__name__} has no model {name!r}")
    return found


def engine_of(block: Block, build: Callable[[Settings], Any], settings: Settings) -> str:
    """Return how the block is trained: ``numpy`` by hand, ``stack`` all runs in one graph, ``fit`` run by run."""
    if block.model.endswith("_numpy"):
        return "numpy"
    if precision(settings) != "float32":
        return "fit"
    return "stack" if stackable(build(settings)) else "fit"


def _names(block: Block) -> Iterator[Name]:
    folds = block.settings.get("folds")
    for seed in block.seeds:
        for fold in range(folds) if folds else [None]:
            yield seed, fold


def _one_by_one(
    block: Block, build: Any, settings: Settings, arrays: Arrays, checkpoints: Checkpoints
) -> Iterator[tuple[Name, Outcome]]:
    trainer = (by_hand.Trainer if block.model.endswith("_numpy") else Trainer)(build, settings)
    for name in _names(block):
        checkpoint = checkpoints.of(*name)
        outcome = checkpoint.finished()
        if outcome is None:
            try:
                outcome = trainer.fit(_problem(block, arrays, settings, name), _run_seed(name), checkpoint)
            except RunError as error:
                raise type(error)(f"{_called(name)}: {error}") from error
            checkpoint.finish(outcome)
        yield name, outcome


def _together(
    block: Block, build: Any, settings: Settings, arrays: Arrays, checkpoints: Checkpoints
) -> Iterator[tuple[Name, Outcome]]:
    """Train as replicas of one net all runs that make the same number of steps in an epoch."""
    names = list(_names(block))
    finished = {name: checkpoints.of(*name).finished() for name in names}
    if None in finished.values():
        stacks: dict[int, dict[Name, Problem]] = {}
        for name in names:
            problem = _problem(block, arrays, settings, name)
            stacks.setdefault(steps_of(problem.train, settings.batch_size), {})[name] = problem
        for steps, problems in stacks.items():
            if all(finished[name] for name in problems):
                continue
            checkpoint = checkpoints.of_stack(steps)
            called = [_called(name) for name in problems]
            seeds = [_run_seed(name) for name in problems]
            outcomes = stack.fit(build, list(problems.values()), settings, seeds, called, checkpoint)
            for name, outcome in zip(problems, outcomes, strict=True):
                checkpoints.of(*name).finish(outcome)
                finished[name] = outcome
            checkpoint.discard()
    yield from ((name, outcome) for name, outcome in finished.items() if outcome)


def _problem(block: Block, arrays: Arrays, settings: Settings, name: Name) -> Problem:
    problem: Problem = exercises.load(block.exercise).problem(arrays, settings, *name)
    return problem.without_test() if block.trial else problem


def _run_seed(name: Name) -> int:
    """Return the seed of weights and batches: folds of one seed are five trainings, not one on other data."""
    seed, fold = name
    return seed if fold is None else int(np.random.default_rng([seed, fold]).integers(2**31))


def _called(name: Name) -> str:
    seed, fold = name
    return f"seed {seed}" if fold is None else f"seed {seed}, fold {fold}"
