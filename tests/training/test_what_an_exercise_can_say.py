"""Every example of docs/what-an-exercise-can-say.md trains."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
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
ENGINES = ["stack", "stack", "train_step", "plain arrays", "plain arrays"]
"""How each module is trained, or a word of the reason why not together."""


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    from PIL import Image
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    folder = tmp_path_factory.mktemp("images")
    for place, (image, label) in enumerate(zip(x[:400], y, strict=False)):
        (folder / str(label)).mkdir(exist_ok=True)
        Image.fromarray((image.reshape(8, 8) * 15).astype(np.uint8)).save(folder / str(label) / f"{place}.png")
    return {"x": (x / 16).astype(np.float32), "y": y, "folder": folder}


def trained(text: str, settings: dict[str, Any], arrays: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return engine, reason and outcomes of a block of two seeds of the module's net."""
    from practica import exercises
    from practica.config import Block
    from practica.training.block import _train, settings_of
    from practica.training.checkpoint import Checkpoints

    module: Any = ModuleType("example")
    exec(compile(text, "example", "exec"), vars(module))
    monkeypatch.setattr(exercises, "load", lambda exercise: module)
    block = Block("ej90", "net", (0, 1), "net", "digits", settings)
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
    from practica.recipes import check_recipe

    settings = yaml.safe_load(RECIPE)["settings"]
    check_recipe("settings", settings)
    _, reason, outcomes = trained(MODULES[0], settings, arrays, tmp_path, monkeypatch)
    assert "early stopping" in reason
    assert {"auc", "sparse_top_k_categorical_accuracy", "accuracy"} <= outcomes[0].metrics["validation"].keys()
