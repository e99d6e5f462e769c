"""The measured cases: those with goals that the project set itself, and every other exercise without a goal.

If a case runs with other settings than the study's (fewer epochs or samples), both sides do, and the table says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bench.measures import (
    WARNINGS,
    Arithmetic,
    Band,
    Growth,
    Limit,
    Measure,
    Memory,
    MemoryGrowth,
    PerEpoch,
    Preemption,
    TimeTo,
    Total,
)
from bench.orchestration import DryRun, Overhead, QuickStudy
from bench.rows import Goal, at_least, under
from bench.training import TrainingCase
from bench.tuning import SearchOf
from practica.config.study import Study

Case = TrainingCase | DryRun | Overhead | QuickStudy | SearchOf
FEW = 10
"""Seeds that a quick run trains at most."""
ON_REQUEST = (
    "dag1000",
    "quick-study",
    "to-alexnet",
    "preempted-dense",
    "preempted-conv",
    "preempted-alexnet",
)
"""The names of the cases that are measured on request only: they take long, or have no other side."""
RATES = {"low": 0.0003, "high": 0.003, "scale": "log"}
"""The learning rates that the searches draw from."""
FASTER: Mapping[str, Goal] = {"dag1000": at_least(6), "quick-study": at_least(2)}
"""How many times as long a case must have taken at the first commit, ``bench.against.FIRST``."""


def _stacked(goal: Measure, *memory: MemoryGrowth) -> tuple[Measure, ...]:
    """Return the measures of a net whose seeds are trained together; ``memory`` is measured besides."""
    return (Total(1), goal, Total(100), Growth(100, under(4)), *memory, Limit(1), Limit(10), Limit(100))


def _memory(exercise: str) -> TrainingCase:
    """Return the case of the memory of many seeds of an exercise's dense net, in few epochs."""
    measures = (MemoryGrowth(100, under(1.5)),)
    return TrainingCase(
        f"memory-{exercise}", exercise, "dense", Band("test", "accuracy", 0.01), measures, {"epochs": 3}
    )


def _to(name: str, exercise: str, variant: str, epochs: int, *levels: float) -> TrainingCase:
    """Return the case of the time until the validation accuracy reaches each level, in ``epochs`` at most."""
    measures = tuple(TimeTo(level, at_least(1)) for level in levels)
    band = Band("validation", "accuracy", 0)
    return TrainingCase(f"to-{name}", exercise, variant, band, measures, {"epochs": epochs}, limit=7200)


def _preempted(variant: str, exercise: str, over: dict[str, Any], seeds: int = 1) -> TrainingCase:
    """Return the case of a variant that is stopped once, with each kind of warning."""
    measures = tuple(Preemption(how, seeds) for how in WARNINGS)
    return TrainingCase(f"preempted-{variant}", exercise, variant, Band("test", "loss", 0), measures, over)


