"""Train the runs of a block as one stack and one by one, and compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from practica.config.study import Study

ROUNDING = 1e-5


def together_and_alone(block: Any, exercise: Any, arrays: Any, folder: Path) -> tuple[list[Any], list[Any]]:
    """Return the outcomes of the block's runs as one stack, and one by one with Keras' ``fit``."""
    from practica.training.block import builder, names_of, settings_of
    from practica.training.checkpoint import Checkpoints
    from practica.training.fit import Trainer
    from practica.training.runs import run_seed
    from practica.training.stack import Stack

    settings = settings_of(block)
    build = builder(exercise, block.model)
    names = list(names_of(block))
    problems = [exercise.problem(arrays, settings, *name) for name in names]
    seeds = [run_seed(name) for name in names]
    checkpoints = Checkpoints(folder, "key")
    replicas = Stack(build, settings, problems[0])
    stacked = replicas.fit(problems, seeds, [str(name) for name in names], checkpoints.of_stack(1))
    trainer = Trainer(build, settings)
    alone = [
        trainer.fit(problem, seed, checkpoints.of(*name))
        for problem, seed, name in zip(problems, seeds, names, strict=True)
    ]
    return stacked, alone


def assert_equal(stacked: list[Any], alone: list[Any]) -> None:
    for one, other in zip(stacked, alone, strict=True):
        assert one.epochs == other.epochs
        assert one.parameters == other.parameters
        assert one.metrics.keys() == other.metrics.keys()
        for part, values in other.metrics.items():
            # Predictions at the threshold may fall on either side of it; psnr and r2 are as exact as their errors.
            assert one.metrics[part] == pytest.approx(values, rel=ROUNDING, abs=ROUNDING)
        for part, curves in other.history.items():
            for metric, values in curves.items():
                assert one.history[part][metric] == pytest.approx(values, rel=ROUNDING, abs=ROUNDING)
        for name, array in other.artefacts.items():
            np.testing.assert_allclose(one.artefacts[name], array, rtol=1e-4, atol=1e-4)


def engines(study: Study) -> dict[str, str]:
    """Return by ``exercise/variant`` the engine of each net, or why a net is not trained in a stack."""
    from practica import exercises
    from practica.training.agreement import NotStackable
    from practica.training.block import _train, builder, settings_of
    from practica.training.stack import check_net

    result = {}
    for block in study.blocks():
        settings = settings_of(block)
        build = builder(exercises.load(block.exercise), block.model)
        name = f"{block.exercise}/{block.variant}"
        if block.model.endswith("_numpy"):
            result[name] = _train(block, build, settings, {}, None)[0]  # type: ignore[arg-type]
            continue
        try:
            check_net(build(settings))
            result[name] = "stack"
        except NotStackable as reason:
            result[name] = str(reason)
    return result
