"""The harness's numbers: medians, ratios, lengths, bands and verdicts."""

from __future__ import annotations

import pytest

from bench.arithmetic import Least, Length, Spread, extrapolated, per_epoch, ratios, same_band, spread, start_up
from bench.limit import epoch_bytes
from bench.measures import (
    Arithmetic,
    Band,
    Growth,
    Job,
    Limit,
    Measure,
    Memory,
    MemoryGrowth,
    PerEpoch,
    Preemption,
    TimeTo,
    Total,
    Work,
)
from bench.rows import DIFFERENT, FAILED, MISSED, NO_GOAL, REACHED, Row, at_least, under
from bench.sides import Done

WORK = Work(epochs=10, short=2, band=Band("test", "accuracy", 0.01))
OURS = {"engine": "stack", "precision": "float32"}


def plain(seconds: float, result: float = 0.9, peak: float = 700.0, seed: int = 0) -> Done:
    return Done(seconds, peak, {seed: result})


def ours(seconds: float, result: float = 0.9, peak: float = 600.0, seeds: int = 1) -> Done:
    return Done(seconds, peak, dict.fromkeys(range(seeds), result), OURS)


def test_spread_is_median_and_range() -> None:
    assert spread([3.0, 1.0, 10.0]) == Spread(3.0, 1.0, 10.0, 3)
    assert spread([1.0, 2.0]).median == 1.5


def test_ratios_are_taken_within_a_repetition() -> None:
    assert ratios([10.0, 40.0], [5.0, 10.0]) == [2.0, 4.0]
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_two_lengths_separate_start_and_epochs() -> None:
    short, long = Length(20, 7.0), Length(120, 12.0)
    assert per_epoch(short, long) == pytest.approx(0.05)
    assert start_up(short, long) == pytest.approx(6.0)
    assert extrapolated(short, long, 2000) == pytest.approx(106.0)
    assert extrapolated(short, long, 120) == pytest.approx(long.seconds)


@pytest.mark.parametrize("long", [Length(20, 9.0), Length(10, 9.0), Length(120, 6.9)])
def test_two_lengths_that_do_not_tell_are_refused(long: Length) -> None:
    with pytest.raises(ValueError, match="more epochs and seconds"):
        per_epoch(Length(20, 7.0), long)


def test_bands_are_symmetric_and_closed() -> None:
    assert same_band(0.5, 0.75, 0.25)
    assert same_band(0.75, 0.5, 0.25)
    assert not same_band(0.5, 0.76, 0.25)


def test_plain_seconds_are_multiplied_by_the_seeds() -> None:
    row = Total(10, at_least(50)).row(WORK, [(plain(60), ours(10, seeds=10)), (plain(50), ours(5, seeds=10))])
    assert row.value == Spread(80.0, 60.0, 100.0, 2)
    assert row.other.seconds == Spread(550.0, 500.0, 600.0, 2)
    assert row.verdict == REACHED
    assert "times 10" in row.note


def test_an_epoch_is_the_difference_of_two_lengths() -> None:
    row = PerEpoch(at_least(1.5)).row(WORK, [(plain(9), ours(7), plain(25), ours(11))])
    assert (row.other.seconds, row.ours.seconds) == (Spread(2.0, 2.0, 2.0, 1), Spread(0.5, 0.5, 0.5, 1))
    assert row.value == Spread(4.0, 4.0, 4.0, 1)


def test_time_to_a_level_compares_the_moments_at_which_both_sides_reach_it() -> None:
    measure = TimeTo(0.95, at_least(1))
    assert measure.jobs(WORK) == [Job("plain", 1, 10, 0.95), Job("ours", 1, 10, 0.95)]
    turns = [
        (Done(40, 900, {seed: 0.951}, {"epochs": plain}), Done(20, 700 + seed, {seed: 0.97}, {"epochs": 5}))
        for seed, plain in enumerate((9, 12))
    ]
    row = measure.row(WORK, turns)
    assert row.value == Spread(2.0, 2.0, 2.0, 2)
    assert (row.other.seconds.median, row.ours.seconds.median, row.ours.peak_mb) == (40, 20, 701)
    assert "of 0.95 after epochs: plain 10.5 (9 to 12), ours 5 (5 to 5)" in row.note
    assert (row.same, row.verdict) == (None, REACHED)


def test_growth_is_many_seeds_over_one() -> None:
    row = Growth(100, under(4)).row(WORK, [(ours(8), ours(40, seeds=100))])
    assert row.value == Spread(5.0, 5.0, 5.0, 1)
    assert row.verdict == MISSED


def test_a_preemption_costs_what_it_takes_longer_and_changes_no_bit() -> None:
    row = Preemption("killed").row(WORK, [(ours(100), ours(112)), (ours(100), ours(130)), (ours(90), ours(110))])
    assert row.value == Spread(20.0, 12.0, 30.0, 3)
    assert (row.unit, row.verdict) == ("s", NO_GOAL)
    other = Preemption("told").row(WORK, [(ours(100), ours(112)), (ours(100), ours(112, result=0.9 + 1e-12))])
    assert other.verdict == DIFFERENT


