"""Train one variant of the study on both sides, as its measures need it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.measures import Band, Job, Measure, Work
from bench.process import MeasurementError
from bench.rows import Row
from bench.sides import SIDES, Done, Place, until
from practica.config.study import Block, Study

Repetition = Mapping[Job, Done | str]
"""What came of each job, or why it could not be measured."""


@dataclass(frozen=True)
class TrainingCase:
    """One variant of the study.

    Attributes:
        band: the result by which the sides are compared.
        measures: what is measured.
        over: settings that differ from the study's, on both sides.
        short: epochs of the shorter of two lengths, for the measures that need one.
        limit: seconds after which a process is killed.
    """

    name: str
    exercise: str
    variant: str
    band: Band
    measures: tuple[Measure, ...]
    over: Mapping[str, Any] = field(default_factory=dict)
    short: int = 0
    limit: float = 900

    def datasets(self, study: Study) -> tuple[str, ...]:
        """Return the names of the data sets to prepare."""
        return (study.dataset(self.exercise, self.variant),)

    def repeat(self, number: int, study: Study, data: Path) -> Repetition:
        """Measure every job once; every other repetition goes backwards."""
        jobs = list(dict.fromkeys(job for each in self.measures for job in each.jobs(self.work(study))))
        return {job: self._measured(job, number, study, data) for job in (jobs[::-1] if number % 2 else jobs)}

    def rows(self, study: Study, repetitions: Sequence[Repetition]) -> list[Row]:
        """Return the results of the repetitions, a row for each measure."""
        return [self._row(each, self.work(study), repetitions) for each in self.measures]

    def record(self, repetition: Repetition) -> list[dict[str, Any]]:
        """Return everything that was measured, for JSON."""
        return [
            vars(job) | ({"error": outcome} if isinstance(outcome, str) else vars(outcome))
            for job, outcome in repetition.items()
        ]

    def block(self, job: Job, number: int, study: Study) -> Block:
        """Return what a job trains: a single seed differs in each repetition, several are always the first ones."""
        seeds = (number,) if job.seeds == 1 else tuple(range(job.seeds))
        epochs = {"epochs": job.epochs} if job.epochs else {}
        block = study.block(self.exercise, self.variant, seeds)
        return replace(block, settings={**block.settings, **self.over, **epochs})

    def work(self, study: Study) -> Work:
        """Return what the measures need to know."""
        epochs = self.over.get("epochs", study.settings(self.exercise, self.variant)["epochs"])
        return Work(epochs, self.short, self.band)

    def _measured(self, job: Job, number: int, study: Study, data: Path) -> Done | str:
        # Snakemake gives a job no more threads than there are cores.
        threads = min(study.resources(self.exercise, self.variant)["threads"], os.cpu_count() or 1)
        place = Place(data, threads, self.limit)
        try:
            train = SIDES[job.side] if job.level is None else partial(until, job.level, job.side)
            return train(self.block(job, number, study), self.band.part, self.band.metric, place)
        except MeasurementError as error:
            return str(error)

    def _row(self, each: Measure, work: Work, repetitions: Sequence[Repetition]) -> Row:
        outcomes = [[repetition[job] for job in each.jobs(work)] for repetition in repetitions]
        errors = [outcome for turn in outcomes for outcome in turn if isinstance(outcome, str)]
        turns = [[outcome for outcome in turn if isinstance(outcome, Done)] for turn in outcomes]
        whole = [turn for turn in turns if len(turn) == len(each.jobs(work))]
        if not whole:
            return Row(each.title, "", None, each.goal, note=errors[0])
        try:
            row = each.row(work, whole)
        except ValueError as error:  # a longer run that took less time
            return Row(each.title, "", None, each.goal, note=str(error))
        scale = ", ".join(f"{name} {value}" for name, value in self.over.items())
        return replace(row, note="; ".join(filter(None, [row.note, scale])))
