"""Which variants need a rehearsal before the first training of a plan, and a record of those rehearsed.

The memory is the folder ``rehearsed`` of the results: each rehearsal leaves a file with the keys of what can be
trained, and the arithmetic of a step of each. A key stands for all that decides this: specification without seeds,
code, and content of the data.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from practica.code.digest import code_digest
from practica.config.declarations import TRAINING, role
from practica.config.study import Block, Study
from practica.config.trials import Trial, trials, tuned
from practica.errors import InputError
from practica.files import canonical_json, read_json, sha256, write_json
from practica.plan.digests import run_code

STUDY, TUNING = "study", "tuning"
"""What is rehearsed at once: all variants, or all trials; a plan of a few targets names single variants instead."""


def folder(results: str | Path) -> Path:
    """Return the folder of what is remembered."""
    return Path(results) / "rehearsed"


def name_of(block: Block) -> str:
    """Return the name of the block's variant."""
    return f"{block.exercise}/{block.variant}"


def key(block: Block, fingerprint: str) -> str:
    """Return the digest of all that decides whether a block can be trained; the ``fingerprint`` is that of its data."""
    specification = replace(block, seeds=(), trial="").specification()
    code = [run_code(block.exercise), code_digest("practica.training.rehearsal")]
    return sha256(canonical_json([specification, *code, fingerprint]))[:16]


def candidates(study: Study, part: str) -> list[Block]:
    """Return what there is to rehearse of a part: ``study``, ``tuning`` or one variant such as ``digits/dense``."""
    if part == TUNING:
        return [block for names in tuned(study) for block in telling_trials(trials(study, *names))]
    every = [study.block(*names, study.seed_groups(*names)[0]) for names in study.in_play]
    return [block for block in every if part in (STUDY, name_of(block))]


def telling_trials(every: Sequence[Trial]) -> list[Block]:
    """Return a block of each trial that may be impossible for a reason of its own.

    Those are one for every combination of the values that the net or the data are made with, and one for every value of
    the recipe. For numbers with a fraction (rates and penalties), the smallest and the largest are enough.
    """
    extremes = {}
    for name in {name for trial in every for name in trial.values}:
        numbers = [trial.values[name] for trial in every if isinstance(trial.values[name], float)]
        extremes[name] = (min(numbers), max(numbers)) if numbers else ()
    earlier: set[str] = set()
    blocks = []
    for trial in every:
        whole = {name: value for name, value in trial.values.items() if not isinstance(value, float)}
        shapes = {name: value for name, value in whole.items() if role(name) != TRAINING}
        alone = [[name, value] for name, value in trial.values.items() if name in whole or value in extremes[name]]
        reasons = {canonical_json(each) for each in (shapes, *alone)}
        if not reasons <= earlier:
            blocks.append(trial.blocks[0])
        earlier |= reasons
    return blocks


def memory_of(results: str | Path) -> dict[str, int]:
    """Return the operations of a training step of all that has been rehearsed, by key; a damaged file says nothing."""
    counts: dict[str, int] = {}
    for path in folder(results).rglob("*.json"):
        with contextlib.suppress(InputError):
            content = read_json(path)
            entries = content.items() if isinstance(content, dict) else ()
            counts.update((name, count) for name, count in entries if isinstance(count, int))
    return counts


def remember(results: str | Path, counts: Mapping[str, int], file: Path | None = None) -> None:
    """Remember what can be trained, and the operations of a step of each, in ``file`` or in one of its own."""
    write_json(file or folder(results) / f"{label(counts)}.json", dict(sorted(counts.items())))


def label(keys: Iterable[str]) -> str:
    """Return the name of the rehearsal of these keys."""
    return sha256(canonical_json(sorted(keys)))[:12]


class Rehearsals:
    """What the training jobs of one plan wait for, so that none begins before all are known to be possible.

    Args:
        study: the study.
        trained: what the plan may train, by part.
        trains: whether Snakemake will train a block: for the sake of results that stay nothing is rehearsed.
        alone: whether the plan is of single targets, for whose sake no other variant is rehearsed; Snakemake knows its
            targets only after it has read the rules.
        content: gives the fingerprint of a data set.
    """

    def __init__(
        self,
        study: Study,
        blocks: Mapping[str, Sequence[Block]],
        trains: Callable[[Block], bool],
        alone: Callable[[], bool],
        content: Callable[[str], str],
    ) -> None:
        self._study, self._blocks, self._trains, self._alone = study, blocks, trains, alone
        self._content = content
        self._memory: dict[str, int] | None = None
        self._due: dict[str, dict[str, Block]] = {}
        self._files: dict[str, str] = {}
        self._training: set[Path] = set()

    def before(self, block: Block) -> list[str]:
        """Return the file of the rehearsal that training the block waits for; none where nothing is new."""
        part = TUNING if block.trial else name_of(block) if self._alone() else STUDY
        if not self.due(part) or block.path not in self._training:
            return []
        return [self._files[part]]

    def due(self, part: str) -> dict[str, Block]:
        """Return what of a part is to be rehearsed, by its keys: what is new in variants that are to be trained."""
        if part not in self._due:
            if self._memory is None:
                self._memory = memory_of(self._study.results)
            every = {key(b, self._content(b.dataset)): b for b in candidates(self._study, part)}
            new = {name: block for name, block in every.items() if name not in self._memory}
            blocks = self._blocks[TUNING if part == TUNING else STUDY] if new else []
            training = [block for block in blocks if self._trains(block)]
            self._training.update(block.path for block in training)
            names = set(map(name_of, training))
            due = {name: block for name, block in new.items() if name_of(block) in names}
            self._files[part] = f"{folder(self._study.results)}/{part}/{label(due)}.json"
            self._due[part] = due
        return self._due[part]
