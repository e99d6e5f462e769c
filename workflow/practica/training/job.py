"""Train one block as a job: one at a time, from its last checkpoint, within its time, with a note of why it failed."""

from __future__ import annotations

import os
import shutil
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from practica.allocation import check_gpu, minutes_left
from practica.errors import InputError, RunError
from practica.files import canonical_json, sha256
from practica.training.attempt import Attempt
from practica.training.journal import note_failure

if TYPE_CHECKING:
    from practica.config import Block


def run_job(
    block: Block, code: str, data: Path, results: Path, threads: int, gpu: int, minutes: float | None, every: float
) -> None:
    """Train the block and leave its results, or a note under ``failures`` of why there are none.

    Args:
        block: what to train.
        code: digest of the code that the result depends on.
        data: folder of the data sets.
        results: folder of the results.
        threads: CPU threads TensorFlow was told to use.
        gpu: GPUs that the job asked SLURM for.
        minutes: time the process may take; less where SLURM gives the job less; None: no limit of its own.
        every: seconds of training between two checkpoints.

    Raises:
        InputError: a setting or the data are missing or wrong.
        RunError: the run failed, or was stopped before its end.
    """
    try:
        _train(block, code, data, results, threads, gpu, minutes, every)
    except Exception as error:
        known = isinstance(error, InputError | RunError)
        # TensorFlow says some things in several lines; whoever reads the log's last one wants all of it.
        reason = str(error) if known else " ".join(f"{type(error).__name__}: {error}".split())
        note_failure(block, results, reason)
        if known:
            raise
        traceback.print_exc()
        raise RunError(f"{block.id}: {reason}") from error


def _train(
    block: Block, code: str, data: Path, results: Path, threads: int, gpu: int, minutes: float | None, every: float
) -> None:
    limits = [limit for limit in (minutes, minutes_left(os.environ)) if limit is not None]
    with Attempt(block, results, min(limits, default=None)) as attempt:
        check_gpu(gpu)
        from practica.data import load
        from practica.training.block import train_block
        from practica.training.checkpoint import Checkpoints

        dataset = load(block.dataset, data, test=not block.trial)
        described = {
            "name": dataset.name,
            "fingerprint": dataset.info.fingerprint,
            "stand_in": dataset.info.stand_in,
            "origin": dataset.info.origin,
        }
        key = run_key(block, code, dataset.info.fingerprint, threads)
        checkpoints = Checkpoints(attempt.folder / key, key, every, attempt.at_point)
        train_block(block, dataset.arrays, described, threads, block.folder(results), checkpoints)
        # The results are safe. What came of each run stays until they are collected: Snakemake deletes outputs that it
        # did not see appear, as when it was killed while this job went on, and then runs the job again.
        for folder in attempt.folder.iterdir():
            if folder.is_dir() and folder.name != key:
                shutil.rmtree(folder)


def run_key(block: Block, code: str, fingerprint: str, threads: int) -> str:
    """Return a digest of everything that decides the block's result: a run with another key is another run."""
    import keras
    import numpy as np

    from practica.backend import version
    from practica.training.block import settings_of
    from practica.training.fit import precision

    versions = [keras.__version__, np.__version__, version()]
    return sha256(
        canonical_json([block.specification(), code, fingerprint, threads, precision(settings_of(block)), *versions])
    )[:16]
