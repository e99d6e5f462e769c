"""Estimate how long a running study still takes: the rest of its current runs, and those to come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from practica.config.study import Study
from practica.config.trials import trial_blocks
from practica.jobs.status import FAILED, QUEUED, RUNNING, STOPPED, WAITING, Status
from practica.plan.dry_run import estimator_of

TO_COME = (WAITING, QUEUED, STOPPED)


def seconds_to_go(study: Study, rows: Sequence[Status], slots: int = 0, waiting: int | None = None) -> float | None:
    """Return the seconds until all trainings are done, or None if the time of one of them is unknown.

    Args:
        study: the study.
        rows: the status of its blocks.
        slots: trainings that run in parallel; 0: as many as run now.
        waiting: how many of those that do not run will run; None: all that are neither done nor failed.
    """
    running = [row for row in rows if row.state == RUNNING]
    again = () if waiting is None else (FAILED,)
    to_come = [row for row in rows if row.state in (*TO_COME, *again)]
    count = len(to_come) if waiting is None else waiting
    estimator = estimator_of(study)
    blocks = {block.id: block for block in [*study.blocks(), *trial_blocks(study)]}

    def seconds_of(row: Status) -> float:
        seconds = row.seconds_left
        if seconds is None and row.id in blocks:
            seconds = estimator.estimate(blocks[row.id]).seconds
        return math.nan if seconds is None else seconds

    if not (running or count) or (count and not to_come):
        return None
    now = [seconds_of(row) for row in running]
    total = sum(now) + (count * fmean(map(seconds_of, to_come)) if count else 0.0)
    return None if math.isnan(total) else max([total / max(1, slots or len(running)), *now])
