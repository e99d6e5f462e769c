"""Add seeds for undecided claims, train them with Snakemake, judge, and repeat until all is decided or time is up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from practica.address import VariantAddress, base_of
from practica.config import extra_seeds
from practica.config.study import Block, Study
from practica.deciding.outlook import Outlook, next_round, outlooks
from practica.errors import InputError, RunError
from practica.evidence.results import Results
from practica.files import read_checked
from practica.launch.merging import Merged
from practica.plan.wiring import finished
from snakemake_executor_plugin_slurm_patient import left_at_work


@dataclass
class Rounds:
    """A study whose undecided claims are given seeds.

    Attributes:
        merged: the files and words of its configuration.
        snakemake: the options with which Snakemake runs it.
        budget: seconds for all rounds.
        say: called with each line of output.
    """

    merged: Merged
    snakemake: Sequence[str]
    budget: float
    say: Callable[[str], None]

    def run(self) -> list[Outlook]:
        """Run the rounds, and return the outlook of every part when a person or the time ends them.

        Seeds that are not trained by then are withdrawn, so that the study is complete; their checkpoints stay.

        Raises:
            InputError: the study has not run yet, or is a demonstration or a partial one.
            RunError: a run failed.
        """
        self.end = time.monotonic() + self.budget
        study = self._study()
        self.file = study.results / extra_seeds.FILE
        _check(study, self.merged)
        self._withdraw()
        if missing := [block for block in self._study().blocks() if not finished(block, study.results)]:
            raise InputError(_untrained(missing))
        extra_seeds.write(self.file, extra_seeds.read(self.file))  # from now on, confidence sequences judge everything
        self._judge()
        try:
            self._go_round()
        finally:
            self._withdraw()
        self._judge()
        return self.look()

    def look(self) -> list[Outlook]:
        """Return the outlook of every part, from the existing results."""
        study = self._study()
        return outlooks(read_checked(study.results / "claims.json", "claims"), study, seconds_per_seed(study))

    def _go_round(self) -> None:
        pace = 1.0  # seconds of training per second of this clock: jobs run in parallel
        while True:
            study, parts = self._study(), self.look()
            undecided = [each for each in parts if each.open]
            decided = sum(not each.why and not each.open for each in parts)
            self.say(f"Parts of claims: {decided} decided, {len(undecided)} undecided")
            budget = (self.end - time.monotonic()) * pace
            costs = seconds_per_seed(study)
            new = next_round(study, parts, costs, budget)
            if not new:
                self.say("the rest of the budget is too small for more seeds" if undecided else "all is decided")
                return
            for variant, seeds in new.items():
                self.say(f"  {'/'.join(variant)}: {len(seeds)} new seeds")
            earlier = extra_seeds.read(self.file)
            extra_seeds.write(self.file, {n: {*earlier.get(n, ()), *new.get(n, ())} for n in {**earlier, **new}})
            began = time.monotonic()
            if not self._snakemake(self.end - began):
                return
            expected = sum(len(seeds) * costs[variant] for variant, seeds in new.items())
            pace = max(expected / (time.monotonic() - began), 0.1)

    def _study(self) -> Study:
        return Study.resolve(self.merged.read())

    def _withdraw(self) -> None:
        """Withdraw the added seeds that are not trained."""
        study, added_seeds = self._study(), extra_seeds.read(self.file)
        finished_seeds = {
            variant: {seed for block in blocks if finished(block, study.results) for seed in block.seeds}
            for variant in added_seeds
            for blocks in [[block for block in study.blocks() if (block.exercise, block.variant) == variant]]
        }
        trained_seeds = {
            variant: [seed for seed in seeds if seed in finished_seeds[variant]]
            for variant, seeds in added_seeds.items()
        }
        if trained_seeds != {variant: [*seeds] for variant, seeds in added_seeds.items()}:
            extra_seeds.write(self.file, trained_seeds)

    def _judge(self) -> None:
        """Update claims.json to the existing seeds; this trains nothing."""
        if not self._snakemake(None):
            raise RunError("the claims were not judged: see Snakemake's messages above")

    def _snakemake(self, seconds: float | None) -> bool:
        """Run Snakemake up to the verdicts; return whether it got there in time.

        Raises:
            RunError: a run failed.
        """
        target = str(self._study().results / "claims.json")
        process = subprocess.Popen([sys.executable, "-m", "snakemake", target, *self.snakemake], env=os.environ)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.say("the budget is spent: running trainings stop with a checkpoint")
            process.terminate()
            process.wait()
            _cancel_left()
            return False
        except KeyboardInterrupt:  # Snakemake has received it as well
            process.wait()
            raise
        if code:
            raise RunError("a run failed: see Snakemake's messages above; finished seeds are kept")
        return True


def _cancel_left() -> None:
    """Cancel the jobs that a Snakemake which SIGTERM has ended leaves at work in SLURM: nobody will take them over."""
    if numbers := left_at_work():
        subprocess.run(["scancel", *numbers], capture_output=True, check=False)


def _check(study: Study, merged: Merged) -> None:
    """Raise ``InputError`` if more seeds would decide nothing."""
    if study.demonstration:
        raise InputError("a demonstration decides nothing: decide on the study at full size")
    if study.config["partial"]:
        raise InputError("configuration: partial trains nothing: decide without it")
    if word := next((word for word in merged.words if word.partition("=")[0].endswith("seeds")), None):
        raise InputError(f"--config {word} would override added seeds: write it into a configuration file")


def _untrained(missing: Sequence[Block]) -> str:
    first = missing[0]
    many = f"{len(missing)} blocks, such as {first.id}, are not trained yet"
    several = many if len(missing) > 1 else f"{first.id} is not trained yet"
    leave_out = f"exercises.{first.exercise}.variants.{base_of(first.variant)}: null"
    return f"{several}: run the study first, or a part of it with only=, or without what fails ({leave_out})"


def seconds_per_seed(study: Study) -> Mapping[VariantAddress, float]:
    """Return the seconds that a seed of each variant took: its share of the time of its blocks."""
    results = Results(study, study.results)
    timings: dict[VariantAddress, list[tuple[float, int]]] = {}
    for block in study.blocks():
        rows = results.terms(block.exercise, block.variant)
        times = rows.loc[rows["block"] == block.name, "wall_seconds"].dropna()
        timings.setdefault((block.exercise, block.variant), []).extend(
            (float(each), len(block.seeds)) for each in times
        )
    return {
        variant: float(np.sum([each for each, _ in blocks]) / sum(n for _, n in blocks))
        for variant, blocks in timings.items()
        if blocks
    }
