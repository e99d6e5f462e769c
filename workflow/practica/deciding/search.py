"""Search for settings batch by batch: choose trials, train them with Snakemake, judge them, and repeat."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from practica.config import chosen_trials
from practica.config.space import ADAPTIVE, ASHA, EPOCHS, combinations, rungs
from practica.config.study import Study
from practica.config.trials import parse, table_file, trials
from practica.errors import InputError, RunError
from practica.launch.merging import Merged
from practica.tuning import halving, tpe
from practica.tuning.judge import OUTCOME, maximised, read_trials, scores_of


@dataclass
class Search:
    """The search of one variant.

    Attributes:
        name: the variant, such as ``digits/dense``.
        merged: the files and words of the configuration.
        snakemake: the options with which Snakemake runs it.
        say: called with each line of output.
    """

    name: str
    merged: Merged
    snakemake: Sequence[str]
    say: Callable[[str], None]

    def run(self) -> pd.DataFrame:
        """Search until all trials have run, and return their table.

        The trials follow from the scores alone, so a search that is killed or repeated chooses the same ones. If scores
        have changed, it continues from the new ones.

        Raises:
            InputError: the variant has no such search, or the study is a demonstration or a partial one.
            RunError: a run failed.
        """
        study = self._study()
        exercise, variant = parse(study, self.name)
        search = study.space(exercise, variant).get("search", {})
        where = f"configuration: exercises.{exercise}.variants.{variant}"
        if search.get("method") not in ADAPTIVE:
            needless = "its trials do not wait for each other: run `snakemake tuning`"
            raise InputError(f"{where}: {needless}, or give its search `method: {' or '.join(ADAPTIVE)}`")
        if study.demonstration or study.config["partial"]:
            raise InputError("you cannot tune a demonstration or a partial study: search in the study at full size")
        while True:
            study = self._study()
            here = [dict(trial.values) for trial in trials(study, exercise, variant)]
            self._snakemake(table_file(study.results, exercise, variant))
            table = read_trials(study.results, exercise, variant)
            scores = scores_of(study, exercise, variant, table)
            epochs, maximise = study.settings(exercise, variant).get(EPOCHS, 0), maximised(table)
            if search["method"] == ASHA:
                next_trials = halving.trials_of(search, epochs, scores, maximise=maximise)
            else:
                next_trials = tpe.trials_of(search, scores, maximise=maximise)
            self.say(f"{self.name}: {_how_far(search, here, epochs)}; {_best(table)}")
            if next_trials == here:
                return table
            if next_trials[: len(here)] != here:
                self.say("scores have changed since these trials were chosen: some are chosen again")
            first = combinations({"search": {**search, "asked": []}}, epochs)
            chosen_trials.write(
                study.results / chosen_trials.FILE, self.name, self.merged.read(), next_trials[len(first) :]
            )
            if [dict(trial.values) for trial in trials(self._study(), exercise, variant)] != next_trials:
                raise InputError(f"{where}.search: asked: only the search itself writes this; remove it")

    def _study(self) -> Study:
        return Study.resolve(self.merged.read())

    def _snakemake(self, target: Path) -> None:
        """Run Snakemake up to the table of the trials.

        Raises:
            RunError: a run failed.
        """
        process = subprocess.Popen([sys.executable, "-m", "snakemake", str(target), *self.snakemake], env=os.environ)
        try:
            code = process.wait()
        except KeyboardInterrupt:  # Snakemake has received it as well
            process.wait()
            raise
        if code:
            raise RunError("a run failed: see Snakemake's messages above; finished trials are kept")


def _how_far(search: Mapping[str, Any], trials: Sequence[Mapping[str, Any]], epochs: int) -> str:
    """Return how many trials of a search have run, and which rungs they have reached."""
    if search["method"] != ASHA:
        return f"{len(trials)} of {search['trials']} trials have run"
    counts = [f"{sum(each[EPOCHS] == level for each in trials)} to {level}" for level in rungs(search, epochs)]
    return f"trials that have run, by epochs: {', '.join(counts)}; {search['trials']} in all"


def _best(table: pd.DataFrame) -> str:
    best = table[table["winner"].astype(str) == "True"]
    if best.empty:
        return "none is done on every seed" + (" with all epochs" if OUTCOME in table else "")
    row = best.iloc[0]
    return f"best {row['split']} {row['metric']} {row['mean']:.4g} ({row['trial']})"
