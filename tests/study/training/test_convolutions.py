"""Which convolutions of the ten exercises get faster kernel gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from practica.exercises.problem import Settings
from ten import STUDY, needs
from training.convolving import note_convolutions

pytestmark = pytest.mark.keras


@pytest.fixture(autouse=True)
def float32_again() -> Iterator[None]:
    """Restore the dtype policy of float32."""
    import keras

    yield
    keras.config.set_dtype_policy("float32")


@needs("ej10/alexnet", "ej10/vgg16")
@pytest.mark.parametrize(
    ("variant", "policy", "flags", "hastened"),
    [
        ("alexnet", "mixed_bfloat16", "avx512_bf16", [36, 25, 25, 25]),
        ("alexnet", "mixed_bfloat16", "avx512_bf16 amx_bf16", []),
        ("alexnet", "float32", "avx512_bf16", []),
        ("vgg16", "mixed_bfloat16", "avx512_bf16", []),
    ],
)
def test_only_convolutions_with_small_outputs_in_bfloat16_take_it(
    variant: str, policy: str, flags: str, hastened: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    from practica import exercises
    from practica.training.convolutions import hasten_convolutions

    taken = note_convolutions(flags, tmp_path, monkeypatch)
    build = getattr(exercises.load("ej10"), variant)
    keras.config.set_dtype_policy(policy)
    net = build(Settings({**STUDY.settings("ej10", variant), "dataset": "cifar100"}))
    hasten_convolutions(net)
    net(np.zeros((1, 32, 32, 3), "float32"))
    assert [math.prod(size) for size in taken] == hastened
