"""Rehearsals before the first training: new variants, and trials that may fail for their own reasons."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from practica.config.study import Block, Study
from practica.config.trials import Trial, trial_blocks
from practica.plan.rehearsals import (
    STUDY,
    TUNING,
    Rehearsals,
    candidates,
    key,
    label,
    memory_of,
    name_of,
    remember,
    telling_trials,
)
from practica.study_folder import use
from toy import CONFIG, TOY, resolve


@pytest.fixture(autouse=True)
def _toy() -> None:
    """Open the toy for tests that make blocks without a study."""
    use(TOY)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    config |= {"only": ["moons", "steps"], "results": str(tmp_path / "results"), "data": {"folder": str(tmp_path)}}
    config["exercises"]["steps"]["variants"]["dense"]["grid"] = {"batch_size": [64, 128]}
    return resolve(config)


def planned(study: Study, *trained: str, alone: bool = False) -> Rehearsals:
    """Return the rehearsals of a plan that trains the blocks of these variants."""
    blocks = {STUDY: study.blocks(), TUNING: trial_blocks(study)}
    return Rehearsals(study, blocks, lambda block: name_of(block) in trained, lambda: alone, fingerprint_in(study))


def fingerprint_in(study: Study) -> Callable[[str], str]:
    from practica.data.store.forecast import plan

    return lambda name: plan(name, study.data).fingerprint


def keys_of(study: Study, *names: str) -> list[str]:
    blocks = [block for block in candidates(study, STUDY) if name_of(block) in names]
    return [key(block, fingerprint_in(study)(block.dataset)) for block in blocks]


def test_only_what_is_to_be_trained_and_is_new_is_rehearsed(study: Study) -> None:
    block = study.block("moons", "raw", (0,))
    first = planned(study, "moons/raw", "steps/conv")
    assert {name_of(b) for b in first.due(STUDY).values()} == {"moons/raw", "steps/conv"}
    remember(study.results, dict.fromkeys(keys_of(study, "moons/raw"), 0))
    assert [name_of(b) for b in planned(study, "moons/raw", "steps/conv").due(STUDY).values()] == ["steps/conv"]
    assert planned(study, "moons/raw").before(study.block("moons", "raw", (0,))) == []
    assert planned(study).before(block) == []


def test_while_anything_is_new_every_training_waits_and_nothing_that_stays(study: Study) -> None:
    remember(study.results, dict.fromkeys(keys_of(study, "moons/raw"), 0))
    plan = planned(study, "moons/raw", "steps/conv")
    (file,) = plan.before(study.blocks()[0])
    assert name_of(study.blocks()[0]) == "moons/raw"
    assert file == f"{study.results}/rehearsed/study/{label(plan.due(STUDY))}.json"
    assert plan.before(study.block("moons", "wider", study.seed_groups("moons", "wider")[0])) == []


def test_for_single_targets_only_their_own_variant_is_rehearsed(study: Study) -> None:
    plan = planned(study, "moons/raw", "steps/conv", alone=True)
    (block, *_) = [b for b in study.blocks() if name_of(b) == "steps/conv"]
    assert [name_of(b) for b in plan.due("steps/conv").values()] == ["steps/conv"]
    assert plan.before(block)[0].startswith(f"{study.results}/rehearsed/steps/conv/")


def test_trials_are_rehearsed_apart(study: Study) -> None:
    plan = planned(study, "steps/dense")
    assert len(plan.due(TUNING)) == 2
    assert plan.before(trial_blocks(study)[0])[0].startswith(f"{study.results}/rehearsed/tuning/")


def test_the_key_is_of_settings_data_and_code_and_not_of_seeds() -> None:
    block = Block("steps", "dense", (0,), "dense", "walks", {"epochs": 3})
    same = [replace(block, seeds=(4, 5)), replace(block, trial="t1")]
    others = [replace(block, settings={"epochs": 4}), replace(block, model="conv"), replace(block, dataset="imdb")]
    others.append(replace(block, save_model="last"))  # whose file has to open
    assert {key(each, "data") for each in same} == {key(block, "data")}
    assert len({key(each, "data") for each in [block, *others]} | {key(block, "other data")}) == 6


def test_a_damaged_memory_says_nothing(tmp_path: Path) -> None:
    remember(tmp_path, {"b": 1, "a": 2})
    for name, text in {"torn": '{"c"', "old": '["d"]', "other": '{"e": "f"}', "empty": ""}.items():
        (tmp_path / f"rehearsed/{name}.json").write_text(text)
    assert memory_of(tmp_path) == {"a": 2, "b": 1}
    assert json.loads((tmp_path / f"rehearsed/{label(['a', 'b'])}.json").read_text()) == {"a": 2, "b": 1}


def tried(*values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the values of the trials that are rehearsed."""
    every = [
        Trial(str(place), own, (Block("steps", "dense", (0,), "dense", "walks", own),))
        for place, own in enumerate(values)
    ]
    return [dict(block.settings) for block in telling_trials(every)]


def test_every_combination_that_changes_shapes_is_rehearsed_and_every_value_of_the_recipe_once() -> None:
    grid = [
        {"units": units, "folds": folds, "batch_size": size}
        for units in ([4], [8])
        for folds in (2, 3)
        for size in (10, 20, 30)
    ]
    chosen = tried(*grid)
    assert {(str(each["units"]), each["folds"]) for each in chosen} == {
        ("[4]", 2),
        ("[4]", 3),
        ("[8]", 2),
        ("[8]", 3),
    }
    assert {each["batch_size"] for each in chosen} == {10, 20, 30}
    assert len(chosen) == 6


def test_of_rates_the_least_and_the_largest_are_rehearsed() -> None:
    rates = [0.3, 0.1, 0.5, 0.2, 0.7, 0.4]
    assert [each["dropout"] for each in tried(*({"dropout": rate} for rate in rates))] == [0.3, 0.1, 0.7]
