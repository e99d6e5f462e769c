"""Train trials on data sets whose test parts are spoilt, and compare."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from practica.config.study import Block
from training.tiny_jobs import runs


def spoil(data: Path, folder: Path, array: str) -> Path:
    """Copy the data sets to a folder; test files become unreadable, and the last fifth of one array NaN.

    The file of that array keeps its time, or it would be refused as edited.
    """
    shutil.copytree(data / "prepared", folder / "prepared")
    for path in folder.glob("prepared/*/*_test.npy"):
        path.write_bytes(b"not to be read")
    x = np.load(folder / array)
    x[-len(x) // 5 :] = np.nan
    np.save(folder / array, x)
    shutil.copystat(data / array, folder / array)
    return folder


def train(block: Block, data: Path, results: Path) -> Any:
    """Train a block and return its metrics."""
    from practica.jobs.job import run_job

    run_job(block, "code", data, results, 1, 0, None, 60.0)
    return json.loads((block.folder(results) / "metrics.json").read_text())


def check_blind(trial: Block, data: Path, spoilt: Path, folder: Path) -> None:
    """Check that a trial is the same on both, and says nothing of a test part."""
    metrics = train(trial, data, folder / "a")
    train(trial, spoilt, folder / "b")
    assert runs(trial, folder / "a") == runs(trial, folder / "b")
    assert metrics["trial"] == "t1"
    assert {part for run in metrics["runs"] for part in run["metrics"]} == {"train", "validation"}
    with np.load(trial.folder(folder / "a") / "arrays.npz") as arrays:
        assert not arrays.files
