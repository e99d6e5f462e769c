"""Estimate how long a running study still takes: the rest of its current runs, and those to come."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from practica.config.study import Study
from practica.config.trials import trial_blocks
from practica.jobs.status import FAILED, QUEUED, RUNNING, STOPPED, WAITING, Status
from practica.plan.dry_run import estimator_of

TO_COME = (WAITING, QUEUED, STOPPED)


def seconds_to_go(study: Study, rows: Sequence[Status], slots: int = 0, waiting: int | None = None) -> float | None:
    """Return the seconds until all trainings are done, or None if too little is known.

    Args:
        study: the study.
        rows: the status of its blocks.
        slots: trainings that run in parallel; 0: as many as run now.
        waiting: how many of those that do not run will run; None: all that are not done.
    """
    running = [row for row in rows if row.state == RUNNING]
    to_come = [row for row in rows if row.state in (*TO_COME, FAILED)]
    count = len(to_come) if waiting is None else waiting
    estimator = estimator_of(study)
    blocks = {block.id: block for block in [*study.blocks(), *trial_blocks(study)]}

    def left(row: Status) -> float | None:
        if row.seconds_left is not None:
            return row.seconds_left
        return estimator.estimate(blocks[row.id]).seconds if row.id in blocks else None

    now = [time for row in running if (time := left(row)) is not None]
    later = [time for row in to_come if (time := left(row)) is not None]
    if (running and not now) or (count and not later) or not (running or count):
        return None
    mean = fmean(later) if later else 0.0
    total = sum(now) + mean * count
    return max([total / max(1, slots or len(running)), *now])
