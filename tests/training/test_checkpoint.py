"""Checkpoint files: complete or recognised as broken, never another run's; and errors of runs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from practica.errors import DivergedError, StoppedError
from practica.exercises.problem import MULTICLASS, REGRESSION
from practica.training.checkpoint import Checkpoints, UnusableError, read, write
from practica.training.record import Outcome, Record

STATE = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7), np.zeros(0, np.uint32)]
WEIGHTS = [np.float32([1 / 3, math.pi])]


def record(*points: float) -> Record:
    result = Record(MULTICLASS, 9)
    for epoch, accuracy in enumerate(points, 1):
        result.add(epoch, {"train": {"loss": 0.1, "accuracy": accuracy}}, lambda: WEIGHTS)
    return result


def resumed(checkpoints: Checkpoints) -> tuple[Record, list[np.ndarray]]:
    result, state = record(), []
    checkpoints.of(0, None).resume(result, state.extend)
    return result, state


@pytest.fixture
def every_point(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path, "key", every=0)


def save(checkpoints: Checkpoints, *points: float) -> None:
    checkpoints.of(0, None).reached(record(*points), lambda: STATE)


def test_record_and_state_come_back_to_the_bit(every_point: Checkpoints) -> None:
    save(every_point, 0.1, 1 / 3)
    result, state = resumed(every_point)
    assert result.fields() == record(0.1, 1 / 3).fields() | {"seconds": result.seconds}
    assert result.best_epoch == 2
    assert [array.tobytes() for array in result.best_weights] == [array.tobytes() for array in WEIGHTS]
    assert [(a.dtype, a.shape, a.tobytes()) for a in state] == [(a.dtype, a.shape, a.tobytes()) for a in STATE]


def test_without_a_checkpoint_a_run_begins_at_its_beginning(every_point: Checkpoints) -> None:
    result, state = resumed(every_point)
    assert (result.done, state) == (0, [])


def test_every_kind_of_damage_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "s0.checkpoint"
    write(path, "key", {"a": 1}, {"x": np.arange(50)})
    whole = path.read_bytes()
    assert read(path, "key")[0] == {"a": 1}
    rng = np.random.default_rng(0)
    for length in [0, 1, 20, *rng.integers(21, len(whole), 30)]:
        path.write_bytes(whole[:length])
        with pytest.raises(UnusableError) as error:
            read(path, "key")
        assert error.value.kind == "torn"
    for place in rng.integers(0, len(whole), 60):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(UnusableError):
            read(path, "key")


def test_a_torn_file_is_named_and_set_aside_and_the_one_before_used(
    every_point: Checkpoints, capsys: pytest.CaptureFixture[str]
) -> None:
    for turn in (1, 2):
        save(every_point, 0.1)
        save(every_point, 0.1, 0.2)
        last = every_point.folder / "s0.checkpoint"
        last.write_bytes(last.read_bytes()[:-1])
        assert resumed(every_point)[0].done == 1
        assert f"{last} is torn" in (text := capsys.readouterr().out)
        assert f"set aside as s0.checkpoint.torn-{turn}" in text
        assert not last.exists()


def test_a_file_of_another_run_is_named_and_set_aside(
    every_point: Checkpoints, capsys: pytest.CaptureFixture[str]
) -> None:
    save(Checkpoints(every_point.folder, "another", every=0), 0.1)
    assert resumed(every_point)[0].done == 0
    assert "s0.checkpoint is foreign" in capsys.readouterr().out
    assert [path.name for path in every_point.folder.iterdir()] == ["s0.checkpoint.foreign-1"]


def test_a_file_of_another_seed_is_foreign_too(every_point: Checkpoints, capsys: pytest.CaptureFixture[str]) -> None:
    every_point.of(1, None).reached(record(0.1), lambda: STATE)
    (every_point.folder / "s1.checkpoint").rename(every_point.folder / "s0.checkpoint")
    assert resumed(every_point)[0].done == 0
    assert "s0.checkpoint is foreign" in capsys.readouterr().out


def test_a_full_disk_does_not_end_a_run(
    every_point: Checkpoints, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("practica.training.checkpoint.write", full)
    save(every_point, 0.1)
    assert "no checkpoint at epoch 1: [Errno 28] No space left on device" in capsys.readouterr().out


def test_checkpoints_keep_their_distance_but_one_is_made_before_a_stop(tmp_path: Path) -> None:
    save(Checkpoints(tmp_path, "key", every=3600), 0.1)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoppedError, match="out of time after epoch 1 of 9; run it again to go on"):
        save(Checkpoints(tmp_path, "key", 3600, lambda run, record: "out of time"), 0.1)
    assert resumed(Checkpoints(tmp_path, "key"))[0].done == 1


def test_what_came_of_a_run_is_kept_beside_its_last_checkpoint(every_point: Checkpoints) -> None:
    save(every_point, 0.1)
    save(every_point, 0.1, 0.2)
    metrics = {"test": {"loss": 1 / 3, "psnr": math.inf}}
    outcome = Outcome([1], {"train": {"loss": [0.1]}}, metrics, 1, {"total": 3}, 1.5, {"a/b": np.eye(2)})
    assert every_point.of(0, None).finished() is None
    every_point.of(0, None).finish(outcome)
    assert sorted(path.name for path in every_point.folder.iterdir()) == ["s0.checkpoint", "s0.done"]
    result = every_point.of(0, None).finished()
    assert result is not None
    assert (result.metrics, result.history, result.fit_seconds) == (metrics, outcome.history, 1.5)
    assert np.array_equal(result.artefacts["a/b"], np.eye(2))
    assert every_point.of(0, 1).finished() is None


def test_an_outcome_is_read_once_and_saves_its_time_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Checkpoints(tmp_path, "key").of(0, None).finish(Outcome([1], {}, {}, 1, {}, 1.5, {}))
    later = Checkpoints(tmp_path, "key")
    first = later.of(0, None).finished()
    monkeypatch.setattr("practica.training.checkpoint.read", None)
    assert later.of(0, None).finished() is first
    assert later.resumed == [1.5]


def test_what_came_of_a_shorter_run_is_not_taken_for_that_of_a_longer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short, long = (Checkpoints(tmp_path, key, every=0, state_key="state") for key in ("short", "long"))
    outcome = Outcome([1], {}, {}, 1, {}, 1.5, {})
    save(short, 0.1)
    short.of(0, None).finish(outcome)
    assert short.of(0, None).finished() == outcome
    assert long.of(0, None).finished() is None
    assert resumed(long)[0].done == 1
    assert "foreign" not in capsys.readouterr().out


def test_a_stack_goes_on_from_none_of_another_length(tmp_path: Path) -> None:
    short, long = (Checkpoints(tmp_path, key, every=0, state_key="state") for key in ("short", "long"))
    short.of_stack(3).reached(record(0.1), lambda: STATE)
    run = record()
    long.of_stack(3).resume(run, lambda state: None)
    assert run.done == 0


def test_a_loss_without_hope_is_a_verdict() -> None:
    run = Record(REGRESSION, 9)
    run.add(1, {"train": {"loss": 600.0, "mse": 600.0}}, list)
    run.add(2, {"train": {"loss": 5e6, "mse": 5e6}}, list)
    with pytest.raises(DivergedError, match=r"the loss grew from 600 to 7e\+08 by epoch 3: lower the learning rate"):
        run.add(3, {"train": {"loss": 7e8, "mse": 7e8}}, list)
    with pytest.raises(DivergedError, match=r"the validation mse became inf in epoch 1: lower the learning rate"):
        Record(REGRESSION, 9).add(
            1, {"train": {"loss": 1.0, "mse": 1.0}, "validation": {"loss": 1.0, "mse": math.inf}}, list
        )


def test_a_small_loss_may_grow() -> None:
    run = Record(REGRESSION, 9)
    for epoch, loss in enumerate([1e-9, 0.5, 900.0], 1):
        run.add(epoch, {"train": {"loss": loss, "mse": loss}}, list)
    assert (run.done, run.best_epoch) == (3, 1)


def test_a_loss_is_held_against_that_of_the_untrained_net() -> None:
    run = Record(REGRESSION, 9, untrained=0.3)
    with pytest.raises(DivergedError, match=r"the loss grew from 0\.3 to 1\.8e\+09 by epoch 1"):
        run.add(1, {"train": {"loss": 1.8e9, "mse": 1.8e9}}, list)


def test_a_verdict_is_remembered(every_point: Checkpoints) -> None:
    every_point.check()
    every_point.condemn("steps/dense/s0, seed 0: the loss became nan")
    with pytest.raises(DivergedError, match=r"the loss became nan .*to try again delete .*diverged\.json"):
        every_point.check()


@pytest.mark.parametrize("noise", [b"", b"{", b"[]", b'{"x": 1}', bytes(range(128, 256))])
def test_a_damaged_verdict_is_none(every_point: Checkpoints, noise: bytes) -> None:
    every_point.condemn("the loss became nan")
    (every_point.folder / "diverged.json").write_bytes(noise)
    every_point.check()
