"""Trials of a search in one graph: each gets the numbers of its own run, whatever it differs in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from practica.config.study import Block
from training import dropping, made_up
from training.stacked import assert_equal
from training.tiny_jobs import MOONS, OFFICIAL, TRAINING

pytestmark = pytest.mark.keras

POINTS = {"x": np.random.default_rng(0).normal(5, 3, (150, 8)), "y": np.arange(150) % 2}
FOLDS = Block("moons", "dense", (3, 4), "dense", "crescents", {**TRAINING, **MOONS, "folds": 2, "epochs": 4})
DROPS = Block(
    "dropping",
    "own",
    (0, 1),
    "dropping",
    "none",
    {**TRAINING, "bn_momentum": 0.9, "l2": 0.01, "dropout": 0.4, "epochs": 3},
)
IMAGES = Block("made_up", "images", (0,), "images", "walks", {**OFFICIAL, "shift": 0.1, "rotation": 0.1, "epochs": 1})


@pytest.fixture(autouse=True)
def exercises_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica import exercises

    load, own = exercises.load, {"made_up": made_up, "dropping": dropping}
    monkeypatch.setattr(exercises, "load", lambda name, *rest: own.get(name) or load(name, *rest))


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the arrays of each data set."""
    from practica.data import load, prepare

    folder = tmp_path_factory.mktemp("data")
    for name in ("walks", "crescents"):
        prepare(name, folder)
    return {"none": POINTS} | {name: load(name, folder, test=False).arrays for name in ("walks", "crescents")}


@pytest.fixture(params=[True, False], ids=["common batches", "batches of their own"])
def sharing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Let trials share their batches or not; return by how many replicas each batch was shared."""
    from practica.training import stack

    monkeypatch.setattr(stack, "SHARED_VALUES", 0 if request.param else 10**9)
    step, by = stack.Step, set()

    def spy(*args: Any, sharing: int, **options: Any) -> Any:
        by.add(sharing)
        return step(*args, sharing=sharing, **options)

    monkeypatch.setattr(stack, "Step", spy)
    return by


def trials(block: Block, *settings: dict[str, Any]) -> list[Block]:
    """Return a trial of the block for each of these settings."""
    return [replace(block, trial=f"t{n}", settings={**block.settings, **own}) for n, own in enumerate(settings)]


def together(
    blocks: list[Block], arrays: dict[str, Any], folder: Path, **checkpoints: Any
) -> tuple[list[dict[Any, Any]], dict[str, str]]:
    """Return the outcomes of each block's runs by name, and why blocks were left to their own jobs."""
    from practica.training.block import names_of
    from practica.training.checkpoint import Checkpoints
    from practica.training.together import train_together

    own = [Checkpoints(folder / block.trial, block.trial) for block in blocks]
    shared = Checkpoints(folder / "shared", "shared", **checkpoints)
    left = train_together(blocks, arrays[blocks[0].dataset], own, shared)
    return [
        {name: outcome for name in names_of(block) if (outcome := each.of(*name).finished())}
        for block, each in zip(blocks, own, strict=True)
    ], left


def alone(block: Block, arrays: dict[str, Any], folder: Path) -> dict[Any, Any]:
    """Return the outcomes of the block's runs, trained as its own job trains them."""
    from practica import exercises
    from practica.training.block import _train, builder, settings_of
    from practica.training.checkpoint import Checkpoints

    build = builder(exercises.load(block.exercise), block.model)
    checkpoints = Checkpoints(folder / "alone", block.trial)
    engine, _, outcomes = _train(block, build, settings_of(block), arrays[block.dataset], checkpoints)
    assert engine == "stack"
    return dict(outcomes)


def rates(*values: float, **others: Any) -> list[dict[str, Any]]:
    """Return settings with these learning rates."""
    return [{"learning_rate": value, **others} for value in values]


