"""Saved nets: which weights they have, that plain Keras opens them, and that no other file is mistaken for one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from practica.cli import main
from practica.config.study import Block
from practica.files import sha256
from training import made_up

pytestmark = [
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # in Keras' save
]

SETTINGS = {
    "epochs": 3,
    "batch_size": 64,
    "optimizer": "adam",
    "learning_rate": 0.05,
    "validation_fraction": 0.25,
    "train_samples": 200,
    "test_samples": 40,
    "bn_momentum": 0.9,
}
MODELS = {
    "normalised": ("normalised", (0, 1), "last", {}),
    "images": ("images", (0,), "best", {"shift": 0.1, "rotation": 0.03, "dropout": 0.3}),
    "bare": ("normalised", (0,), "none", {}),
}
"""The variants: their models, seeds, which weights they keep, and their own settings."""


def block_of(variant: str) -> Block:
    model, seeds, keep, own = MODELS[variant]
    return Block(made_up.NAME, variant, seeds, model, "walks", {**SETTINGS, **own}, save_model=keep)


@pytest.fixture(autouse=True)
def made_up_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica import exercises

    monkeypatch.setattr(exercises, "load", lambda exercise: made_up)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with walks in ``data``, and trained blocks with saved nets in ``results``."""
    from practica import exercises
    from practica.data import prepare
    from practica.jobs.job import run_job

    folder = tmp_path_factory.mktemp("kept")
    prepare("walks", folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exercises, "load", lambda exercise: made_up)
        for variant in MODELS:
            run_job(block_of(variant), "code", folder / "data", folder / "results", 1, 0, None, 0.0)
    return folder


def manifest(folder: Path, variant: str) -> tuple[Path, dict[str, Any]]:
    (path,) = (folder / "results/runs" / made_up.NAME / variant).glob("*/manifest.json")
    return path, json.loads(path.read_text())


def predict(folder: Path, *words: str) -> Any:
    places = ["--data", str(folder / "data"), "--results", str(folder / "results")]
    return CliRunner().invoke(main, ["predict", *words, *places])


@pytest.mark.parametrize(("variant", "which"), [("normalised", "accuracy"), ("images", "best_accuracy")])
def test_plain_keras_opens_it_and_gives_what_was_measured(folder: Path, variant: str, which: str) -> None:
    path, content = manifest(folder, variant)
    for name, entry in content["models"].items():
        file = path.parent / entry["file"]
        assert sha256(file.read_bytes()) == entry["sha256"]
        code = (
            "import sys, keras, numpy as np\n"
            "net = keras.saving.load_model(sys.argv[1])\n"
            "assert 'practica' not in sys.modules\n"
            "np.save(sys.argv[2], net.predict(np.load(sys.argv[3]), verbose=0))"
        )
        from practica.data import load
        from practica.training.block import settings_of

        seed = int(name[1:])
        arrays = load("walks", folder / "data").arrays
        problem = made_up.problem(arrays, settings_of(block_of(variant)), seed, None)
        inputs = np.asarray(problem.to_input(problem.test.x))
        np.save(folder / "inputs.npy", inputs)
        out = folder / "outputs.npy"
        subprocess.run([sys.executable, "-c", code, str(file), str(out), str(folder / "inputs.npy")], check=True)
        accuracy = np.mean(np.load(out).argmax(axis=1) == problem.test.y)
        runs = json.loads((path.parent / "metrics.json").read_text())["runs"]
        (run,) = [each for each in runs if each["seed"] == seed]
        assert accuracy == pytest.approx(run["metrics"]["test"][which], abs=1e-6)


def test_predictions_by_hand_are_those_of_the_run(folder: Path) -> None:
    from practica.data import load

    walks = np.asarray(load("walks", folder / "data").arrays["x_test"])[:12]
    np.savez(folder / "walks.npz", x=walks)
    result = predict(folder, "made_up/images", "--input", str(folder / "walks.npz"), "--out", str(folder / "out.csv"))
    assert result.exit_code == 0, result.output
    rows = (folder / "out.csv").read_text().splitlines()
    assert len(rows) == 13
    assert rows[0].startswith("sample,output_0,") and rows[0].endswith(",class")
    np.savez(folder / "scaled.npz", (walks / made_up.SCALE).reshape(-1, 4, 4, 1))
    again = predict(folder, "made_up/images", "--input", str(folder / "scaled.npz"), "--as-inputs")
    classes = [[row.rpartition(",")[2] for row in lines] for lines in (rows[1:], again.output.splitlines()[-12:])]
    assert classes[0] == classes[1]


def test_what_cannot_be_is_one_sentence(folder: Path) -> None:
    np.savez(folder / "odd.npz", np.zeros((2, 5)))
    for words, sentence in (
        (["made_up/bare", "--input", "walks.npz"], "kept no model"),
        (["made_up/normalised", "--seed", "7", "--input", "walks.npz"], "no such run"),
        (["made_up/normalised", "--input", str(folder / "odd.npz"), "--as-inputs"], "do not fit the net"),
        (["made_up", "--input", "walks.npz"], "'made_up' should read exercise/variant"),
    ):
        result = predict(folder, *words)
        assert (result.exit_code, sentence in result.output) == (2, True), result.output
    path, content = manifest(folder, "normalised")
    file = path.parent / content["models"]["s1"]["file"]
    whole = file.read_bytes()
    try:
        file.write_bytes(whole + b"x")
        result = predict(folder, "made_up/normalised", "--seed", "1", "--input", str(folder / "odd.npz"))
        assert result.exit_code == 2
        assert "is not the model" in result.output
    finally:
        file.write_bytes(whole)


def test_the_exercise_registers_its_layers_before_its_net_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica import exercises
    from practica.errors import InputError
    from practica.training import kept_models

    loaded: list[str] = []

    def opened(*arguments: Any) -> Any:
        raise InputError(f"opened after {loaded}")

    monkeypatch.setattr(exercises, "load", loaded.append)
    monkeypatch.setattr(kept_models, "kept_model", opened)
    result = CliRunner().invoke(
        main, ["predict", "made_up/normalised", "--input", "a.npz", "--data", "data", "--results", "results"]
    )
    assert "opened after ['made_up']" in result.output
