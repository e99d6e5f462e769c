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
from ten import needs

pytestmark = [
    needs("ej08/dense", "ej08/conv"),
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with generated MNIST in ``data``, and trained blocks with saved nets in ``results``."""
    from practica.data import prepare
    from practica.jobs.job import run_job

    folder = tmp_path_factory.mktemp("kept")
    (folder / "empty").mkdir()
    prepare("mnist", folder / "data", mirror=str(folder / "empty"), on_missing="stand-in")
    for variant, seeds, keep in (("dense", (0, 1), "last"), ("conv", (0,), "best"), ("bare", (0,), "none")):
        model = "dense" if variant == "bare" else variant
        block = Block("ej08", variant, seeds, model, "mnist", SETTINGS, save_model=keep)
        run_job(block, "code", folder / "data", folder / "results", 1, 0, None, 0.0)
    return folder


def manifest(folder: Path, variant: str) -> tuple[Path, dict[str, Any]]:
    (path,) = (folder / "results/runs/ej08" / variant).glob("*/manifest.json")
    return path, json.loads(path.read_text())


def predict(folder: Path, *words: str) -> Any:
    places = ["--data", str(folder / "data"), "--results", str(folder / "results")]
    return CliRunner().invoke(main, ["predict", *words, *places])


@pytest.mark.parametrize(("variant", "which"), [("dense", "accuracy"), ("conv", "best_accuracy")])
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
        from practica import exercises
        from practica.data import load
        from practica.training.block import settings_of

        block = Block("ej08", variant, tuple(content["seeds"]), variant, "mnist", SETTINGS)
        seed = int(name[1:])
        problem = exercises.load("ej08").problem(load("mnist", folder / "data").arrays, settings_of(block), seed, None)
        inputs = np.asarray(problem.to_input(problem.test.x))
        np.save(folder / "inputs.npy", inputs)
        out = folder / "outputs.npy"
        subprocess.run([sys.executable, "-c", code, str(file), str(out), str(folder / "inputs.npy")], check=True)
        accuracy = np.mean(np.load(out).argmax(axis=1) == problem.test.y)
        runs = json.loads((path.parent / "metrics.json").read_text())["runs"]
        (run,) = [each for each in runs if each["seed"] == seed]
        assert accuracy == pytest.approx(run["metrics"]["test"][which], abs=1e-6)


def test_predictions_by_hand_are_those_of_the_run(folder: Path) -> None:
    from PIL import Image

    from practica.data import load

    images = np.asarray(load("mnist", folder / "data").arrays["x_test"])[:12]
    np.savez(folder / "digits.npz", x=images)
    (folder / "images").mkdir(exist_ok=True)
    for place, image in enumerate(images):
        Image.fromarray(image).save(folder / "images" / f"{place:02}.png")
    done = predict(folder, "ej08/conv", "--input", str(folder / "digits.npz"), "--out", str(folder / "out.csv"))
    assert done.exit_code == 0, done.output
    rows = (folder / "out.csv").read_text().splitlines()
    assert len(rows) == 13
    assert rows[0].startswith("sample,output_0,") and rows[0].endswith(",class")
    scaled = images / 255.0
    np.savez(folder / "scaled.npz", scaled)
    again = predict(folder, "ej08/conv", "--input", str(folder / "scaled.npz"), "--as-inputs")
    classes = [[row.rpartition(",")[2] for row in lines] for lines in (rows[1:], again.output.splitlines()[-12:])]
    assert classes[0] == classes[1]


def test_what_cannot_be_is_one_sentence(folder: Path) -> None:
    np.savez(folder / "odd.npz", np.zeros((2, 5)))
    for words, sentence in (
        (["ej08/bare", "--input", "digits.npz"], "kept no model"),
        (["ej08/dense", "--seed", "7", "--input", "digits.npz"], "no such run"),
        (["ej08/dense", "--input", str(folder / "odd.npz"), "--as-inputs"], "do not fit the net"),
        (["ej08", "--input", "digits.npz"], "'ej08' should read exercise/variant"),
    ):
        done = predict(folder, *words)
        assert (done.exit_code, sentence in done.output) == (2, True), done.output
    path, content = manifest(folder, "dense")
    file = path.parent / content["models"]["s1"]["file"]
    whole = file.read_bytes()
    try:
        file.write_bytes(whole + b"x")
        done = predict(folder, "ej08/dense", "--seed", "1", "--input", str(folder / "odd.npz"))
        assert done.exit_code == 2
        assert "is not the model" in done.output
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
    done = CliRunner().invoke(
        main, ["predict", "ej08/dense", "--input", "a.npz", "--data", "data", "--results", "results"]
    )
    assert "opened after ['ej08']" in done.output
