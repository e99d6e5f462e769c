"""Train a block as a job: one process at a time, from its last checkpoint, within its time, and note why it fails."""

from __future__ import annotations

import os
import shutil
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practica.errors import InputError, RunError, in_one_line
from practica.files import canonical_json, read_json, say, sha256, write_checked, write_json
from practica.jobs import states
from practica.jobs.attempt import Attempt
from practica.jobs.history import Follower, HistoryFile
from practica.jobs.journal import Entry, note_failure
from practica.jobs.meter import Meter, total
from practica.jobs.states import checkpoint_folder
from practica.launch.allocation import check_gpu, minutes_left

if TYPE_CHECKING:
    from practica.config.study import Block
    from practica.jobs.progress import Tell

PROMOTION = 1.0
"""The most seconds between two checkpoints of a trial that may be promoted: what it repeats then took no longer."""


def run_job(
    block: Block,
    code: str,
    data: Path,
    results: Path,
    threads: int,
    gpu: int,
    minutes: float | None,
    every: float,
    *,
    own_process: bool = False,
    by_hand: bool = False,
    tell: Tell | None = None,
    follower: Follower | None = None,
) -> None:
    """Train the block and leave its results, or a note under ``failures`` of why there are none.

    Args:
        block: what to train.
        code: digest of the code that the result depends on.
        data: folder of the data sets.
        results: folder of the results.
        threads: CPU threads TensorFlow was told to use.
        gpu: GPUs that the job requested from SLURM.
        minutes: time the process may take; SLURM's limit counts if it is shorter; None: no limit of its own.
        every: seconds of training between two checkpoints.
        tell: called with the progress of the block from time to time.
        own_process: whether this process trains only this block, so that all its time is part of the cost.
        by_hand: whether a person started it, rather than a workflow, which would have rehearsed it before.
        follower: writes the points of the histories as well, as they are reached.

    Raises:
        InputError: a setting or the data are missing or wrong.
        RunError: the run failed, or was stopped early.
    """
    meter = Meter(whole_process=own_process)
    with attempt_at(block, results, gpu, minutes, meter, tell, by_hand=by_hand) as attempt:
        from practica.data import load
        from practica.training.block import train_block
        from practica.training.checkpoint import Checkpoints

        dataset = load(block.dataset, data, test=not block.trial)
        if by_hand:
            from practica.training.rehearsal import rehearse

            rehearse(block, dataset.arrays)
        description = {
            "name": dataset.name,
            "fingerprint": dataset.info.fingerprint,
            "stand_in": dataset.info.stand_in,
            "origin": dataset.info.origin,
        }
        key, state_key = run_keys(block, code, dataset.info.fingerprint, threads)
        _note_origin(block, attempt.folder, state_key, _made_by(block, code, dataset.info.fingerprint, threads))
        folder = block.folder(results)
        attempt.history = HistoryFile(folder, block, state_key, follower)
        if block.rung:
            every = min(every, PROMOTION)
            take_states(block, results, state_key)
        checkpoints = Checkpoints(attempt.folder / state_key, key, every, attempt.at_point, state_key)
        train_block(block, dataset.arrays, description, threads, folder, checkpoints)
        attempt.history.complete(folder / "history.json")
        _note_cost(folder / "manifest.json", attempt.entries())
        # The results are safe. Keep the outcome of each run until they are collected: if Snakemake was killed while
        # this job went on, it deletes the outputs that it did not see appear, and runs the job again.
        for folder in attempt.folder.iterdir():
            if folder.is_dir() and folder.name != state_key:
                shutil.rmtree(folder)


