"""Write a block's files, each whole or not at all; the JSON files are checked against their schemas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from practica.files import atomic_path, canonical_json, sha256, write_checked
from practica.training.record import Outcome

if TYPE_CHECKING:
    from practica.config.study import Block

Run = tuple[int, int | None, Outcome]


def write_results(
    block: Block,
    runs: Sequence[Run],
    arrays: dict[str, np.ndarray],
    provenance: dict[str, Any],
    folder: Path,
    models: dict[str, dict[str, str]],
) -> None:
    """Write the block's four files into ``folder``; ``metrics.json`` comes last, so that it vouches for the others.

    The manifest has sums of what the other files hold, so that it shows if one was changed later.
    ``models`` has ``file`` and ``sha256`` of each net that was kept, by its run's name.
    """
    head = {
        "schema": 1,
        "exercise": block.exercise,
        "variant": block.variant,
        "block": block.name,
        "stand_in": provenance["data"]["stand_in"],
        **({"trial": block.trial} if block.trial else {}),
    }
    history = [{**_who(run), "epoch": run[2].epochs, **run[2].history} for run in runs]
    metrics = [
        {**_who(run), "epochs": run[2].epochs[-1], "best_epoch": run[2].best_epoch, "metrics": run[2].metrics}
        for run in runs
    ]
    manifest = {"model": block.model, "seeds": list(block.seeds), "settings": dict(block.settings)}
    manifest |= {"models": models} if models else {}
    with atomic_path(folder / "arrays.npz") as part, part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    # Of the runs alone: an archive of the study leaves out names of hosts and folders.
    sums = {name: sha256(canonical_json(each)) for name, each in (("metrics", metrics), ("history", history))}
    manifest["sums"] = sums | {"arrays": sha256((folder / "arrays.npz").read_bytes())}
    write_checked(folder / "manifest.json", head | manifest | {"provenance": provenance})
    write_checked(folder / "history.json", head | {"runs": history, "provenance": provenance})
    write_checked(folder / "metrics.json", head | {"runs": metrics, "provenance": provenance})


def _who(run: Run) -> dict[str, int | None]:
    return {"seed": run[0], "fold": run[1]}
