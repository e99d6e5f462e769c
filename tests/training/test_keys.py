"""The key of a run holds everything that decides it."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from practica import backend
from practica.config.study import Block
from practica.jobs.job import run_keys
from practica.training import fit

pytestmark = pytest.mark.keras

BLOCK = Block("steps", "dense", (0,), "dense", "walks", {"epochs": 3, "precision": "auto", "learning_rate": 0.1})


def keys(block: Block = BLOCK, code: str = "code", fingerprint: str = "data", threads: int = 1) -> tuple[str, str]:
    return run_keys(block, code, fingerprint, threads)


@pytest.mark.parametrize("other", [{"code": "other"}, {"fingerprint": "other"}, {"threads": 2}], ids=str)
def test_code_data_and_threads_are_in_both_keys(other: dict) -> None:
    assert all(one != same for one, same in zip(keys(**other), keys(), strict=True))


def test_the_precision_that_a_machine_chooses_is_in_both_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    result = {}
    for chosen in ("float32", "mixed_bfloat16"):
        monkeypatch.setattr(fit, "precision", lambda settings, chosen=chosen: chosen)
        result[chosen] = keys()
    assert all(one != other for one, other in zip(*result.values(), strict=True))


def test_versions_are_in_both_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys()
    for module, name, value in (
        (keras, "__version__", "0"),
        (np, "__version__", "0"),
        (backend, "version", lambda: "tensorflow 0"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(module, name, value)
            assert all(one != other for one, other in zip(keys(), before, strict=True)), name
    assert keys() == before


def test_what_tells_xla_how_to_compile_is_in_both_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    before = keys()
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=1")
    assert all(one != other for one, other in zip(keys(), before, strict=True))


def test_settings_are_in_both_keys_and_the_number_of_epochs_in_the_first_alone() -> None:
    before = keys()
    rate = keys(replace(BLOCK, settings={**BLOCK.settings, "learning_rate": 0.2}))
    assert rate[0] != before[0] and rate[1] != before[1]
    longer = keys(replace(BLOCK, settings={**BLOCK.settings, "epochs": 4}))
    assert longer[0] != before[0] and longer[1] == before[1]
    assert keys(replace(BLOCK, seeds=(1,)))[1] != before[1]