@pytest.mark.parametrize(
    ("block", "settings"),
    [
        (FOLDS, [{"learning_rate": 0.01, "l2": 0.1}, {"learning_rate": 0.1, "l2": 0.0}, {"l2": 0.01}]),
        (replace(FOLDS, settings={**FOLDS.settings, "folds": 3}), rates(0.01, 0.1)),
        (FOLDS, rates(0.01, 0.001, optimizer="lamb")),
        (FOLDS, rates(0.1, 0.01, optimizer={"name": "adamw", "weight_decay": 0.1})),
        (DROPS, [{"dropout": 0.5, "l2": 0.1}, {"dropout": 0.1, "learning_rate": 0.02}, {"dropout": 0.25}]),
    ],
    ids=["rates and penalties", "folds of other sizes", "an optimizer for each run", "weight decay", "Dropout"],
)
def test_a_trial_gets_the_numbers_of_its_own_run(
    block: Block,
    settings: list[dict[str, Any]],
    arrays: dict[str, Any],
    tmp_path: Path,
    sharing: set[int],
    request: pytest.FixtureRequest,
) -> None:
    blocks = trials(block, *settings)
    outcomes, left = together(blocks, arrays, tmp_path)
    assert not left
    assert sharing == {len(settings) if "common batches" in request.node.callspec.id else 1}
    for own, result in zip(blocks, outcomes, strict=True):
        expected = alone(own, arrays, tmp_path)
        assert list(result) == list(expected)
        assert_equal(list(result.values()), list(expected.values()))
    losses = [next(iter(each.values())).history["train"]["loss"] for each in outcomes]
    assert not np.allclose(losses[0], losses[1])


def test_only_trials_of_one_graph_train_together(arrays: dict[str, Any], tmp_path: Path) -> None:
    """Two nets of four units and of five: they are two graphs; what is like no other is left to its own job."""
    settings = [
        {"units": [4], "l2": 0.1},
        {"units": [5], "l2": 0.1},
        {"units": [4], "l2": 0.2},
        {"units": [5], "learning_rate": 0.1},
        {"units": [5], "batch_size": 10},
        {"units": [5], "epochs": 2},
    ]
    outcomes, left = together(trials(FOLDS, *settings), arrays, tmp_path)
    assert [len(each) for each in outcomes] == [4, 4, 4, 4, 0, 0]
    assert set(left) == {"moons/dense/t4/s3-4", "moons/dense/t5/s3-4"}
    assert set(left.values()) == {"no other trial differs from it only in rates and penalties"}


