"""A search beside a process for each trial: the order of the sides, the ratio and the results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench import tuning
from bench.arithmetic import Spread
from bench.measures import Band
from bench.process import MeasurementError
from bench.rows import DIFFERENT, FAILED, MISSED, REACHED, at_least
from bench.tuning import Searched, SearchOf

CASE = SearchOf("search", "any", "one", {}, Band("validation", "accuracy", 0.01), {"epochs": 3}, goal=at_least(8))


def test_a_search_is_compared_with_the_sum_of_its_trials() -> None:
    (row,) = CASE.rows(None, [Searched(160, 0.9, 20, 0.9), Searched(180, 0.9, 20, 0.905)])  # type: ignore[arg-type]
    assert row.measure == "one process a trial / ours, 20 trials of 5 seeds"
    assert (row.value, row.verdict) == (Spread(8.5, 8.0, 9.0, 2), REACHED)
    assert (row.other.seconds.median, row.ours.seconds.median) == (170, 20)
    assert row.note.endswith("both train with one thread, one process at a time; epochs 3")
    (missed,) = CASE.rows(None, [Searched(150, 0.9, 20, 0.9)])  # type: ignore[arg-type]
    assert missed.verdict == MISSED
    (other,) = CASE.rows(None, [Searched(180, 0.9, 20, 0.8)])  # type: ignore[arg-type]
    assert (other.verdict, other.other.result, other.ours.result) == (DIFFERENT, 0.9, 0.8)
    (failed,) = CASE.rows(None, ["over 9 s"])  # type: ignore[arg-type]
    assert (failed.verdict, failed.note) == (FAILED, "over 9 s")


def test_the_sides_take_turns_at_going_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[str] = []

    def side(name: str, done: tuple[float, float]) -> object:
        return lambda *_: ran.append(name) or done

    @contextmanager
    def folder(config: object) -> Iterator[Path]:
        yield tmp_path

    monkeypatch.setattr(SearchOf, "config", lambda *_: {})
    monkeypatch.setattr(SearchOf, "_searched", side("search", (20.0, 0.91)))
    monkeypatch.setattr(SearchOf, "_alone", side("alone", (160.0, 0.9)))
    monkeypatch.setattr(tuning, "project", folder)
    monkeypatch.setattr(tuning, "read_config", lambda _: {})
    monkeypatch.setattr(tuning.Study, "resolve", lambda _: None)
    expected = Searched(160.0, 0.9, 20.0, 0.91)
    assert CASE.repeat(0, None, tmp_path) == expected  # type: ignore[arg-type]
    assert CASE.repeat(1, None, tmp_path) == expected  # type: ignore[arg-type]
    assert ran == ["search", "alone", "alone", "search"]

    def fail(*_: object) -> None:
        raise MeasurementError("no luck")

    monkeypatch.setattr(SearchOf, "_alone", fail)
    assert CASE.repeat(0, None, tmp_path) == "no luck"  # type: ignore[arg-type]
    assert CASE.record("no luck") == {"error": "no luck"}
