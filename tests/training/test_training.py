"""Training: the order of batches, determinism, the best epoch, verdicts, and the files of a block."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from practica.config.study import Block
from practica.errors import InputError, RunError
from practica.files import write_checked
from toy import TOY, toy_study
from training import made_up

pytestmark = pytest.mark.keras

DATA = {"name": "walks", "fingerprint": "f", "stand_in": True, "origin": {"kind": "stand-in", "source": "test"}}
SETTINGS = {
    "epochs": 3,
    "batch_size": 16,
    "optimizer": "adam",
    "learning_rate": 0.01,
    "bn_momentum": 0.9,
    "validation_fraction": 0.25,
}


@pytest.fixture(autouse=True)
def made_up_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica import exercises

    monkeypatch.setattr(exercises, "load", lambda exercise: made_up)


@pytest.fixture(scope="module")
def walks() -> dict[str, np.ndarray]:
    """Return walks whose class shows in one of their heights: easy, but not trivial."""
    rng = np.random.default_rng(0)

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        y = np.arange(count) % 3
        x = rng.integers(-8, 4, (count, 16), dtype=np.int8)
        x[np.arange(count), 5 * y + 2] += 10
        return x, y.astype(np.uint8)

    (x_train, y_train), (x_test, y_test) = part(200), part(60)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def block(seeds: tuple[int, ...] = (0,), **settings: Any) -> Block:
    return Block(made_up.NAME, "normalised", seeds, "normalised", "walks", {**SETTINGS, **settings})


def train(block: Block, arrays: dict[str, np.ndarray], folder: Path) -> dict[str, Any]:
    from practica.training.block import train_block
    from practica.training.checkpoint import Checkpoints

    train_block(block, arrays, DATA, 1, folder, Checkpoints(folder / "checkpoints", "key"))
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in ("metrics", "history", "manifest")}


def test_every_epoch_sees_every_sample_once_in_an_order_of_its_own() -> None:
    from practica.exercises.problem import Samples
    from practica.feed import Feed
    from practica.training.batches import epoch_order, training_batches

    feed, samples = Feed(None), Samples(np.arange(10), np.arange(10))
    batches = [x.numpy() for x, _ in training_batches(feed, samples, 4, 7, range(3))]
    assert [len(batch) for batch in batches] == [4, 4, 2] * 3
    epochs = np.concatenate(batches).astype(int).reshape(3, 10)
    assert (np.sort(epochs) == np.arange(10)).all()
    assert len({tuple(epoch) for epoch in epochs}) == 3
    resumed = [x.numpy() for x, _ in training_batches(feed, samples, 4, 7, range(2, 3))]
    assert (np.concatenate(resumed) == epochs[2]).all()
    assert (epochs[1] == epoch_order(7, 1, 10)).all()


def test_no_batches_are_tuned_for_the_end_of_an_iterator_would_wait_for_the_tuner() -> None:
    from practica.exercises.problem import Samples
    from practica.feed import Feed
    from practica.training.batches import evaluation_batches, training_batches

    feed, samples = Feed(None), Samples(np.arange(10), np.arange(10))
    for batches in (training_batches(feed, samples, 4, 7, range(3)), evaluation_batches(feed, samples)):
        assert batches.options().autotune.enabled is False


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(walks: Any, tmp_path: Path) -> None:
    first = train(block(), walks, tmp_path / "a")
    again = train(block(), walks, tmp_path / "b")
    other = train(block((1,)), walks, tmp_path / "c")
    assert first["metrics"]["runs"] == again["metrics"]["runs"]
    assert first["history"]["runs"] == again["history"]["runs"]
    assert first["history"]["runs"][0]["train"] != other["history"]["runs"][0]["train"]


def test_a_seed_does_not_depend_on_the_seeds_before_it(walks: Any, tmp_path: Path) -> None:
    def convolving(*seeds: int) -> Block:
        altered = block(seeds, epochs=1, shift=0.1, rotation=0.03, dropout=0.3)
        return Block(**{**vars(altered), "variant": "images", "model": "images"})

    alone = train(convolving(1), walks, tmp_path / "a")
    beside = train(convolving(0, 1), walks, tmp_path / "b")
    assert beside["manifest"]["provenance"]["engine"] == "fit"
    assert [run["seed"] for run in beside["metrics"]["runs"]] == [0, 1]
    assert beside["metrics"]["runs"][1] == alone["metrics"]["runs"][0]


def test_the_files_tell_what_was_run(walks: Any, tmp_path: Path) -> None:
    files = train(block(), walks, tmp_path)
    run = files["metrics"]["runs"][0]
    assert set(run["metrics"]) == {"train", "validation", "test"}
    assert set(run["metrics"]["test"]) == {"loss", "accuracy", "best_loss", "best_accuracy"}
    curve = files["history"]["runs"][0]
    assert curve["epoch"] == [1, 2, 3]
    validation = curve["validation"]["accuracy"]
    assert run["best_epoch"] == 1 + int(np.argmax(validation))
    assert run["metrics"]["validation"]["best_accuracy"] == pytest.approx(max(validation), abs=1e-6)
    assert run["metrics"]["validation"]["accuracy"] == pytest.approx(validation[-1], abs=1e-6)
    provenance = files["manifest"]["provenance"]
    assert provenance["model_parameters"] == {"total": 891, "trainable": 819, "non_trainable": 72}
    assert provenance["threads"] == 1
    assert provenance["versions"]["keras"]
    assert all(file["provenance"] == provenance and file["stand_in"] for file in files.values())
    assert files["manifest"]["settings"] == SETTINGS
    for wrong in (True, "0.5", None):
        curve["train"]["loss"][1] = wrong
        with pytest.raises(RunError, match=r"history\.json: runs\.0\.train\.loss\.1: .* is not of type 'number'"):
            write_checked(tmp_path / "history.json", files["history"])


def test_it_learns(walks: Any, tmp_path: Path) -> None:
    run = train(block(epochs=25), walks, tmp_path)["metrics"]["runs"][0]
    assert run["metrics"]["test"]["accuracy"] > 0.8


def test_points_of_the_history_can_lie_several_epochs_apart(walks: Any, tmp_path: Path) -> None:
    every = train(block(epochs=4), walks, tmp_path / "a")
    second = train(block(epochs=4, log_every=2), walks, tmp_path / "b")
    assert second["history"]["runs"][0]["epoch"] == [2, 4]
    for metric in ("loss", "accuracy"):
        final = [files["metrics"]["runs"][0]["metrics"]["validation"][metric] for files in (every, second)]
        assert final[0] == pytest.approx(final[1], abs=1e-6)
    with pytest.raises(InputError, match=r"epochs \(4\).*log_every \(3\)"):
        train(block(epochs=4, log_every=3), walks, tmp_path / "c")


def test_a_loss_that_is_no_number_ends_the_run_with_a_verdict(walks: Any, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"made_up/normalised/s0, seed 0: .*epoch \d.*learning rate"):
        train(block(optimizer="sgd", learning_rate=1e30, epochs=5), walks, tmp_path)
    assert not (tmp_path / "metrics.json").exists()


def test_a_missing_setting_is_named(walks: Any, tmp_path: Path) -> None:
    settings = {key: value for key, value in SETTINGS.items() if key != "learning_rate"}
    with pytest.raises(InputError, match=r"made_up.*normalised.*learning_rate"):
        train(Block(made_up.NAME, "normalised", (0,), "normalised", "walks", settings), walks, tmp_path)


def test_random_layers_begin_each_epoch_in_a_state_of_seed_and_epoch_alone() -> None:
    import keras

    from practica.exercises.problem import MULTICLASS
    from practica.training.checkpoint import Checkpoints
    from practica.training.record import Record
    from practica.training.watch import Watch

    random = [keras.layers.RandomFlip(), keras.layers.Dropout(0.5), keras.layers.Dropout(0.5)]
    model = keras.Sequential([keras.Input((4, 4, 1)), *random])
    watch = Watch(Record(MULTICLASS, 9), Checkpoints(Path(), "key").of(3, None), 3, 1)
    watch.set_model(model)

    def states(epoch: int) -> list[list[int]]:
        watch.on_epoch_begin(epoch)
        return [generator.state.numpy().tolist() for layer in model.layers for generator in layer._seed_generators]

    fifth = states(5)
    model(np.ones((2, 4, 4, 1)), training=True)
    assert states(6) != fifth
    assert states(5) == fifth
    assert len(fifth) == len({tuple(state) for state in fifth}) == 3


def test_augmentation_alters_inputs_in_training_only_and_adds_no_parameters() -> None:
    import keras

    from practica.exercises.problem import MULTICLASS, Problem, Samples
    from practica.training.fit import augmented, count_parameters

    net = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    x = np.random.default_rng(0).random((6, 8, 8, 1)).astype("float32")
    samples = Samples(x, np.zeros(6, int))
    problem = Problem(MULTICLASS, samples, augment=lambda: [keras.layers.RandomTranslation(0.5, 0.5)])
    model = augmented(net, problem)
    assert np.array_equal(model(x, training=False).numpy(), x.reshape(6, 64))
    assert not np.array_equal(model(x, training=True).numpy(), x.reshape(6, 64))
    assert count_parameters(model) == count_parameters(net)


def test_automatic_precision_follows_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from practica import backend
    from practica.training.block import settings_of
    from practica.training.fit import precision

    if backend.gpus():
        pytest.skip("a GPU has the arithmetic")
    neither, vectors, matrices = "fpu avx2", "fpu avx512f avx512_bf16", "fpu avx512_bf16 amx_bf16 amx_tile"
    for vendor, flags, expected in (
        ("GenuineIntel", neither, "float32"),
        ("GenuineIntel", vectors, "float32"),
        ("GenuineIntel", matrices, "mixed_bfloat16"),
        ("AuthenticAMD", neither, "float32"),
        ("AuthenticAMD", vectors, "mixed_bfloat16"),
    ):
        (tmp_path / "cpuinfo").write_text(f"processor : 0\nvendor_id : {vendor}\nflags : {flags}\n")
        monkeypatch.setattr(backend, "CPU_INFO", tmp_path / "cpuinfo")
        assert precision(settings_of(block(precision="auto"))) == expected
        assert precision(settings_of(block(precision="float32"))) == "float32"
    assert precision(settings_of(block())) == "float32"


def test_what_is_trained_by_hand_is_rehearsed_first(tmp_path: Path) -> None:
    """Or it would train with the exercise's own loss, and say that it was the one of the settings."""
    from practica.data import prepare
    from practica.jobs.job import run_job

    trained = block(loss="cross_entropi")
    prepare("walks", tmp_path)
    with pytest.raises(InputError, match="made_up/normalised: loss: Keras has no loss 'cross_entropi'"):
        run_job(trained, "code", tmp_path, tmp_path / "results", 1, 0, None, 60.0, by_hand=True)
    assert not (trained.folder(tmp_path / "results") / "metrics.json").exists()


