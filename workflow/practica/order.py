"""Let a job wait for a file that it is not made from, and know of a file whether it was made otherwise.

Snakemake knows inputs only: a job with others than it was run with is run again, whatever else is the same. Its names
that this needs, and which it does not promise, are all in here; `tests/ground/test_order.py` names them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

ORDER = "order_only"


def waits_for(file: str) -> Any:
    """Return an input that has to be there before a job runs, and of which Snakemake takes no note."""
    from snakemake.io import ancient, flag  # here, for training jobs import the workflow's modules too

    _take_no_note()
    return flag(ancient(file), ORDER)


def made_otherwise(file: str, params: list[Any], persistence: Any) -> bool:
    """Return whether Snakemake has noted that a file was made with other parameters than ``params``.

    What it has no notes of it takes for good.
    """
    from snakemake.io import IOFile

    recorded = persistence.params(IOFile(file))
    return recorded is not None and not {repr(value) for value in params} <= set(recorded)


def targets(workflow: Any) -> frozenset[str]:
    """Return the rules and files that were asked for by name."""
    settings = workflow.dag_settings
    return frozenset(map(str, settings.targets)) if settings else frozenset()


@lru_cache
def _take_no_note() -> None:
    """Leave files that a job only waits for out of the inputs that Snakemake notes and compares."""
    from snakemake.io import is_flagged
    from snakemake.persistence import PersistenceBase

    noted = PersistenceBase._input

    @lru_cache
    def inputs(self: Any, job: Any) -> list[str]:
        waited = {str(file) for file in job.input if is_flagged(file, ORDER)}
        return [file for file in noted(self, job) if str(file) not in waited]

    PersistenceBase._input = inputs
