"""The trials of a tuning: a variant's runs with other settings, beside the study and never part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from practica.address import parts
from practica.config.space import ASHA, EPOCHS, combinations
from practica.config.study import Block, Study
from practica.errors import InputError
from practica.files import canonical_json, sha256


@dataclass(frozen=True)
class Trial:
    """One trial of a variant.

    Attributes:
        name: a digest of model, data set and all settings, so that trained trials stay valid when a grid grows. With
            ASHA, a trial has a name for each rung: the digest without the epochs, then the epochs: ``t0a1b2c3d_9``.
        values: the settings that are tuned.
        blocks: what its jobs train.
    """

    name: str
    values: Mapping[str, Any]
    blocks: tuple[Block, ...]

    @property
    def seeds(self) -> int:
        """Return how many seeds the trial has."""
        return sum(len(block.seeds) for block in self.blocks)


def folder(results: str | Path) -> Path:
    """Return the folder of trials below that of the results; it has the same layout."""
    return Path(results) / "tuning"


def table_file(results: str | Path, exercise: str, variant: str) -> Path:
    """Return the table of a variant's trials; its figure lies beside it."""
    return folder(results) / exercise / f"{variant}.csv"


def tuned(study: Study) -> list[tuple[str, str]]:
    """Return exercise and name of every variant that has a ``grid`` or a ``search``."""
    return [(e, v) for e in study.exercises for v in study.variants(e) if study.space(e, v)]


def trials(study: Study, exercise: str, variant: str) -> list[Trial]:
    """Return the trials of a variant, in the order of its grid or draws."""
    space = study.space(exercise, variant)
    every = combinations(space, study.settings(exercise, variant).get(EPOCHS, 0))
    by_rungs = method(study, exercise, variant) == ASHA
    return [_trial(study, exercise, variant, values, by_rungs=by_rungs) for values in every]


def method(study: Study, exercise: str, variant: str) -> str:
    """Return the method of a variant's search; empty if it has no search."""
    return str(study.space(exercise, variant).get("search", {}).get("method", ""))


def trial_blocks(study: Study) -> list[Block]:
    """Return what the jobs of all trials train."""
    return [block for e, v in tuned(study) for trial in trials(study, e, v) for block in trial.blocks]


def parse(study: Study, name: str) -> tuple[str, str]:
    """Return exercise and variant of a name such as ``digits/dense``.

    Raises:
        InputError: there is no such variant, or it has neither grid nor search.
    """
    exercise, variant = parts(name)
    if not study.space(exercise, variant):
        others = ", ".join("/".join(pair) for pair in tuned(study)) or "none"
        where = f"configuration: exercises.{exercise}.variants.{variant}"
        raise InputError(f"{where}: nothing to tune: give it a grid or a search (variants that have one: {others})")
    return exercise, variant


def _trial(study: Study, exercise: str, variant: str, values: Mapping[str, Any], *, by_rungs: bool) -> Trial:
    settings = {**study.settings(exercise, variant), **values}
    every = [
        replace(study.block(exercise, variant, seeds), settings=settings, save_model="none")
        for seeds in study.seed_groups(exercise, variant, study.config["tuning"]["seeds"])
    ]
    identity = {key: value for key, value in settings.items() if not (by_rungs and key == EPOCHS)}
    name = "t" + sha256(canonical_json([every[0].model, every[0].dataset, identity]))[:8]
    name += f"_{settings[EPOCHS]}" if by_rungs else ""
    return Trial(name, values, tuple(replace(block, trial=name) for block in every))
