"""Nets of the ten exercises train with JAX too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from practica.config.study import Block
from ten import STUDY, needs

pytestmark = pytest.mark.keras

# AlexNet compiles for a minute, which continuous integration cannot spare; `make test` on any other machine does it.
SLOW = pytest.mark.skipif("CI" in os.environ, reason="compiles for a minute")
LARGE = pytest.param("ej10/alexnet", marks=[SLOW, needs("ej10/alexnet")])


@pytest.mark.parametrize("variant", [pytest.param("ej08/conv", marks=needs("ej08/conv")), LARGE])
def test_another_backend_trains_it_too(variant: str, tmp_path: Path) -> None:
    pytest.importorskip("jax", reason="JAX is not in the lock for GPUs: pip install -e '.[jax]'")
    from practica.data import prepare

    exercise, name = variant.split("/")
    dataset = {"ej08": "mnist", "ej10": "cifar100"}[exercise]
    cut = {"train_samples": 300, "test_samples": 100, "validation_fraction": 0.4, "epochs": 1, "batch_size": 50}
    trained = STUDY.block(exercise, name, (0,))
    trained = Block(**{**vars(trained), "settings": {**trained.settings, **cut}})
    (tmp_path / "empty").mkdir()
    prepare(dataset, tmp_path, mirror=str(tmp_path / "empty"), on_missing="stand-in")
    command = [sys.executable, "-m", "practica", "train"]
    job = ["--spec", trained.specification(), "--data", str(tmp_path), "--results", str(tmp_path / "results")]
    # XLA optimizes nothing, because it would compile longer than the net trains.
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    subprocess.run([*command, *job], check=True, env=environment)
    metrics = json.loads((trained.folder(tmp_path / "results") / "metrics.json").read_text())
    assert metrics["provenance"]["versions"]["backend"].startswith("jax ")
    assert np.isfinite(metrics["runs"][0]["metrics"]["test"]["loss"])
