"""Recipes and callbacks go on after a kill as if nothing had happened: same history, same metrics, to the bit."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from practica.errors import StoppedError

pytestmark = pytest.mark.keras


def stopped_after(points: int, folder: Path) -> Any:
    """Return checkpoints at every point that stop the run, as a signal would, after so many of them."""
    from practica.training.checkpoint import Checkpoints

    seen = []

    def at_point(run: str, record: Any) -> str | None:
        seen.append(record.done)
        return "stopped" if len(seen) == points else None

    return Checkpoints(folder, "key", 0.0, at_point)


def outcome_of(build: Any, own: Any, task: Any, checkpoints: Any) -> Any:
    from practica.training.fit import Trainer

    return Trainer(build, own).fit(task, 3, checkpoints.of(3, None))


def plateau() -> list[Any]:
    import keras

    return [keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.1, patience=1, min_delta=10.0)]


CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "early stopping": ({"early_stopping": {"patience": 2, "min_delta": 0.02}, "epochs": 30}, None),
    "schedule": ({"schedule": {"name": "OneCycle"}, "epochs": 6}, None),
    "averages": ({"optimizer": {"name": "adam", "use_ema": True}, "epochs": 6}, None),
    "callback": ({"epochs": 6}, plateau),
}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in Keras' ReduceLROnPlateau
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("points", [1, 4])
def test_it_ends_as_if_undisturbed(case: str, points: int, tmp_path: Path) -> None:
    from test_law import dense, problem, settings

    from practica.training.checkpoint import Checkpoints

    over, callbacks = CASES[case]
    own, task = settings(**over), problem(callbacks=callbacks)
    whole = outcome_of(dense, own, task, Checkpoints(tmp_path / "whole", "key", 0.0))
    with pytest.raises(StoppedError):
        outcome_of(dense, own, task, stopped_after(points, tmp_path / "cut"))
    again = outcome_of(dense, own, task, Checkpoints(tmp_path / "cut", "key", 0.0))
    for field in dataclasses.fields(whole):
        if field.name not in ("fit_seconds", "artefacts"):
            assert getattr(again, field.name) == getattr(whole, field.name), field.name
    if case == "early stopping":
        assert 3 <= whole.epochs[-1] < 30
        assert whole.metrics["validation"]["accuracy"] == whole.metrics["validation"]["best_accuracy"]
    if case == "callback":
        plain = outcome_of(dense, own, problem(), Checkpoints(tmp_path / "plain", "key", 0.0))
        assert plain.history != whole.history, "the callback does something"
