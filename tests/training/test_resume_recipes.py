"""Recipes and callbacks resume after a kill with the same history and metrics, bit for bit."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from practica.errors import StoppedError

pytestmark = pytest.mark.keras


def stopped_after(points: int, folder: Path) -> Any:
    """Return checkpoints at every point that stop the run, as a signal would, after this many points."""
    from practica.training.checkpoint import Checkpoints

    seen = []

    def at_point(run: str, record: Any) -> str | None:
        seen.append(record.done)
        return "stopped" if len(seen) == points else None

    return Checkpoints(folder, "key", 0.0, at_point)


def outcome_of(build: Any, own: Any, task: Any, checkpoints: Any) -> Any:
    from practica.training.fit import Trainer

    return Trainer(build, own).fit(task, 3, checkpoints.of(3, None))


def early(**options: Any) -> list[Any]:
    import keras

    return [keras.callbacks.EarlyStopping("val_loss", patience=2, min_delta=0.3, **options)]


def by_batch() -> list[Any]:
    """Return a callback that changes the rate at every batch, and counts them."""
    import keras

    class ByBatch(keras.callbacks.Callback):
        batches = 0

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            self.batches += 1
            self.model.optimizer.learning_rate = 0.01 / self.batches

    return [ByBatch()]


def plateau() -> list[Any]:
    import keras

    return [keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.1, patience=1, min_delta=10.0)]


def at_random() -> list[Any]:
    """Return a callback that draws the rate of every epoch."""
    import keras
    import numpy as np

    return [keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.01 * np.random.random())]


def averaged() -> list[Any]:
    """Return a custom callback that remembers weights, which are in no log."""
    import keras

    class Averaged(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self.seen: list[Any] = []

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.seen.append(self.model.get_weights())

        def on_train_end(self, logs: Any = None) -> None:
            self.model.set_weights([sum(each) / len(each) for each in zip(*self.seen, strict=True)])

    return [Averaged()]


CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "early stopping": ({"early_stopping": {"patience": 2, "min_delta": 0.02}, "epochs": 30}, None),
    "schedule": ({"schedule": {"name": "OneCycle"}, "epochs": 6}, None),
    "averages": ({"optimizer": {"name": "adam", "use_ema": True}, "epochs": 6}, None),
    "callback": ({"epochs": 6}, plateau),
    "callback that ends": ({"epochs": 30}, early),
    "callback with weights": ({"epochs": 30}, partial(early, restore_best_weights=True)),
    "callback by batch": ({"epochs": 6}, by_batch),
    "callback that draws": ({"epochs": 6}, at_random),
    "callback of one's own": ({"epochs": 6}, averaged),
}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in Keras' ReduceLROnPlateau
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("points", [1, 4])
def test_it_ends_as_if_undisturbed(case: str, points: int, tmp_path: Path) -> None:
    from practica.training.checkpoint import Checkpoints
    from training.test_law import dense, problem, settings

    over, callbacks = CASES[case]
    own, task = settings(**over), problem(callbacks=callbacks)
    whole = outcome_of(dense, own, task, Checkpoints(tmp_path / "whole", "key", 0.0))
    with pytest.raises(StoppedError):
        outcome_of(dense, own, task, stopped_after(points, tmp_path / "cut"))
    later = Checkpoints(tmp_path / "cut", "key", 0.0)
    again = outcome_of(dense, own, task, later)
    assert bool(later.resumed) == (case not in ("callback with weights", "callback by batch", "callback of one's own"))
    for field in dataclasses.fields(whole):
        if field.name not in ("fit_seconds", "artefacts"):
            assert getattr(again, field.name) == getattr(whole, field.name), field.name
    curve = whole.history["validation"]["accuracy"]
    assert whole.metrics["validation"]["best_accuracy"] == pytest.approx(max(curve)), "not that of the best epoch"
    if case == "early stopping":
        assert 3 <= whole.epochs[-1] < 30
        assert whole.metrics["validation"]["accuracy"] == whole.metrics["validation"]["best_accuracy"]
    if case in ("callback that ends", "callback with weights"):
        assert whole.epochs[-1] == 4
    if case in ("callback", "callback by batch", "callback of one's own"):
        plain = outcome_of(dense, own, problem(), Checkpoints(tmp_path / "plain", "key", 0.0))
        assert (plain.history, plain.metrics) != (whole.history, whole.metrics), "the callback does something"


def test_a_callback_is_called_at_every_batch_where_it_asks_for_it(tmp_path: Path) -> None:
    import keras

    from practica.training.checkpoint import Checkpoints
    from training.test_law import dense, problem, settings

    seen: list[int] = []

    def counted() -> list[Any]:
        return [keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))]

    outcome_of(dense, settings(epochs=2), problem(callbacks=counted), Checkpoints(tmp_path, "key"))
    assert seen == [*range(19), *range(19)]


@pytest.mark.parametrize("asks", [False, True])
def test_more_epochs_begin_anew_where_something_asked_for_their_number(asks: bool, tmp_path: Path) -> None:
    from practica.training.checkpoint import Checkpoints
    from practica.training.fit import Trainer
    from training.test_law import dense, problem, settings

    over = {"schedule": {"name": "CosineDecay"}} if asks else {}
    resumed = {}
    for epochs in (2, 4):
        checkpoints = Checkpoints(tmp_path, f"key {epochs}", 0.0, state_key="state")
        Trainer(dense, settings(**over, epochs=epochs)).fit(problem(), 3, checkpoints.of(3, None))
        resumed[epochs] = len(checkpoints.resumed)
    assert resumed == {2: 0, 4: 0 if asks else 1}
