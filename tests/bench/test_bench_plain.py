"""The plain scripts build the study's nets: the same parameters, and the same number of samples in each part."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from practica import exercises
from practica.config import Study, read_config
from practica.exercises.problem import Settings

pytestmark = pytest.mark.keras

ROOT = Path(__file__).parents[2]
STUDY = Study.resolve(read_config([ROOT / "config.yaml"]))
NETS = [(e, v) for e in STUDY.exercises for v in STUDY.variants(e) if not v.endswith("_numpy")]


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that imports a plain script as Python does when it is run."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(ROOT / "bench/plain")
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if name == "common" or name.startswith("ej"):
            del sys.modules[name]


@pytest.mark.parametrize(("exercise", "variant"), NETS, ids="/".join)
def test_both_sides_have_the_same_net(exercise: str, variant: str, plain: Any) -> None:
    dataset, model = STUDY.dataset(exercise, variant), STUDY.model(exercise, variant)
    settings = {**STUDY.settings(exercise, variant), "dataset": dataset}
    theirs = plain(exercise).build(model, settings)
    ours = getattr(exercises.load(exercise), model)(Settings(settings))
    assert theirs.count_params() == ours.count_params()
    assert shapes(theirs.trainable_weights) == shapes(ours.trainable_weights)


def shapes(weights: list[Any]) -> list[tuple[int, ...]]:
    """Return the shapes of weights but those of seed generators, in order."""
    return [tuple(weight.shape) for weight in weights]


def test_plain_scripts_use_nothing_of_ours() -> None:
    for script in (ROOT / "bench/plain").glob("*.py"):
        text = script.read_text(encoding="utf-8")
        assert "import practica" not in text
        assert "from practica" not in text
