"""Train the trials of a search together: those that differ only in numbers share one graph.

The outcome of each run is left where the job of its own trial looks for it, which then only writes the results.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from practica import exercises
from practica.config.declarations import TRAINING, of_role
from practica.config.study import Block
from practica.errors import InputError
from practica.exercises.problem import Arrays, Problem, Settings
from practica.files import canonical_json
from practica.startup import uncollected
from practica.training import stack
from practica.training.block import builder, names_of, problem_of, settings_of
from practica.training.checkpoint import Checkpoints
from practica.training.hyperparameters import RATE, Form, Trials, form_of
from practica.training.runs import Name, Run, train_in_waves

SCHEDULE = "schedule"


@dataclass
class Family:
    """Trials' blocks whose runs can share a graph.

    Attributes:
        blocks: the blocks.
        own: for each block, where its job looks for the outcomes of its runs.
        numbers: for each block, the numbers of its net.
        free: the settings in which the blocks may differ.
    """

    blocks: list[Block] = field(default_factory=list)
    own: list[Checkpoints] = field(default_factory=list)
    numbers: list[tuple[float, ...]] = field(default_factory=list)
    free: set[str] = field(default_factory=set)

    @property
    def trials(self) -> int:
        """Return how many trials the blocks belong to."""
        return len({block.trial for block in self.blocks})

    @property
    def differing(self) -> set[str]:
        """Return the settings in which the blocks do differ."""
        values = {name: {canonical_json(block.settings.get(name)) for block in self.blocks} for name in self.free}
        return {name for name, each in values.items() if len(each) > 1}


def train_together(
    blocks: Sequence[Block], arrays: Arrays, own: Sequence[Checkpoints], shared: Checkpoints
) -> dict[str, str]:
    """Train the blocks of trials of one variant; return why some were not trained, by ``id``.

    Args:
        blocks: the blocks.
        arrays: the data set's arrays.
        own: for each block, where its job looks for the outcomes of its runs.
        shared: the states from which this job continues.

    Raises:
        StoppedError: it must stop before its end.
    """
    reasons: dict[str, str] = {}
    if not blocks:
        return reasons
    with uncollected():
        build = builder(exercises.load(blocks[0].exercise), blocks[0].model)
    for number, family in enumerate(_families(blocks, own, build, reasons)):
        try:
            if family.trials == 1:
                raise stack.NotStackable("no other trial differs from it only in rates and penalties")
            _train(family, build, arrays, shared, number)
        except (stack.NotStackable, InputError) as reason:  # its own job says so again, if it matters there
            reasons |= {block.id: str(reason) for block in family.blocks}
    return reasons


def _families(blocks: Sequence[Block], own: Sequence[Checkpoints], build: Any, reasons: dict[str, str]) -> list[Family]:
    """Return the blocks in families, and note in ``reasons`` those that cannot share a graph."""
    families: dict[str, Family] = {}
    built: dict[str, tuple[Settings, Form]] = {}
    for block, checkpoints in zip(blocks, own, strict=True):
        try:
            if block.trial not in built:  # its blocks differ in seeds alone
                settings = settings_of(block)
                built[block.trial] = settings, form_of(build, settings)
        except stack.NotStackable as reason:
            reasons[block.id] = str(reason)
            continue
        settings, form = built[block.trial]
        free = {name for name in block.settings if settings.asked(name) and name not in of_role(TRAINING)}
        free |= {RATE} if SCHEDULE not in block.settings else set()
        rest = {name: value for name, value in block.settings.items() if name not in free}
        family = families.setdefault(canonical_json([form.rest, rest]), Family())
        family.blocks.append(block)
        family.own.append(checkpoints)
        family.numbers.append(form.numbers)
        family.free |= free
    return list(families.values())


def _train(family: Family, build: Any, arrays: Arrays, shared: Checkpoints, number: int) -> None:
    """Train the runs of a family.

    Raises:
        InputError: the settings do not fit the data or the net.
        NotStackable: the runs cannot share a graph.
        StoppedError: they must stop before their end.
    """
    first = family.blocks[0]
    settings = tuple(map(settings_of, family.blocks))
    stack.check_precision(settings[0])
    runs = [(place, name) for place, block in enumerate(family.blocks) for name in names_of(block)]
    runs.sort(key=lambda run: (run[1][0], run[1][1] or 0))
    problems = _problems(runs, first, _Common(settings[0], family.differing), arrays)
    begin = next(problems)
    with uncollected():
        replicas = stack.Stack(build, settings[0], begin[1], trials=Trials(settings, tuple(family.numbers)))
    train_in_waves(
        replicas,
        chain([begin], problems),
        len(runs),
        settings[0],
        family.own,
        lambda wave: shared.of_stack(f"{number}-{wave}"),
        ("stack", f"its runs share a graph with those of other trials, {family.trials} in all"),
    )


def _problems(runs: Sequence[Run], block: Block, settings: Settings, arrays: Arrays) -> Iterator[tuple[Run, Problem]]:
    """Yield the problem of each run; runs of one seed and fold, which follow one another, share theirs."""
    last: tuple[Name, Problem] | None = None
    for run in runs:
        if last is None or last[0] != run[1]:
            last = run[1], problem_of(block, arrays, settings, run[1])
        yield run, last[1]


class _Common(Settings):
    """The settings that all trials of a family have in common; what the trials share may ask for no others."""

    def __init__(self, settings: Settings, differing: Collection[str]) -> None:
        super().__init__(dict(settings))
        self._differing = differing

    def quietly(self, name: str) -> Any:
        self._check(name)
        return super().quietly(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._check(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._check(name)
        return super().__contains__(name)

    def _check(self, name: object) -> None:
        if name in self._differing:
            raise stack.NotStackable(f"its data depend on {name}, in which the trials differ")