@contextmanager
def attempt_at(
    block: Block,
    results: Path,
    gpu: int,
    minutes: float | None,
    meter: Meter,
    tell: Tell | None = None,
    *,
    by_hand: bool = False,
) -> Iterator[Attempt]:
    """Hold a block for an attempt, with the GPUs and within the time of the job; leave a note of an error.

    The arguments are those of ``run_job``.

    Raises:
        RunError: the job has no GPU that it requested, or was stopped early; an unexpected error becomes one, too.
    """
    with _noted_failure(block, results):
        limits = [limit for limit in (minutes, minutes_left(os.environ)) if limit is not None]
        with Attempt(block, results, min(limits, default=None), meter, by_hand=by_hand) as attempt:
            attempt.tell = tell or attempt.tell
            check_gpu(gpu)
            yield attempt


@contextmanager
def _noted_failure(block: Block, results: Path) -> Iterator[None]:
    """Leave a note of an error; an unexpected error continues as one with a sentence."""
    try:
        yield
    except Exception as error:
        expected = isinstance(error, InputError | RunError)
        # Whoever reads the last line of the log needs the whole error.
        reason = str(error) if expected else in_one_line(error)
        note_failure(block, results, reason)
        if expected:
            raise
        traceback.print_exc()
        raise RunError(f"{block.id}: {reason}") from error


def _note_origin(block: Block, folder: Path, state_key: str, made_by: Mapping[str, Any]) -> None:
    """Write what the states come from beside them; say so if there are states, and none of them is of any use."""
    now = states.origin(block, **made_by)
    if why := states.why_from_the_start(states.origins(folder), now):
        say(f"{block.id} was begun before, but its states are of no use now ({why}): it trains from the start")
    (folder / state_key).mkdir(parents=True, exist_ok=True)
    write_json(folder / state_key / states.FILE, now)


def _note_cost(manifest: Path, entries: Sequence[Entry]) -> None:
    """Write into a manifest what all attempts at its block have cost."""
    content = read_json(manifest)
    content["provenance"] |= {"attempts": len(entries), "cost": total([entry.cost for entry in entries])}
    write_checked(manifest, content)


def take_states(block: Block, results: Path, state_key: str) -> None:
    """Move here the last states of a promoted trial's runs, from the highest rung below that has them.

    Where there are none, as of runs that trained together, they train from the start.
    """
    own = checkpoint_folder(block, results) / state_key
    for _, folder in sorted(lower_rungs(block, results).items(), reverse=True):
        for state in (folder / state_key).glob("*.checkpoint"):
            target = own / state.name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                state.replace(target)


def lower_rungs(block: Block, results: Path) -> dict[int, Path]:
    """Return the folders of the same trial's states at lower rungs, by epochs; empty for all but trials of ASHA."""
    trial, epochs = block.rung or ("", 0)
    own = checkpoint_folder(block, results)
    folders = own.parent.parent.glob(f"{trial}_*") if trial else ()
    rungs = ((replace(block, trial=folder.name).rung, folder / own.name) for folder in folders)
    return {rung[1]: folder for rung, folder in rungs if rung and rung[1] < epochs}


def run_keys(block: Block, code: str, fingerprint: str, threads: int) -> tuple[str, str]:
    """Return digests of everything that decides the block's result, and its state after an epoch.

    A run with another key is another run. The second key leaves out the number of epochs, because future epochs do not
    affect past ones.
    """
    settings = {name: value for name, value in block.settings.items() if name != states.EPOCHS}
    trial = block.rung[0] if block.rung else block.trial
    made_by = _made_by(block, code, fingerprint, threads).values()
    specifications = (block.specification(), replace(block, settings=settings, trial=trial).specification())
    key, state_key = (sha256(canonical_json([each, *made_by]))[:16] for each in specifications)
    return key, state_key


def _made_by(block: Block, code: str, fingerprint: str, threads: int) -> dict[str, Any]:
    """Return what decides a run's numbers besides its specification."""
    import keras
    import numpy as np

    from practica.backend import version
    from practica.training.block import settings_of
    from practica.training.fit import precision

    return {
        "code": code,
        "data": fingerprint,
        "threads": threads,
        "precision": precision(settings_of(block)),
        "keras": keras.__version__,
        "numpy": np.__version__,
        "backend": version(),
        "XLA_FLAGS": os.environ.get("XLA_FLAGS", ""),
    }