@pytest.mark.parametrize("variant", ["conv", "dense"])
def test_another_backend_trains_it_too(variant: str, tmp_path: Path) -> None:
    pytest.importorskip("jax", reason="JAX is not in the lock for GPUs: pip install -e '.[jax]'")
    from practica.data import prepare

    trained = toy_study().block("steps", variant, (0,))
    trained = Block(**{**vars(trained), "settings": {**trained.settings, "epochs": 1}})
    prepare("walks", tmp_path)
    command = [sys.executable, "-m", "practica", "train"]
    job = ["--spec", trained.specification(), "--data", str(tmp_path), "--results", str(tmp_path / "results")]
    # XLA optimizes nothing, because it would compile longer than the net trains.
    environment = {
        **os.environ,
        "PRACTICA_STUDY": str(TOY),
        "KERAS_BACKEND": "jax",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",
    }
    subprocess.run([*command, *job], check=True, env=environment)
    metrics = json.loads((trained.folder(tmp_path / "results") / "metrics.json").read_text())
    assert metrics["provenance"]["versions"]["backend"].startswith("jax ")
    assert np.isfinite(metrics["runs"][0]["metrics"]["test"]["loss"])


def test_the_commit_is_that_of_the_code_as_it_was_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.training import provenance

    answers = iter(["commit of the code", "", "a later commit", ""])
    monkeypatch.setattr(provenance, "_git", lambda *_: next(answers))
    provenance.git_state.cache_clear()
    try:
        states = [provenance.describe(1, {})["git"] for _ in range(2)]
    finally:
        provenance.git_state.cache_clear()
    assert states == [{"commit": "commit of the code", "dirty": False}] * 2
