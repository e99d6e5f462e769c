"""Every example of docs/what-an-exercise-can-say.md trains."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

pytestmark = [
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # in Keras' ReduceLROnPlateau
]

PAGE = (Path(__file__).parents[2] / "docs/what-an-exercise-can-say.md").read_text(encoding="utf-8")
MODULES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(RECIPE,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SETTINGS = {"optimizer": "adam", "learning_rate": 0.02, "batch_size": 64, "epochs": 4}
ENGINES = ["stack", "stack", "train_step", "plain arrays", "plain arrays", "texts", "stack"]
"""How each module is trained, or a word of the reason why not together."""


NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    from PIL import Image
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    folder = tmp_path_factory.mktemp("images")
    for place, (image, label) in enumerate(zip(x[:400], y, strict=False)):
        (folder / str(label)).mkdir(exist_ok=True)
        Image.fromarray((image.reshape(8, 8) * 15).astype(np.uint8)).save(folder / str(label) / f"{place}.png")
    words = np.random.default_rng(0).integers(0, 40, (len(y), 5))
    texts = [f"{NAMES[label]} " + " ".join(f"word{word}" for word in own) for label, own in zip(y, words, strict=True)]
    return {"x": (x / 16).astype(np.float32), "y": y, "folder": folder, "text": np.array(texts)}


def trained(text: str, settings: dict[str, Any], arrays: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return engine, reason and outcomes of a block with two seeds of the module's net."""
    from practica import exercises
    from practica.config.study import Block
    from practica.training.block import _train, settings_of
    from practica.training.checkpoint import Checkpoints

    module: Any = ModuleType("example")
    exec(compile(text, "example", "exec"), vars(module))
    monkeypatch.setattr(exercises, "load", lambda exercise: module)
    block = Block("own", "net", (0, 1), "net", "digits", settings)
    engine, reason, outcomes = _train(block, module.net, settings_of(block), arrays, Checkpoints(folder, "key"))
    return engine, reason, [outcome for _, outcome in outcomes]


