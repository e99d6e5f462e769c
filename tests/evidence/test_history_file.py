"""The points of a block's runs are written as they are reached: each once, whatever a kill leaves."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from practica.config.study import Block
from practica.errors import InputError
from practica.files import write_json
from practica.jobs.history import NAME, HistoryFile, read_lines, recent

from .factory import make_study


@pytest.fixture
def block() -> Block:
    return make_study({"steps": ["dense"]}, seeds=2, seeds_per_job=2).blocks()[0]


def record(epochs: int, shift: float = 0.0) -> Any:
    values = [epoch / 10 + shift for epoch in range(1, epochs + 1)]
    history = {"train": {"loss": values}, "validation": {"loss": values}}
    return SimpleNamespace(epochs=list(range(1, epochs + 1)), history=history)


def points(folder: Path) -> list[tuple[int, int | None, int, float]]:
    _, lines = read_lines(folder / NAME)
    return [(p["seed"], p["fold"], p["epoch"], p["validation"]["loss"]) for _, p in lines]


def test_each_point_is_there_as_it_is_reached(block: Block, tmp_path: Path) -> None:
    file = HistoryFile(tmp_path, block, "key")
    for epoch in (1, 2):
        file.reached("s0", record(epoch))
        assert [each[2] for each in points(tmp_path)] == list(range(1, epoch + 1))
    file.reached("s1", record(1))
    assert points(tmp_path)[-1] == (1, None, 1, 0.1)
    assert json.loads(read_lines(tmp_path / NAME)[0])["block"] == block.id


def test_after_a_kill_no_point_is_missing_and_none_is_double(block: Block, tmp_path: Path) -> None:
    first = HistoryFile(tmp_path, block, "key")
    for epoch in range(1, 6):
        first.reached("s0", record(epoch))
    with (tmp_path / NAME).open("a") as stream:
        stream.write('{"seed": 0, "fold": null, "ep')  # killed while it wrote
    again = HistoryFile(tmp_path, block, "key")
    again.reached("s0", record(4))  # the checkpoint was of epoch 3
    assert [each[2] for each in points(tmp_path)] == [1, 2, 3, 4]
    again.reached("s0", record(6))
    assert [each[2] for each in points(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_a_run_that_goes_another_way_replaces_its_points(block: Block, tmp_path: Path) -> None:
    HistoryFile(tmp_path, block, "key").reached("s0", record(5))
    HistoryFile(tmp_path, block, "key").reached("s0", record(2, shift=0.5))
    assert points(tmp_path) == [(0, None, 1, 0.6), (0, None, 2, 0.7)]
    HistoryFile(tmp_path, block, "other").reached("s1", record(1))
    assert points(tmp_path) == [(1, None, 1, 0.1)]


def test_every_replica_of_a_stack_has_its_own(block: Block, tmp_path: Path) -> None:
    stack = SimpleNamespace(runs=[record(2), record(2, 1.0)], _names=["seed 0, fold 1", "seed 1, fold 1"], epochs=[2])
    HistoryFile(tmp_path, block, "key").reached("stack7", stack)
    assert points(tmp_path) == [(0, 1, 1, 0.1), (0, 1, 2, 0.2), (1, 1, 1, 1.1), (1, 1, 2, 1.2)]
    assert recent(tmp_path / NAME, "loss", together=True) == pytest.approx([0.6, 0.7])
    assert recent(tmp_path / NAME, "loss", together=False) == pytest.approx([1.1, 1.2])


def test_in_the_end_it_is_the_history(block: Block, tmp_path: Path) -> None:
    file = HistoryFile(tmp_path, block, "key")
    file.reached("s1", record(2))  # seed 0 was finished by an earlier attempt, and its lines are lost
    runs = [{"seed": seed, "fold": None, "epoch": [1, 2], **record(2).history} for seed in (0, 1)]
    write_json(tmp_path / "history.json", {"runs": runs})
    file.complete(tmp_path / "history.json")
    assert [each[:3] for each in points(tmp_path)] == [(0, None, 1), (0, None, 2), (1, None, 1), (1, None, 2)]


def test_in_the_end_what_this_process_wrote_is_left_as_it_is(block: Block, tmp_path: Path) -> None:
    file = HistoryFile(tmp_path, block, "key")
    file.reached("s1", record(2))
    before = (tmp_path / NAME).stat().st_ino
    write_json(tmp_path / "history.json", {"runs": [{"seed": 1, "fold": None, "epoch": [1, 2], **record(2).history}]})
    file.complete(tmp_path / "history.json")
    assert (tmp_path / NAME).stat().st_ino == before
    write_json(tmp_path / "history.json", {"runs": [{"seed": 1, "fold": None, "epoch": [1], **record(1).history}]})
    file.complete(tmp_path / "history.json")
    assert points(tmp_path) == [(1, None, 1, 0.1)]


def events(folder: Path, run: str) -> list[tuple[int, float]]:
    import tensorflow as tf

    (file,) = folder.glob(f"tensorboard/steps/dense/{run}/validation/*tfevents*")
    records = [tf.compat.v1.Event.FromString(each.numpy()) for each in tf.data.TFRecordDataset(str(file))]
    return [(event.step, round(value.simple_value, 3)) for event in records for value in event.summary.value]


@pytest.mark.keras
def test_event_files_hold_the_same_points_as_they_are_reached(block: Block, tmp_path: Path) -> None:
    from practica.exports.events import EventFiles

    first = HistoryFile(tmp_path, block, "key", EventFiles(tmp_path, block))
    for epoch in (1, 2, 3):
        first.reached("s0", record(epoch))
        assert events(tmp_path, "s0") == [(n, n / 10) for n in range(1, epoch + 1)]
    again = HistoryFile(tmp_path, block, "key", EventFiles(tmp_path, block))  # after a kill
    again.reached("s0", record(2))
    assert events(tmp_path, "s0") == [(1, 0.1), (2, 0.2)]
    again.reached("s0", record(4))
    again.reached("s1", record(1))
    assert events(tmp_path, "s0") == [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)]
    assert events(tmp_path, "s1") == [(1, 0.1)]


@pytest.mark.keras
def test_event_files_that_cannot_be_written_stop_nothing(block: Block, tmp_path: Path) -> None:
    from practica.exports.events import EventFiles

    (tmp_path / "tensorboard").write_text("a file where a folder would go")
    file = HistoryFile(tmp_path, block, "key", EventFiles(tmp_path, block))
    for epoch in (1, 2):
        file.reached("s0", record(epoch))
    assert [each[2] for each in points(tmp_path)] == [1, 2]
    (tmp_path / "tensorboard").unlink()
    file.reached("s0", record(3))
    assert events(tmp_path, "s0") == [(1, 0.1), (2, 0.2), (3, 0.3)]


def test_without_tensorflow_event_files_are_refused(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from practica.exports import events as module

    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="tensorboard: true needs TensorFlow"):
        module.EventFiles(tmp_path, block)


def test_a_full_disk_stops_nothing_and_is_made_up_for(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = HistoryFile(tmp_path, block, "key")
    file.reached("s0", record(1))

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("practica.jobs.history.os.write", full)
        file.reached("s0", record(2))
    file.reached("s0", record(3))
    assert [each[2] for each in points(tmp_path)] == [1, 2, 3]


def test_the_names_of_a_stacks_runs_are_kept_where_they_are_read() -> None:
    source = (Path(__file__).parents[2] / "workflow/practica/training/records.py").read_text()
    assert "self._names = names" in source and "self.runs = runs" in source, "jobs/history.py reads both"
