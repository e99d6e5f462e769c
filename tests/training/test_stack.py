"""Runs that are trained together: each equals the run trained alone, up to rounding in float32."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from practica.config.study import Block, Study
from practica.files import read_json
from toy import toy_study
from training import made_up
from training.stacked import ROUNDING, assert_equal, engines, together_and_alone
from training.tiny_jobs import BLOCKS

pytestmark = pytest.mark.keras

SEEDS = (0, 3, 4)
NORMALISED = BLOCKS["several seeds"]
VARIANTS = ["moons/raw", "moons/deeper", "steps/dense"]
RECIPE = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 50, "epochs": 3}


@pytest.fixture(scope="module")
def study() -> Study:
    return toy_study()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that returns a data set's arrays."""
    from practica.data import load, prepare

    folder = tmp_path_factory.mktemp("data")

    def arrays(name: str) -> Mapping[str, np.ndarray]:
        prepare(name, folder)
        return load(name, folder).arrays

    return arrays


def with_settings(block: Block, **settings: Any) -> Block:
    return replace(block, settings={**block.settings, **settings})


def assert_apart(stacked: list[Any]) -> None:
    histories = [str(outcome.history) for outcome in stacked]
    assert len(set(histories)) == len(histories), "every run is one of its own"


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_replica_is_the_run_that_it_would_be_alone(variant: str, study: Study, data: Any, tmp_path: Path) -> None:
    from practica import exercises

    exercise, name = variant.split("/")
    block = with_settings(study.block(exercise, name, SEEDS), epochs=3, **({"folds": 3} if exercise == "moons" else {}))
    stacked, alone = together_and_alone(block, exercises.load(exercise), data(block.dataset), tmp_path)
    assert_equal(stacked, alone)
    assert_apart(stacked)


def test_moving_averages_and_artefacts_are_those_of_each_run(data: Any, tmp_path: Path) -> None:
    stacked, alone = together_and_alone(NORMALISED, made_up, data("walks"), tmp_path)
    assert set(alone[0].artefacts) == {"logits"}
    assert_equal(stacked, alone)
    assert_apart(stacked)


@pytest.mark.parametrize("fused", [False, True])
def test_runs_of_one_sample_more_are_trained_beside_the_others(
    fused: bool, study: Study, data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Train three folds, some of which have one sample more: it counts only in their last batches."""
    from practica import exercises
    from practica.training import loop
    from practica.training.block import settings_of

    monkeypatch.setattr(loop, "FUSED_STEPS", 0 if fused else 10**9)
    block = with_settings(study.block("moons", "corrected", (1,)), epochs=3, folds=3, batch_size=40)
    exercise, arrays = exercises.load("moons"), data("crescents")
    problems = [exercise.problem(arrays, settings_of(block), 1, fold) for fold in range(3)]
    assert {len(problem.train) for problem in problems} == {133, 134}
    assert_equal(*together_and_alone(block, exercise, arrays, tmp_path))


@pytest.mark.parametrize("fused", [False, True])
def test_dropout_masks_and_weights_are_those_of_each_run(fused: bool, tmp_path: Path) -> None:
    """Train to the same weights with Dropout, BatchNormalization, a concatenation and batches that are not full."""
    from keras import ops

    from practica.training import loop
    from practica.training.block import settings_of
    from practica.training.checkpoint import Checkpoints
    from practica.training.fit import Trainer
    from practica.training.stack import Stack
    from training import dropping

    values = {**RECIPE, "dropout": 0.0 if fused else 0.4, "bn_momentum": 0.9, "l2": 0.01}
    settings = settings_of(Block("own", "dropping", SEEDS, "dropping", "none", values))
    rng = np.random.default_rng(0)
    arrays = {"x": rng.normal(5, 3, (770, 8)), "y": np.arange(770) % 2}
    problems = [dropping.problem(arrays, settings, seed, None) for seed in SEEDS]
    limit, loop.FUSED_STEPS = loop.FUSED_STEPS, 0 if fused else 10**9
    try:
        replicas = Stack(dropping.dropping, settings, problems[0])
        together, _ = replicas._loop(problems, SEEDS)
        together.advance(0, 3, 3)
    finally:
        loop.FUSED_STEPS = limit
    state = [ops.convert_to_numpy(value) for value in together.live()]
    for replica, (seed, problem) in enumerate(zip(SEEDS, problems, strict=True)):
        trainer = Trainer(dropping.dropping, settings)
        trainer.fit(problem, seed, Checkpoints(tmp_path, "key").of(seed, None))
        for variable, alone in zip(replicas.net.weights, trainer._net.get_weights(), strict=True):
            stacked = state[together.step.place(variable)][replica]
            np.testing.assert_allclose(stacked, alone, rtol=1e-4, atol=ROUNDING)


def test_blocks_are_stacked_where_that_pays_and_say_so(study: Study, data: Any, tmp_path: Path) -> None:
    import keras

    from practica.training.agreement import NotStackable
    from practica.training.block import train_block
    from practica.training.checkpoint import Checkpoints
    from practica.training.stack import check_net

    result = engines(study)
    assert result.pop("moons/raw_numpy") == "numpy"
    assert "convolutions" in result.pop("steps/conv")
    assert set(result.values()) == {"stack"}
    with pytest.raises(NotStackable, match="more than 50,000 parameters"):
        check_net(keras.Sequential([keras.Input((250,)), keras.layers.Dense(200)]))

    block = with_settings(study.block("moons", "raw", (0, 1)), epochs=4, folds=2)
    described = {"name": "crescents", "fingerprint": "f", "stand_in": False}
    described["origin"] = {"kind": "computed", "source": "here"}
    train_block(block, data("crescents"), described, 1, tmp_path, Checkpoints(tmp_path / "checkpoints", "key"))
    provenance = read_json(tmp_path / "manifest.json")["provenance"]
    assert (provenance["engine"], provenance["precision"]) == ("stack", "float32")
    assert provenance["engine_reason"]


def test_a_replica_that_diverges_is_named(study: Study, data: Any, tmp_path: Path) -> None:
    from practica.errors import DivergedError
    from practica.training.block import train_block
    from practica.training.checkpoint import Checkpoints

    wild = with_settings(study.block("moons", "raw", (7,)), folds=2, epochs=3, optimizer="sgd", learning_rate=1e20)
    described = {"name": "crescents", "fingerprint": "f", "stand_in": True}
    described["origin"] = {"kind": "stand-in", "source": "test"}
    checkpoints = Checkpoints(tmp_path / "checkpoints", "key")
    with pytest.raises(DivergedError, match=r"^moons/raw/s7, seed 7, fold 0: the .* lower the learning rate"):
        train_block(wild, data("crescents"), described, 1, tmp_path, checkpoints)
    with pytest.raises(DivergedError, match="seen before"):
        checkpoints.check()