def test_memory_is_our_peak_beside_the_plain_one() -> None:
    row = Memory(under(1200)).row(WORK, [(plain(9, peak=3800), ours(7, peak=900)), (plain(9), ours(7, peak=1000))])
    assert row.value == Spread(950.0, 900.0, 1000.0, 2)
    assert (row.other.peak_mb, row.ours.peak_mb, row.unit) == (3800, 1000, "MB")


def test_growth_of_memory_is_the_peak_of_many_seeds_over_that_of_five() -> None:
    measure = MemoryGrowth(100, under(1.5))
    assert measure.jobs(WORK) == [Job("ours", 5, 10), Job("ours", 100, 10)]
    row = measure.row(WORK, [(ours(8, peak=500, seeds=5), ours(40, peak=700, seeds=100))])
    assert (row.value, row.unit) == (Spread(1.4, 1.4, 1.4, 1), "x")
    assert (row.other.peak_mb, row.ours.peak_mb, row.verdict) == (500, 700, REACHED)
    assert measure.row(WORK, [(ours(8, peak=500, seeds=5), ours(9, peak=750, seeds=100))]).verdict == MISSED


def test_arithmetic_is_a_share_of_the_bare_convolutions() -> None:
    known = {"flop_per_epoch": 8e9, "convolution_flops": 40e9, "product_flops": 100e9, "precision": "float32"}
    row = Arithmetic().row(WORK, [(Done(9, 500, said=known), ours(3), ours(7))])
    assert row.value == Spread(40.0, 40.0, 40.0, 1)
    assert "ours 16, bare convolutions 40, matrix product 100" in row.note


LIMITS = {
    **{"start_seconds": 4.0, "trace_seconds": 1.0, "runs_per_seed": 5, "steps_per_epoch": 20, "flop_per_epoch": 4e9},
    **{"bytes_per_epoch": 2e8, "product_flops": 40e9, "copy_rate": 1e9, "launch_seconds": 0.01},
}


@pytest.mark.parametrize(
    ("over", "longest"),
    [
        ({}, 10 * 5 * 10 * 0.2),  # traffic of ten seeds, five folds, ten epochs
        ({"product_flops": 10e9}, 10 * 5 * 10 * 0.4),
        ({"launch_seconds": 1.0}, 10 * 20 * 1.0),  # all runs step together
    ],
)
def test_the_limit_is_start_and_trace_and_the_longest_of_three(over: dict[str, float], longest: float) -> None:
    measure = Limit(10)
    assert measure.jobs(WORK) == [Job("limits", 1, 0), Job("ours", 10, 10)]
    row = measure.row(WORK, [(Done(30, 500, said={**LIMITS, **over}), ours(2 * (5 + longest), seeds=10))])
    assert row.value.median == pytest.approx(2.0)
    assert row.other.seconds.median == pytest.approx(5 + longest)
    assert row.verdict == NO_GOAL


def test_a_limit_names_its_terms() -> None:
    row = Limit(1).row(WORK, [(Done(30, 500, said=LIMITS), ours(30))])
    longest = "products 5, traffic 10, launches 2"
    assert row.note == f"other, 1 seed: limit [s]: start 4 + trace 1 + the longest of {longest}"
    assert Least(1, 2, 3, 5, 4).seconds == 8


def test_an_epoch_moves_every_sample_once_and_the_weights_twice_a_step() -> None:
    assert epoch_bytes(train=100, validation=50, sample=8, steps=10, weights=1000) == 150 * 8 + 10 * 2 * 4000


@pytest.mark.parametrize("measure", [Total(1, at_least(1)), Memory(under(9999))])
def test_different_results_are_a_failure_whatever_the_speed(measure: Measure) -> None:
    assert measure.row(WORK, [(plain(100, 0.95), ours(1, 0.93))]).verdict == DIFFERENT
    assert measure.row(WORK, [(plain(100, 0.935), ours(1, 0.93))]).verdict == REACHED


def test_only_seeds_that_both_sides_trained_are_compared() -> None:
    many = Done(5, 600, {0: 0.9, 1: 0.8, 2: 0.1}, OURS)
    row = Total(3).row(WORK, [(plain(9, 0.9), many), (plain(9, 0.8, seed=1), many)])
    assert row.other.result == row.ours.result == pytest.approx(0.85)
    assert row.verdict == NO_GOAL


def test_what_could_not_be_measured_is_no_success() -> None:
    assert Row("x", "x", None, at_least(1)).verdict == FAILED


@pytest.mark.parametrize(
    ("goal", "value", "met"), [(at_least(2), 2, True), (at_least(2), 1.9, False), (under(2), 2, False)]
)
def test_goals(goal: object, value: float, met: bool) -> None:
    assert goal.met(value) is met  # type: ignore[attr-defined]
