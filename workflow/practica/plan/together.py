"""Which trials of a search are trained together before their own jobs, in as few graphs as possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from practica.config.block import Block
from practica.config.space import ASHA
from practica.config.study import Study
from practica.config.trials import method
from practica.exercises import by_hand
from practica.files import canonical_json, sha256
from practica.plan.digests import run_code


def folder(tuning: str | Path) -> Path:
    """Return the folder with what is known of trials that trained together, below that of the trials' results."""
    return Path(tuning) / "together"


class Together:
    """The trials of one plan that train together.

    Trials of ASHA do not: each goes on from its own states when it is promoted.

    Args:
        study: the study.
        trials: the blocks of all trials.
        is_trained: returns whether Snakemake will train a block.
        content: gives the fingerprint of a data set.
    """

    def __init__(
        self,
        study: Study,
        trials: Sequence[Block],
        is_trained: Callable[[Block], bool],
        content: Callable[[str], str],
    ) -> None:
        self._study, self._is_trained, self._content = study, is_trained, content
        self._blocks: dict[tuple[str, str], list[Block]] = {}
        for block in trials:
            self._blocks.setdefault((block.exercise, block.variant), []).append(block)
        self._due: dict[tuple[str, str], list[Block]] = {}

    def due(self, exercise: str, variant: str) -> list[Block]:
        """Return the blocks of a variant's trials that train together; none if there is only one trial to train."""
        names = (exercise, variant)
        if names not in self._due:
            alone = method(self._study, *names) == ASHA
            blocks = [] if alone else [block for block in self._blocks.get(names, ()) if self._is_trained(block)]
            blocks = [block for block in blocks if block.model not in by_hand(exercise)]
            self._due[names] = blocks if len({block.trial for block in blocks}) > 1 else []
        return self._due[names]

    def before(self, block: Block, tuning: str | Path) -> list[str]:
        """Return the file that says what trained together, for the job of a trial to wait for."""
        due = self.due(block.exercise, block.variant) if block.trial else []
        if block not in due:
            return []
        made_of = [run_code(block.exercise), self._content(block.dataset), *(each.specification() for each in due)]
        label = sha256(canonical_json(made_of))[:12]
        return [f"{folder(tuning)}/{block.exercise}/{block.variant}/{label}.json"]