@pytest.mark.parametrize(("text", "engine"), list(zip(MODULES, ENGINES, strict=True)))
def test_a_module_trains(text: str, engine: str, arrays: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    which, reason, outcomes = trained(text, SETTINGS, arrays, tmp_path, monkeypatch)
    assert engine in (which, reason) or engine in reason
    for outcome in outcomes:
        losses = outcome.history["train"]["loss"]
        assert losses[-1] < losses[0]
        assert outcome.metrics["validation"]["accuracy"] > 0.2


def test_the_recipe_trains(arrays: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.config.recipes import check_recipe

    settings = yaml.safe_load(RECIPE)["settings"]
    check_recipe("settings", settings)
    _, reason, outcomes = trained(MODULES[0], settings, arrays, tmp_path, monkeypatch)
    assert "early stopping" in reason
    assert {"auc", "sparse_top_k_categorical_accuracy", "accuracy"} <= outcomes[0].metrics["validation"].keys()


TEXTS = next(text for text in MODULES if "TextVectorization" in text)
INSIDE = """
import keras
import numpy as np
from keras import layers

from practica.exercises.problem import MULTICLASS, Problem, Samples, hold_out, model


@model
def net(settings):
    inputs = keras.Input((), dtype="string")
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    counts = layers.TextVectorization(vocabulary=names, output_mode="count")(inputs)
    return keras.Model(inputs, layers.Dense(10)(counts))


def problem(arrays, settings, seed, fold):
    samples = Samples(np.asarray(arrays["text"]), np.asarray(arrays["y"]))
    return Problem(MULTICLASS, *hold_out(samples, 0.2, seed))
"""


@pytest.fixture
def kept(arrays: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Callable[..., Any]]:
    """Return a function that trains a module's net, keeps it, and returns how to predict with it."""
    from click.testing import CliRunner

    from practica import data, exercises
    from practica.cli import main
    from practica.config.study import Block
    from practica.training.block import train_block
    from practica.training.checkpoint import Checkpoints
    from practica.training.rehearsal import rehearse

    def train(text: str) -> Callable[..., Any]:
        module: Any = ModuleType("example")
        exec(compile(text, "example", "exec"), vars(module))
        monkeypatch.setattr(exercises, "load", lambda exercise: module)
        monkeypatch.setattr(data, "load", lambda name, folder: SimpleNamespace(arrays=arrays))
        block = Block("own", "net", (0,), "net", "digits", {**SETTINGS, "epochs": 6}, save_model="last")
        rehearse(block, arrays)
        about = {"name": "digits", "fingerprint": "0" * 64, "stand_in": False, "origin": {}}
        train_block(block, arrays, about, 1, block.folder(tmp_path), Checkpoints(tmp_path / "checkpoints", "key"))
        return predict

    def predict(source: str, *words: str) -> Any:
        places = ["--results", str(tmp_path), "--data", str(tmp_path)]
        return CliRunner().invoke(main, ["predict", "own/net", "--input", str(tmp_path / source), *places, *words])

    return train


def right(answer: str, labels: np.ndarray) -> float:
    """Return the share of right classes in what ``predict`` prints."""
    return float(np.mean([int(row.rpartition(",")[2]) for row in answer.splitlines()[1:]] == labels))


@pytest.mark.parametrize("text", [TEXTS, INSIDE], ids=["before the net", "in the net"])
def test_a_net_of_texts_is_rehearsed_trained_kept_and_predicts(
    text: str, arrays: Any, tmp_path: Path, kept: Any
) -> None:
    predict = kept(text)
    few = arrays["text"][:20]
    np.savez(tmp_path / "few.npz", few)
    (tmp_path / "few.csv").write_text("number,text\n" + "".join(f'{n},"{each}"\n' for n, each in enumerate(few)))
    (tmp_path / "few.txt").write_text("\n".join(few))
    answers = set()
    for kind in ("npz", "csv", "txt"):
        result = predict(f"few.{kind}")
        assert result.exit_code == 0, result.output
        answers.add(result.output)
    (answer,) = answers
    assert right(answer, arrays["y"][:20]) > 0.6
    np.savez(tmp_path / "numbers.npz", np.zeros(3))
    result = predict("numbers.npz")
    assert result.exit_code == 2
    assert "no texts in it" in result.output


def test_a_net_with_several_inputs_predicts_from_an_array_for_each(arrays: Any, tmp_path: Path, kept: Any) -> None:
    (text,) = [each for each in MODULES if '"upper": upper' in each]
    predict = kept(text)
    upper, lower, labels = arrays["x"][:700, :32], arrays["x"][:700, 32:], arrays["y"][:700]
    np.savez(tmp_path / "both.npz", lower=lower, upper=upper)
    result = predict("both.npz")
    assert result.exit_code == 0, result.output
    assert right(result.output, labels) > 0.6
    assert predict("both.npz", "--as-inputs").output == result.output
    np.savez(tmp_path / "one.npz", upper=upper)
    np.savez(tmp_path / "uneven.npz", upper=upper, lower=lower[:9])
    np.savez(tmp_path / "wide.npz", upper=arrays["x"][:9], lower=lower[:9])
    for source, sentence in (
        ("one.npz", "the net takes these arrays: upper, lower; the file holds: upper"),
        ("uneven.npz", "the same number of samples, at least one: 700 in upper, 9 in lower"),
        (
            "wide.npz",
            "inputs of shape upper (64,), lower (32,) do not fit the net, which takes upper (32,), lower (32,)",
        ),
        ("none.npz", "needs arrays (npz)"),
    ):
        result = predict(source)
        assert (result.exit_code, sentence in result.output) == (2, True), result.output


def test_inputs_in_a_tuple_come_from_the_file_in_its_order(arrays: Any, tmp_path: Path, kept: Any) -> None:
    (text,) = [each for each in MODULES if '"upper": upper' in each]
    for old, new in (
        ('{"upper": upper, "lower": lower}', "[upper, lower]"),
        ('{"upper": x[:, :32], "lower": x[:, 32:]}', "(x[:, :32], x[:, 32:])"),
    ):
        assert old in text
        text = text.replace(old, new)
    predict = kept(text)
    np.savez(tmp_path / "both.npz", arrays["x"][:200, :32], arrays["x"][:200, 32:])
    result = predict("both.npz")
    assert result.exit_code == 0, result.output
    assert right(result.output, arrays["y"][:200]) > 0.6
    assert predict("both.npz", "--as-inputs").output == result.output
