"""Runs that are trained in waves: as many at once as their data leave memory for, and no number differs by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from practica.exercises.problem import MULTICLASS, Problem, Samples
from practica.training import waves
from training.tiny_jobs import made_up

pytestmark = pytest.mark.keras

SHARED = Samples(np.zeros((60, 1000), np.float32), np.zeros(60, np.int64))
MEGABYTE = 10**6


def shared(rows: int = 40) -> Problem:
    """Return a problem on rows of arrays that all share."""
    places = np.arange(60)
    return Problem(MULTICLASS, *(Samples(SHARED.inputs, SHARED.targets, part) for part in np.split(places, [rows])))


def own(megabytes: float) -> Problem:
    """Return a problem with arrays of its own, of this size."""
    inputs = np.zeros((10, int(megabytes * MEGABYTE) // 80 - 2), np.float64)
    return Problem(MULTICLASS, Samples(inputs, np.zeros(10, np.int64)))


def grouped(problems: list[Problem], monkeypatch: pytest.MonkeyPatch, bytes_a_run: int = 0) -> list[list[int]]:
    from practica.training import waves

    monkeypatch.setattr(waves, "WAVE_BYTES", 10 * MEGABYTE)
    result = waves.waves(enumerate(problems), lambda each: len(each.train), bytes_a_run, len(problems))
    return [list(wave) for wave in result]


def test_runs_that_share_their_arrays_are_one_wave(monkeypatch: pytest.MonkeyPatch) -> None:
    assert grouped([shared() for _ in range(1000)], monkeypatch) == [list(range(1000))]


def test_runs_with_arrays_of_their_own_come_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert grouped([own(4) for _ in range(9)], monkeypatch) == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]
    assert grouped([own(50) for _ in range(3)], monkeypatch) == [[0, 1], [2]]


def test_what_training_takes_counts_for_all_but_the_first_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert grouped([shared() for _ in range(5)], monkeypatch, 6 * MEGABYTE) == [[0, 1, 2], [3, 4]]


def test_waves_are_of_one_size_where_they_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    result = grouped([shared() for _ in range(8)], monkeypatch, 2 * MEGABYTE)
    assert result == [[0, 1, 2, 3], [4, 5, 6, 7]], "not six and two"


def test_runs_of_another_number_of_steps_are_another_wave(monkeypatch: pytest.MonkeyPatch) -> None:
    assert grouped([shared(40 + place % 2) for place in range(5)], monkeypatch) == [[0, 2, 4], [1, 3]]


def test_data_are_made_when_the_waves_before_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    from practica.training import waves

    made = []

    def problems() -> Iterator[tuple[int, Problem]]:
        for place in range(6):
            made.append(place)
            yield place, own(11)

    monkeypatch.setattr(waves, "WAVE_BYTES", 10 * MEGABYTE)
    each = waves.waves(problems(), lambda problem: 1, 0, 6)
    next(each)
    assert made == [0, 1]
    next(each)
    assert made == [0, 1, 2, 3]


def test_waves_change_no_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Train five runs at once, and two by two: the second wave goes through the compiled loop of the first."""
    from practica.data import load, prepare
    from practica.training import stack, waves
    from practica.training.block import _together, settings_of
    from practica.training.checkpoint import Checkpoints
    from training import made_up as exercise
    from training.stacked import assert_equal

    block = made_up("normalised", (0, 1, 2, 3, 4), epochs=3, bn_momentum=0.9)
    prepare(block.dataset, tmp_path)
    arrays = load(block.dataset, tmp_path).arrays
    monkeypatch.setattr("practica.exercises.load", lambda name: exercise)
    loops = []
    monkeypatch.setattr(stack, "Loop", lambda *arguments, loop=stack.Loop: loops.append(loop(*arguments)) or loops[-1])

    def trained(size: int) -> list[Any]:
        monkeypatch.setattr(waves, "WAVE_BYTES", size)
        checkpoints = Checkpoints(tmp_path / str(size), "key")
        runs = dict(_together(block, exercise.normalised, settings_of(block), arrays, checkpoints))
        assert [seed for seed, _ in runs] == [0, 1, 2, 3, 4]
        return list(runs.values())

    together = trained(2**28)
    assert [len(loop.seeds) for loop in loops] == [5]
    assert_equal(trained(1), together)
    assert [len(loop.seeds) for loop in loops] == [5, 2, 1]
    assert all(loop.store.x is None and not loop.state for loop in loops), "their arrays are free"


def test_artefacts_keep_no_other_array_in_memory() -> None:
    problem = replace(shared(), artefacts=lambda predict: {"first": SHARED.inputs[:3]})
    (first,) = problem.artefacts_from(lambda x: x).values()
    assert np.array_equal(first, SHARED.inputs[:3])
    assert first.base is None


def test_a_compiled_loop_is_for_parts_of_one_size() -> None:
    from practica.training.loop import Loop
    from practica.training.store import Store

    loop = Loop.__new__(Loop)
    loop.step = SimpleNamespace(sharing=1)
    loop.store = Store([shared(), shared()], [None, None], 4)
    assert loop.fits([shared(), shared()], 1)
    assert not loop.fits([shared(), shared(41)], 1)
    assert not loop.fits([shared()], 1)
    pairs = [each for each in (shared(), shared()) for _ in range(2)]
    assert not loop.fits(pairs, 2), "its replicas have batches of their own"
    loop.step.sharing = 2
    assert loop.fits(pairs, 2)
    assert not loop.fits(pairs[:2], 2)


def test_runs_that_share_a_problem_stay_in_one_wave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waves, "WAVE_BYTES", 10 * MEGABYTE)

    def sizes(first: list[Problem], bytes_a_run: int, together: int) -> list[int]:
        problems = [each for each in first for _ in range(3)]
        result = waves.waves(enumerate(problems), lambda _: 1, bytes_a_run, len(problems), together)
        return [len(wave) // (waves.neighbours(wave.values()) if together > 1 else 1) for wave in result]

    groups = [shared() for _ in range(5)]
    assert sizes(groups, 2 * MEGABYTE, 1) == [5, 5, 5], "six fit into one"
    assert sizes(groups, 2 * MEGABYTE, 3) == [2, 2, 1], "two groups of three fit"
    assert sizes([own(4) for _ in range(5)], 0, 3) == [4, 1], "the fourth group fills it, with its first run"
    assert waves.neighbours([groups[0], groups[0], groups[1]]) == 1


def test_an_evaluation_takes_as_many_samples_at_once_as_fit_into_its_memory() -> None:
    from practica.training.store import EVALUATED_AT_ONCE, EVALUATED_BYTES, Store

    problems = [shared() for _ in range(100)]

    def batch(bytes_a_sample: int) -> int:
        return Store(problems, [None] * len(problems), bytes_a_sample).evaluation_batch

    assert batch(4) == EVALUATED_AT_ONCE // 100
    assert batch(EVALUATED_BYTES // 1000) == 10
    assert batch(2 * EVALUATED_BYTES) == 1
