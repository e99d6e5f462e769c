"""A block of seeds of one variant: what one training job computes, its name and its folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from practica.address import AT
from practica.errors import InputError
from practica.files import canonical_json


@dataclass(frozen=True)
class Block:
    """A block of seeds of one variant, or of one trial of its tuning: what one training job computes."""

    exercise: str
    variant: str
    seeds: tuple[int, ...]
    model: str
    dataset: str
    settings: Mapping[str, Any]
    trial: str = ""
    save_model: str = "none"

    @property
    def name(self) -> str:
        """Return the block's folder name: ``s0``, ``s0-9``, or ``s0_2`` where seeds are not neighbours."""
        first, last = self.seeds[0], self.seeds[-1]
        if len(self.seeds) == 1:
            return f"s{first}"
        if last - first + 1 == len(self.seeds):
            return f"s{first}-{last}"
        return "s" + "_".join(map(str, self.seeds))

    @property
    def id(self) -> str:
        """Return ``exercise/variant/block``, with the trial before the block, as people name the run."""
        return str(self.path)

    @property
    def runs(self) -> int:
        """Return how many runs the block has: seeds, or seeds and folds."""
        return len(self.seeds) * (self.settings.get("folds") or 1)

    @property
    def rung(self) -> tuple[str, int] | None:
        """Return the name of a trial of ASHA without its rung, and the epochs of the rung; None for any other block."""
        name, _, epochs = self.trial.partition("_")
        return (name, int(epochs)) if epochs else None

    @property
    def path(self) -> Path:
        """Return the path of the block's files below each folder of results, checkpoints or notes."""
        return _path(self.exercise, self.variant, self.trial, self.name)

    def folder(self, results: str | Path) -> Path:
        """Return the folder of the block's results."""
        return Path(results) / "runs" / self.path

    def specification(self) -> str:
        """Return everything that decides the block's result, except code and data, as canonical JSON."""
        return canonical_json(
            {
                "exercise": self.exercise,
                "variant": self.variant,
                "seeds": list(self.seeds),
                "model": self.model,
                "dataset": self.dataset,
                "settings": dict(self.settings),
                **({"trial": self.trial} if self.trial else {}),
                **({"save_model": self.save_model} if self.save_model != "none" else {}),
            }
        )

    @classmethod
    def parse(cls, specification: str) -> Block:
        """Return the block of which ``specification`` is the canonical JSON.

        Raises:
            InputError: it is no such JSON, or a name in it could lead out of the results' folder.
        """
        try:
            fields = json.loads(specification)
            block = cls(**{**fields, "seeds": tuple(fields["seeds"])})
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise InputError(f"--spec is not the JSON of a block: {error}") from error
        for name in (block.exercise, *str(block.variant).split(AT, 1), block.model, block.dataset):
            if not (isinstance(name, str) and re.fullmatch("[a-z][a-z0-9_]*", name)):
                raise InputError(f"--spec holds a bad name: {name!r}")
        if not (block.seeds and all(type(seed) is int and seed >= 0 for seed in block.seeds)):
            raise InputError(f"--spec holds bad seeds: {fields['seeds']!r}")
        return block


@cache  # a plan of thousands of jobs asks for it several times a job
def _path(*parts: str) -> Path:
    return Path(*parts)
