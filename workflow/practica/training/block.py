"""Train every run of a block, seed by seed and fold by fold, and write its files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from practica import exercises
from practica.errors import DivergedError, InputError, RunError
from practica.exercises.problem import Arrays, Settings
from practica.training import by_hand
from practica.training.checkpoint import Checkpoint, Checkpoints
from practica.training.fit import fit
from practica.training.provenance import describe, peak_memory_mb
from practica.training.record import Outcome
from practica.training.results import Run, write_results

if TYPE_CHECKING:
    from practica.config import Block


def train_block(
    block: Block, arrays: Arrays, data: dict[str, Any], threads: int, folder: Path, checkpoints: Checkpoints
) -> None:
    """Train the block's runs and write ``metrics.json``, ``history.json``, ``manifest.json`` and ``arrays.npz``.

    Args:
        block: what to train.
        arrays: the data set's arrays.
        data: name, fingerprint, origin and stand-in flag of the data, for the provenance.
        threads: CPU threads TensorFlow was told to use.
        folder: where the files go.
        checkpoints: where runs go on from, and what came of those that are finished.

    Raises:
        DivergedError: a run's loss is no longer a number, or far beyond where it began.
        StoppedError: a run has to stop before its end.
    """
    checkpoints.check()
    begin = time.perf_counter()
    provenance = describe(threads, data)
    runs: list[Run] = []
    artefacts: dict[str, np.ndarray] = {}
    seconds = 0.0
    parameters: dict[str, int] = {}
    for seed, fold in _runs(block):
        checkpoint = checkpoints.of(seed, fold)
        try:
            outcome = checkpoint.finished() or _train(block, arrays, seed, fold, checkpoint)
        except RunError as error:
            where = f"seed {seed}" if fold is None else f"seed {seed}, fold {fold}"
            verdict = f"{block.id}, {where}: {error}"
            if isinstance(error, DivergedError):
                checkpoints.condemn(verdict)
            raise type(error)(verdict) from error
        runs.append((seed, fold, outcome))
        artefacts |= {f"{checkpoint.name}/{name}": array for name, array in outcome.artefacts.items()}
        seconds += outcome.fit_seconds
        parameters = outcome.parameters
    provenance |= {
        "wall_seconds": round(time.perf_counter() - begin, 3),
        "fit_seconds": round(seconds, 3),
        "peak_memory_mb": peak_memory_mb(),
        "model_parameters": parameters,
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


def _runs(block: Block) -> Iterator[tuple[int, int | None]]:
    folds = block.settings.get("folds")
    for seed in block.seeds:
        for fold in range(folds) if folds else [None]:
            yield seed, fold


def _train(block: Block, arrays: Arrays, seed: int, fold: int | None, checkpoint: Checkpoint) -> Outcome:
    exercise = exercises.load(block.exercise)
    settings = settings_of(block)
    problem = exercise.problem(arrays, settings, seed, fold)
    build = builder(exercise, block.model)
    # Folds of one seed start from different weights too: five trainings, not one repeated on other data.
    run_seed = seed if fold is None else int(np.random.default_rng([seed, fold]).integers(2**31))
    by_keras = not block.model.endswith("_numpy")
    outcome = (fit if by_keras else by_hand.fit)(build, problem, settings, run_seed, checkpoint)
    checkpoint.finish(outcome)
    keras.backend.clear_session()
    return outcome
