"""Train the trials of a search together as one job, before the jobs that write the results of each."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from practica.config.block import Block
from practica.files import canonical_json, sha256
from practica.jobs.attempt import Attempt
from practica.jobs.job import attempt_at, run_keys
from practica.jobs.journal import DONE, Journal
from practica.jobs.lock import Holder, alive
from practica.jobs.meter import LARGEST, Meter, total
from practica.jobs.progress import Tell
from practica.jobs.states import checkpoint_folder

TOGETHER = "together"
"""What stands in place of a trial in the paths of a job for several."""


@dataclass(frozen=True)
class Trials(Block):
    """The blocks of several trials of one variant, as one job trains them."""

    blocks: tuple[Block, ...] = ()

    @property
    def runs(self) -> int:
        """Return how many runs all blocks have."""
        return sum(block.runs for block in self.blocks)


def with_others(*blocks: Block) -> Trials:
    """Return blocks of trials as one; its paths are the same for all trials of a variant."""
    return Trials(**{**vars(blocks[0]), "trial": TOGETHER}, blocks=blocks)


def run_together(
    blocks: Sequence[Block],
    code: str,
    data: Path,
    results: Path,
    threads: int,
    gpu: int,
    minutes: float | None,
    every: float,
    tell: Tell | None = None,
) -> dict[str, str]:
    """Train the trials' runs, leave each outcome for the trial's own job, and return why some were left to theirs.

    The arguments are those of ``run_job``, with the blocks of several trials of one variant. The journal of each trial
    gets an attempt with an equal share of the cost.

    Raises:
        InputError: the data are missing or wrong.
        RunError: the runs were stopped early, or failed.
    """
    all_of_them = with_others(*blocks)
    with attempt_at(all_of_them, results, gpu, minutes, Meter(whole_process=True), tell) as attempt:
        from practica.data import load
        from practica.training.checkpoint import Checkpoints
        from practica.training.together import train_together

        dataset = load(blocks[0].dataset, data, test=False)
        free = [block for block in blocks if not alive(checkpoint_folder(block, results) / "lock.json")]
        reasons = {block.id: "another process trains it" for block in blocks if block not in free}
        own = []
        for block in free:
            key, state_key = run_keys(block, code, dataset.info.fingerprint, threads)
            own.append(Checkpoints(checkpoint_folder(block, results) / state_key, key, every))
        key = sha256(canonical_json([each.key for each in own]))[:16]
        joint = Checkpoints(attempt.folder / key, key, every, attempt.at_point)
        reasons |= train_together(free, dataset.arrays, own, joint)
        _share_cost(attempt, [block for block in free if block.id not in reasons], results)
    shutil.rmtree(attempt.folder, ignore_errors=True)
    return reasons


def _share_cost(attempt: Attempt, blocks: Sequence[Block], results: Path) -> None:
    """Add an attempt with an equal share of the cost to the journal of each block; memory is that of all."""
    cost = total([entry.cost for entry in attempt.entries()])
    count = max(len(blocks), 1)
    share = {name: value if value is None or name in LARGEST else value / count for name, value in cost.items()}
    for block in blocks:
        journal = Journal(block, results)
        journal.end(journal.begin(Holder.here()), DONE, share)
