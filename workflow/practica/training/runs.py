"""Train runs that share a graph, wave by wave; their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from practica import seeds
from practica.exercises.problem import Problem, Settings
from practica.training.checkpoint import Checkpoint, Checkpoints
from practica.training.recipe import steps_an_epoch
from practica.training.record import Engine, Outcome
from practica.training.stack import Stack
from practica.training.waves import waves

Name = tuple[int, int | None]
"""A run within its block: its seed, and its fold or None."""
Run = tuple[int, Name]
"""A run among those of several blocks: the number of its block, and its name there."""
STACKED = ("stack", "its runs gain from sharing a graph")
"""The engine of runs that share a graph, and the reason for it."""


def train_in_waves(
    replicas: Stack,
    problems: Iterable[tuple[Run, Problem]],
    count: int,
    settings: Settings,
    own: Sequence[Checkpoints],
    checkpoint_of: Callable[[int], Checkpoint],
    engine: Engine = STACKED,
) -> dict[Run, Outcome]:
    """Train runs as replicas of one net, wave by wave, and return the outcomes of those that have not diverged.

    Args:
        replicas: the net; if it has trials, they are the blocks.
        problems: the problem of each run.
        count: how many runs there are.
        settings: their settings.
        own: the checkpoints of each block, where the outcomes of its runs are left.
        checkpoint_of: returns the checkpoint of a wave by its number.
        engine: what the outcomes say of how they were trained.

    Raises:
        DivergedError: a run has diverged, if they are of one block.
        NotStackable: the net or its recipe needs Keras' own ``fit``.
        StoppedError: the runs must stop before their end.
    """
    outcomes_by_run: dict[Run, Outcome] = {}
    steps = partial(steps_an_epoch, settings=settings)
    for number, wave in enumerate(waves(problems, steps, replicas.bytes_a_run, count, replicas.together)):
        finished = {(block, name): own[block].of(*name).finished() for block, name in wave}
        if not all(finished.values()):
            members = sorted(wave, key=lambda run: [len(part) for part in wave[run].parts().values()])
            checkpoint = checkpoint_of(number)
            outcomes = replicas.fit(
                [wave[run] for run in members],
                [run_seed(name) for _, name in members],
                [called(name) for _, name in members],
                checkpoint,
                [block for block, _ in members],
            )
            for (block, name), outcome in zip(members, outcomes, strict=True):
                if outcome:
                    finished[block, name] = whole = replace(outcome, engine=engine)
                    own[block].of(*name).finish(whole)
            checkpoint.discard()
        outcomes_by_run |= {run: outcome for run, outcome in finished.items() if outcome}
        wave.clear()  # frees its data before those of the next wave are made
    return outcomes_by_run


def run_seed(name: Name) -> int:
    """Return the seed of a run's own random numbers."""
    return seeds.run_seed(*name)


def called(name: Name) -> str:
    """Return what errors call a run."""
    seed, fold = name
    return f"seed {seed}" if fold is None else f"seed {seed}, fold {fold}"
