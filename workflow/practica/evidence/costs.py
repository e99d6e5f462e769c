"""The cost of the study: every attempt at every block, including failed ones and those of the search."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from practica.config.study import Block, Study
from practica.config.trials import folder as tuning_folder
from practica.config.trials import trial_blocks
from practica.errors import InputError
from practica.files import read_json
from practica.jobs.journal import DONE, Journal, of_last_result
from practica.jobs.meter import NAMES, total

COSTS = "costs.csv"
WHO = ["exercise", "variant", "trial", "block"]
COLUMNS = [*WHO, "runs", "attempts", "failed", *NAMES]


def costs_table(study: Study, results: Path) -> pd.DataFrame:
    """Return one row for each block of the study, and each block of a trial, that was attempted."""
    blocks = [(block, results) for block in study.blocks()]
    blocks += [(block, tuning_folder(results)) for block in trial_blocks(study)]
    rows = [
        {"exercise": block.exercise, "variant": block.variant, "trial": block.trial, "block": block.name}
        | {"runs": block.runs, **cost}
        for block, root in blocks
        if (cost := block_cost(block, root))["attempts"]
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def block_cost(block: Block, results: Path) -> dict[str, Any]:
    """Return how many attempts led to a block's result, how many of them failed or were stopped, and what all cost.

    Without a journal, as in results that came from elsewhere, the manifest tells.
    """
    entries = of_last_result(Journal(block, results).entries())
    if entries:
        failures = sum(entry.why != DONE for entry in entries)
        return {"attempts": len(entries), "failed": failures, **total([entry.cost for entry in entries])}
    if not (block.folder(results) / "metrics.json").is_file():
        return {"attempts": 0, "failed": 0, **total([])}
    try:
        provenance = read_json(block.folder(results) / "manifest.json")["provenance"]
        cost_record = provenance.get("cost")
        cost: Mapping[str, Any] = cost_record if isinstance(cost_record, Mapping) else provenance
        attempts = provenance.get("attempts", 1)
        return {"attempts": attempts, "failed": attempts - 1, **total([cost])}
    except (InputError, LookupError, TypeError, AttributeError):
        return {"attempts": 0, "failed": 0, **total([])}
