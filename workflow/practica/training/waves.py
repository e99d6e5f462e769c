"""Group the runs of a block into waves that are trained together, so that no number of seeds outgrows the memory.

Runs that share the arrays of their data set fit into one wave by the hundred. Runs with arrays of their own, such as
images whose pixels each seed permutes in another way, are trained a few at a time. The waves follow from data and
settings alone: a run that goes on after a kill is in the same wave again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Generic, TypeVar

import numpy as np

from practica.exercises.problem import Problem
from practica.training.store import identity

WAVE_BYTES = 2**28
"""A wave is full once its runs need this much memory in addition to that of its first run."""

Name = TypeVar("Name", bound=Hashable)


@dataclass
class _Wave(Generic[Name]):
    """The runs of one wave, and the bytes that all but the first add."""

    problems: dict[Name, Problem] = field(default_factory=dict)
    arrays: set[Any] = field(default_factory=set)
    size: int = 0

    def add(self, name: Name, problem: Problem, bytes_a_run: int) -> None:
        new_bytes = bytes_a_run
        for samples in problem.parts().values():
            pair = (np.asarray(samples.inputs), np.asarray(samples.targets))
            if (key := identity(*pair)) not in self.arrays:
                self.arrays.add(key)
                new_bytes += sum(array.nbytes for array in pair)
        self.size += new_bytes if self.problems else 0
        self.problems[name] = problem


def neighbours(problems: Iterable[Problem]) -> int:
    """Return how many neighbours share a problem, if all groups of them are as large; otherwise 1."""
    sizes = {len(list(group)) for _, group in groupby(problems, key=id)}
    return sizes.pop() if len(sizes) == 1 else 1


def waves(
    problems: Iterable[tuple[Name, Problem]],
    steps: Callable[[Problem], int],
    bytes_a_run: int,
    count: int,
    together: int = 1,
) -> Iterator[dict[Name, Problem]]:
    """Yield the problems in waves of runs with the same number of steps an epoch: only these can share a graph.

    A problem is asked for when the full waves before it are over. Whoever takes a wave should empty it before asking
    for the next one, to free its arrays.

    Args:
        problems: the runs by name.
        steps: returns the steps of one epoch.
        bytes_a_run: the memory that a run takes besides its data.
        count: how many problems there are.
        together: how many neighbours share a problem, and are not to be parted.
    """
    most, groups = max(1, (1 + -(-WAVE_BYTES // max(1, bytes_a_run))) // together), -(-count // together)
    evenly = together * -(-groups // -(-groups // most))  # waves of one size share one compiled loop
    open_waves: dict[int, _Wave[Name]] = {}
    for name, problem in problems:
        group = steps(problem)
        wave = open_waves.setdefault(group, _Wave())
        wave.add(name, problem, bytes_a_run)
        del problem
        full = wave.size >= WAVE_BYTES and len(wave.problems) % together == 0
        if full or len(wave.problems) == evenly:
            yield open_waves.pop(group).problems
    while open_waves:
        yield open_waves.pop(next(iter(open_waves))).problems
