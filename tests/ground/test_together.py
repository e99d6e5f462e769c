"""Which trials train together before their own jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from practica.config.block import Block
from practica.config.trials import trial_blocks
from practica.plan.together import Together
from toy import toy_study

RATES = {"learning_rate": [0.1, 0.2, 0.3]}
DRAWS = {"ranges": {"learning_rate": {"low": 0.001, "high": 0.1, "scale": "log"}}, "trials": 4}


def planned(
    variant: dict[str, Any], trained: Any = lambda block: True, content: str = "fingerprint"
) -> tuple[list[Block], Together]:
    """Return the blocks of the trials of a toy variant, and which of them train together."""
    exercises = toy_study().config["exercises"]
    moons = {**exercises["moons"], "variants": {"raw": variant}, "seeds_per_job": 2}
    study = toy_study(exercises={"moons": moons}, tuning={"seeds": 4})
    blocks = trial_blocks(study)
    return blocks, Together(study, blocks, trained, lambda dataset: content)


def test_all_trials_to_train_train_together_and_their_jobs_wait(tmp_path: Path) -> None:
    blocks, together = planned({"model": "dense", "grid": RATES})
    assert len(blocks) == 6, "three trials in two blocks each"
    assert together.due("moons", "raw") == blocks
    (file,) = {name for block in blocks for name in together.before(block, tmp_path)}
    assert Path(file).parent == tmp_path / "together/moons/raw"


def test_trials_that_stay_do_not_train_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks, together = planned({"model": "dense", "grid": RATES}, lambda block: block.name == "s0-1")
    assert together.due("moons", "raw") == blocks[::2]
    assert together.before(blocks[0], tmp_path)
    assert not together.before(blocks[1], tmp_path)
    _, other = planned({"model": "dense", "grid": RATES})
    assert other.before(blocks[0], tmp_path) != together.before(blocks[0], tmp_path), "other trials, another job"
    _, changed = planned({"model": "dense", "grid": RATES}, content="of other data")
    assert other.before(blocks[0], tmp_path) != changed.before(blocks[0], tmp_path), "other data, another job"
    before = other.before(blocks[0], tmp_path)
    monkeypatch.setattr("practica.plan.together.run_code", lambda exercise: "of other code")
    assert other.before(blocks[0], tmp_path) != before, "other code, another job"


@pytest.mark.parametrize(
    "variant",
    [
        {"model": "dense", "grid": {"learning_rate": [0.1]}},
        {"model": "dense", "search": {**DRAWS, "method": "asha", "trials": 9}},
        {"model": "dense_numpy", "grid": RATES},
    ],
    ids=["a single trial", "one whose trials go on from their own states", "a net that is written by hand"],
)
def test_some_trials_train_alone(variant: dict[str, Any], tmp_path: Path) -> None:
    blocks, together = planned(variant)
    assert blocks
    assert together.due("moons", "raw") == []
    assert not any(together.before(block, tmp_path) for block in blocks)


def test_a_block_of_the_study_waits_for_no_trials(tmp_path: Path) -> None:
    _, together = planned({"model": "dense", "search": DRAWS})
    assert together.due("moons", "raw")
    assert not together.before(toy_study().blocks()[0], tmp_path)
