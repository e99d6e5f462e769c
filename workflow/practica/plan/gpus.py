"""Which trainings ask for a GPU: as the configuration says or, if it leaves that open, by the arithmetic of a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os.path import exists

from practica.config.block import Block
from practica.config.study import Study
from practica.config.trials import trials
from practica.plan.rehearsals import candidates, key, memory_of, name_of, telling_trials

WORTH_A_GPU = 10_000_000_000
"""A job requests a GPU from this many floating-point operations per training step; a processor needs 0.1 s for them."""


class Gpus:
    """How many GPUs each training of a study asks for.

    Args:
        study: the study.
        content: gives the fingerprint of a data set.
    """

    def __init__(self, study: Study, content: Callable[[str], str]) -> None:
        self._study, self._content = study, content
        self._worth: dict[tuple[str, bool], bool] = {}
        self._counts: dict[str, int] = {}

    def of(self, block: Block, after: Sequence[str] = ()) -> int | None:
        """Return the GPUs that the training of a block asks for; None before its rehearsal, which tells.

        Args:
            block: the block.
            after: the rehearsal that the training waits for, if there is one, which counts the arithmetic.
        """
        gpu = self._study.resources(block.exercise, block.variant)["gpu"]
        if gpu != "auto":
            return int(gpu)
        if not all(map(exists, after)):
            return None
        names = name_of(block), bool(block.trial)
        if names not in self._worth:
            self._worth[names] = self._is_worth(block)
        return int(self._worth[names])

    def _is_worth(self, block: Block) -> bool:
        """Return whether a step is worth a GPU; trials all ask for what the largest rehearsed one is worth.

        It counts as worth one if nobody has counted: results from elsewhere come without a rehearsal.
        """
        if block.trial:
            blocks = telling_trials(trials(self._study, block.exercise, block.variant))
        else:
            blocks = candidates(self._study, name_of(block))
        names = [key(each, self._content(each.dataset)) for each in blocks]
        if not self._counts.keys() >= set(names):
            self._counts = memory_of(self._study.results)
        operations = [self._counts[name] for name in names if name in self._counts]
        return max(operations, default=WORTH_A_GPU) >= WORTH_A_GPU