CASES: tuple[Case, ...] = (
    TrainingCase(
        "ej06",
        "ej06",
        "corrected",
        Band("validation", "accuracy", 0.015),
        _stacked(Total(10, at_least(50)), MemoryGrowth(100, under(1.5))),
    ),
    TrainingCase(
        "xor",
        "ej02",
        "xor_concat",
        Band("train", "mse", 0.02),
        _stacked(Total(10, at_least(100)), MemoryGrowth(100, under(1.5))),
        {"epochs": 2000},
    ),
    TrainingCase("ej05", "ej05", "tanh5", Band("test", "mse", 0.001), _stacked(Total(10, at_least(10)))),
    TrainingCase(
        "ej03",
        "ej03",
        "l2",
        Band("test", "accuracy", 0.01),
        (Total(1, at_least(1.5)), Memory(under(1200)), Limit()),
        {"epochs": 8},
    ),
    TrainingCase(
        "ej08-dense",
        "ej08",
        "dense",
        Band("test", "accuracy", 0.01),
        (Total(1, at_least(1.8)), Total(10, at_least(6)), Limit(1), Limit(10)),
    ),
    TrainingCase(
        "ej08-conv",
        "ej08",
        "conv",
        Band("test", "accuracy", 0.01),
        (PerEpoch(at_least(1.15)), Arithmetic(), Limit()),
        {"epochs": 4},
        short=1,
    ),
    TrainingCase(
        "ej10-alexnet",
        "ej10",
        "alexnet",
        Band("test", "loss", 0.25),
        (PerEpoch(at_least(1.5)), Arithmetic(), Limit()),
        # In so few steps, moving averages of momentum 0.99 lag so far behind that the test loss says nothing.
        {"epochs": 3, "train_samples": 6400, "test_samples": 2000, "bn_momentum": 0.9},
        short=1,
    ),
    _memory("ej08"),
    _memory("ej09"),
    _to("mnist-dense", "ej08", "dense", 60, 0.95),
    _to("mnist-conv", "ej08", "conv", 10, 0.95, 0.975),
    _to("imdb", "ej03", "l2", 10, 0.86),
    _to("alexnet", "ej10", "alexnet", 40, 0.4),
    DryRun("dryrun", 10_000, under(1.5)),
    DryRun("dryrun-jobs", 10_000, under(1.3), one_a_job=True),
    Overhead("dag10", "ej01", 10, None),
    Overhead("dag100", "ej01", 100, under(1.5)),
    Overhead("dag1000", "ej01", 1000, under(1.5), limit=10_000),
    QuickStudy("quick-study"),
    SearchOf(
        "search-ej06",
        "ej06",
        "corrected",
        {"ranges": {"learning_rate": RATES, "l2": {"low": 0.001, "high": 0.1, "scale": "log"}}},
        Band("validation", "accuracy", 0.01),
        {"epochs": 20},
        goal=at_least(8),
    ),
    SearchOf(
        "search-ej08",
        "ej08",
        "dense",
        {"ranges": {"learning_rate": RATES}},
        Band("validation", "accuracy", 0.01),
        {"epochs": 3},
        goal=at_least(8),
    ),
    # Without a goal: the other exercises.
    TrainingCase("ej01", "ej01", "linear", Band("validation", "mse", 3.0), _stacked(Total(10))),
    TrainingCase("ej02", "ej02", "cifar_xent", Band("test", "accuracy", 0.03), (Total(1), Limit()), {"epochs": 5}),
    TrainingCase("ej04-dense", "ej04", "dense", Band("test", "accuracy", 0.02), (Total(1), Limit()), {"epochs": 2}),
    TrainingCase("ej04-conv", "ej04", "conv", Band("test", "accuracy", 0.05), (Total(1), Limit()), {"epochs": 2}),
    TrainingCase(
        "ej07",
        "ej07",
        "autoencoder",
        Band("test", "mse", 0.01),
        (PerEpoch(), Limit()),
        {"epochs": 2, "train_samples": 12_000, "test_samples": 2000},
        short=1,
    ),
    TrainingCase(
        "ej09",
        "ej09",
        "dense",
        Band("test", "accuracy", 0.01),
        (Total(1), Total(10), Limit(1), Limit(10)),
        {"epochs": 10},
    ),
    _preempted("dense", "ej08", {"epochs": 60}, seeds=10),
    _preempted("conv", "ej08", {"epochs": 10}),
    _preempted("alexnet", "ej10", {"epochs": 8, "train_samples": 12800, "test_samples": 2000}),
)


def quick(case: Case, study: Study) -> Case:
    """Return the case with a tenth of its epochs or runs, few seeds and no goals, to show that everything works.

    Of the quick study, one exercise is left, and of a search three trials.
    """
    if isinstance(case, QuickStudy):
        return replace(case, only=study.exercises[0], goal=None)
    if isinstance(case, SearchOf):
        return replace(case, trials=3, goal=None)
    if not isinstance(case, TrainingCase):
        return replace(case, runs=max(case.runs // 10, 4), goal=None)
    settings: dict[str, Any] = {**study.settings(case.exercise, case.variant), **case.over}
    interval = settings.get("log_every", 1)
    epochs = max(settings["epochs"] // 10, case.short + 1)
    return replace(
        case,
        measures=tuple(dict.fromkeys(_quick(each) for each in case.measures)),
        over={**case.over, "epochs": -(-epochs // interval) * interval},
        band=replace(case.band, tolerance=10 * case.band.tolerance),
    )


def _quick(measure: Measure) -> Measure:
    """Return the measure without its goal, with few seeds, and up to a level that the first epoch reaches."""
    if isinstance(measure, TimeTo):
        return replace(measure, goal=None, level=0.0)
    if isinstance(measure, Total | Growth | MemoryGrowth | Limit | Preemption):
        return replace(measure, goal=None, seeds=min(measure.seeds, FEW))
    return replace(measure, goal=None)