def test_a_setting_of_the_recipe_keeps_trials_apart_even_if_the_net_reads_it(
    arrays: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = dropping.dropping
    monkeypatch.setattr(dropping, "dropping", lambda settings: own(settings) if settings.batch_size else None)
    outcomes, left = together(trials(DROPS, {"batch_size": 10}, {"batch_size": 20}), arrays, tmp_path)
    assert outcomes == [{}, {}]
    assert set(left.values()) == {"no other trial differs from it only in rates and penalties"}


def test_without_any_dropout_a_net_draws_no_numbers(
    arrays: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its layer has no random numbers then, whatever else the net has."""
    import keras
    from keras import layers

    def last(settings: Any) -> Any:
        return keras.Sequential([keras.Input((8,)), layers.Dense(1), layers.Dropout(settings.dropout)])

    monkeypatch.setattr(dropping, "dropping", last)
    outcomes, left = together(trials(DROPS, {"dropout": 0.2}, {"dropout": 0.0}, {"dropout": 0.3}), arrays, tmp_path)
    assert [len(each) for each in outcomes] == [2, 0, 2]
    assert list(left) == ["dropping/own/t1/s0-1"]


@pytest.mark.usefixtures("sharing")
def test_a_trial_that_diverges_is_left_and_the_others_go_on(arrays: dict[str, Any], tmp_path: Path) -> None:
    """The job of its own says why; the others are as without it."""
    settings = rates(0.1, 1e20, 0.01, optimizer="sgd")
    outcomes, left = together(trials(FOLDS, *settings), arrays, tmp_path / "all")
    assert [len(each) for each in outcomes] == [4, 0, 4]
    assert not left
    others, _ = together(trials(FOLDS, settings[0], settings[2]), arrays, tmp_path / "others")
    for one, other in zip((outcomes[0], outcomes[2]), others, strict=True):
        assert_equal(list(one.values()), list(other.values()))


def test_data_that_depend_on_a_tuned_number_cannot_be_shared(
    arrays: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = dropping.problem

    def noisy(given: Any, settings: Any, seed: int, fold: int | None) -> Any:
        return own({**given, "x": given["x"] * settings.l2}, settings, seed, fold)

    monkeypatch.setattr(dropping, "problem", noisy)
    outcomes, left = together(trials(DROPS, {"l2": 0.1}, {"l2": 0.2}), arrays, tmp_path)
    assert outcomes == [{}, {}]
    assert set(left.values()) == {"its data depend on l2, in which the trials differ"}
    outcomes, left = together(trials(DROPS, {"dropout": 0.1}, {"dropout": 0.2}), arrays, tmp_path)
    assert not left


def test_a_net_that_trains_alone_is_left_to_its_own_jobs(arrays: dict[str, Any], tmp_path: Path) -> None:
    blocks = trials(IMAGES, {"dropout": 0.3}, {"dropout": 0.2})
    outcomes, left = together(blocks, arrays, tmp_path)
    assert outcomes == [{}, {}]
    assert all("convolutions" in reason for reason in left.values())


@pytest.mark.usefixtures("sharing")
def test_what_is_stopped_goes_on_to_the_same_bits(arrays: dict[str, Any], tmp_path: Path) -> None:
    from practica.errors import StoppedError

    blocks = trials(FOLDS, *rates(0.1, 1e20, 0.01, optimizer="sgd"))
    whole, _ = together(blocks, arrays, tmp_path / "whole", every=0)
    stop = {"every": 0, "at_point": lambda run, record: "stopped" if record.done == 2 else None}
    with pytest.raises(StoppedError):
        together(blocks, arrays, tmp_path / "again", **stop)
    again, _ = together(blocks, arrays, tmp_path / "again", every=0)
    for one, other in zip(whole, again, strict=True):
        assert list(one) == list(other)
        assert [each.history for each in one.values()] == [each.history for each in other.values()]


def test_a_job_leaves_what_another_process_trains(
    arrays: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And each trial's own job then only writes the results, which say how they were trained."""
    from practica.data import prepare
    from practica.files import read_json
    from practica.jobs.job import run_job
    from practica.jobs.lock import Lock
    from practica.jobs.states import checkpoint_folder
    from practica.jobs.together import run_together
    from practica.training import stack

    prepare("crescents", tmp_path / "data")
    results, blocks = tmp_path / "results", trials(FOLDS, *rates(0.1, 0.2, 0.3))
    lock = Lock(checkpoint_folder(blocks[1], results) / "lock.json")
    assert lock.try_acquire()
    left = run_together(blocks, "code", tmp_path / "data", results, 1, 0, None, 60)
    lock.release()
    assert left == {blocks[1].id: "another process trains it"}
    assert not list((results / "checkpoints").rglob("together/**/*.json"))
    with monkeypatch.context() as patch:
        patch.setattr(stack, "Stack", None)  # there is nothing left to train
        for block in (blocks[0], blocks[2]):
            run_job(block, "code", tmp_path / "data", results, 1, 0, None, 60)
            provenance = read_json(block.folder(results) / "manifest.json")["provenance"]
            assert provenance["engine"] == "stack"
            assert provenance["engine_reason"] == "its runs share a graph with those of other trials, 2 in all"
            assert provenance["resumed_seconds"] == provenance["fit_seconds"] > 0
            # Four runs of four epochs each, and half of the processor's time.
            assert (provenance["attempts"], provenance["cost"]["epochs"]) == (2, 16.0)
            assert provenance["cost"]["cpu_seconds"] > 0.1
    run_job(blocks[1], "code", tmp_path / "data", results, 1, 0, None, 60)
    own = read_json(blocks[1].folder(results) / "manifest.json")["provenance"]
    assert own["engine_reason"] == "its runs gain from sharing a graph"


def test_a_job_whose_trials_all_train_alone_ends_well(arrays: dict[str, Any], tmp_path: Path) -> None:
    """Because of their net, or because other processes train all of them; nothing has a cost to share."""
    from practica.data import prepare
    from practica.jobs.journal import Journal
    from practica.jobs.lock import Lock
    from practica.jobs.states import checkpoint_folder
    from practica.jobs.together import run_together

    prepare("walks", tmp_path / "data")
    results, blocks = tmp_path / "results", trials(IMAGES, {"dropout": 0.3}, {"dropout": 0.2})
    left = run_together(blocks, "code", tmp_path / "data", results, 1, 0, None, 60)
    assert set(left) == {block.id for block in blocks}
    assert all("convolutions" in reason for reason in left.values())
    assert not any(Journal(block, results).entries() for block in blocks)

    locks = [Lock(checkpoint_folder(block, results) / "lock.json") for block in blocks]
    assert all(lock.try_acquire() for lock in locks)
    left = run_together(blocks, "code", tmp_path / "data", results, 1, 0, None, 60)
    assert set(left.values()) == {"another process trains it"}


def test_what_has_diverged_stays_lost_after_a_stop() -> None:
    from practica.exercises.problem import REGRESSION
    from practica.training.record import Record
    from practica.training.records import Records

    def records() -> Records:
        return Records([Record(REGRESSION, 4, 1.0) for _ in range(2)], ["one", "other"], others_go_on=True)

    before, after = records(), records()
    before.add([1, 2], {("train", name): np.array([[1.0, np.nan], [0.5, 0.5]]) for name in ("loss", "mse")}, 1.0)
    after.restore(before.fields(), [])
    assert after.lost == before.lost == {1}
    assert (after.done, after.monitored) == (2, 0.5)
