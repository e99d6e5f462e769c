"""A search through Snakemake, compared with one training process for each of its trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from bench.arithmetic import ratios, same_band, spread
from bench.measures import Band
from bench.orchestration import one_protocol, project, snakemake
from bench.process import MeasurementError
from bench.rows import Goal, Row, Side
from bench.sides import ROOT, Place, ours
from practica.config.reader import read_config
from practica.config.study import Study
from practica.config.trials import folder as tuning_folder
from practica.config.trials import table_file, trials
from practica.files import read_json


@dataclass(frozen=True)
class Searched:
    """One repetition: seconds and mean result of both sides."""

    alone_seconds: float
    alone_result: float
    seconds: float
    result: float


@dataclass(frozen=True)
class SearchOf:
    """The time of a random search, from nothing to the table of its trials, with one core for its jobs.

    Attributes:
        space: what is drawn: the keys ``values`` and ``ranges`` of a search.
        settings: settings that differ from the study's, on both sides.
        band: the result by which the sides are compared, on average over all trials and seeds.
    """

    name: str
    exercise: str
    variant: str
    space: Mapping[str, Any]
    band: Band
    settings: Mapping[str, Any] = field(default_factory=dict)
    trials: int = 20
    seeds: int = 5
    goal: Goal | None = None
    limit: float = 3600

    def datasets(self, study: Study) -> tuple[str, ...]:
        """Return the data sets to prepare."""
        return (study.dataset(self.exercise, self.variant),)

    def config(self, study: Study, data: Path) -> dict[str, Any]:
        """Return a layer over the study's configuration with the search in place of any grid."""
        search = {"trials": self.trials, **self.space}
        variant = {"grid": None, "search": search, "settings": dict(self.settings)}
        return {
            "only": self.exercise,
            "tuning": {"seeds": self.seeds},
            "data": {"folder": str(data.absolute())},
            "exercises": {self.exercise: {"variants": {self.variant: variant}}},
            **one_protocol(study),
        }

    def repeat(self, number: int, study: Study, data: Path) -> Searched | str:
        """Search, and train the same trials one by one; every other repetition goes backwards."""
        try:
            with project(self.config(study, data)) as folder:
                resolved = Study.resolve(read_config([ROOT / "config.yaml", folder / "over.yaml"]))
                sides = [lambda: self._searched(folder), lambda: self._alone(resolved, data)]
                results = [side() for side in (sides[::-1] if number % 2 else sides)]
        except MeasurementError as error:
            return str(error)
        searched, alone = results[::-1] if number % 2 else results
        return Searched(*alone, *searched)

    def rows(self, study: Study, repetitions: Sequence[Searched | str]) -> list[Row]:
        """Return how many times as long a process for each trial takes."""
        title = f"one process a trial / ours, {self.trials} trials of {self.seeds} seeds"
        turns = [each for each in repetitions if isinstance(each, Searched)]
        if not turns:
            return [Row(title, "x", None, self.goal, note=str(repetitions[0]))]
        alone, searched = [each.alone_seconds for each in turns], [each.seconds for each in turns]
        results = mean(each.alone_result for each in turns), mean(each.result for each in turns)
        sides_note = (
            "other: practica train for one trial after the other; ours: Snakemake, with rehearsal, table and figure"
        )
        scale = [f"{name} {value}" for name, value in self.settings.items()]
        note = "; ".join([sides_note, "both train with one thread, one process at a time", *scale])
        same = same_band(*results, self.band.tolerance)
        sides = (Side(spread(alone), result=results[0]), Side(spread(searched), result=results[1]))
        return [Row(title, "x", spread(ratios(alone, searched)), self.goal, *sides, same, note)]

    def record(self, repetition: Searched | str) -> Any:
        """Return everything that was measured, for JSON."""
        return vars(repetition) if isinstance(repetition, Searched) else {"error": repetition}

    def _searched(self, folder: Path) -> tuple[float, float]:
        """Return the seconds of the search, and the mean result of its trials."""
        table = str(table_file("results", self.exercise, self.variant))
        process = snakemake([table, "--configfile", "config.yaml", "over.yaml"], folder, {}, self.limit)
        files = sorted((tuning_folder(folder / "results") / "runs").rglob("metrics.json"))
        values = [run["metrics"] for path in files for run in read_json(path)["runs"]]
        return process.seconds, mean(each[self.band.part][self.band.metric] for each in values)

    def _alone(self, study: Study, data: Path) -> tuple[float, float]:
        """Return the seconds of a process for each block of a trial, one after the other, and their mean result."""
        place = Place(data, 1, self.limit)
        blocks = [block for trial in trials(study, self.exercise, self.variant) for block in trial.blocks]
        results = [ours(block, self.band.part, self.band.metric, place) for block in blocks]
        return sum(each.seconds for each in results), mean(value for each in results for value in each.results.values())
