"""Estimate how long trainings take: from runs here, else from the reference, else from their arithmetic.

Runs of a variant are scaled by the work: epochs, steps and training samples, and seeds and folds. A variant that has
never run under its protocol is estimated from its runs under the first. An estimate always names its source, because
they are not equally good.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from practica.address import base_of
from practica.config.block import Block
from practica.config.trials import folder as tuning_folder
from practica.errors import InputError
from practica.files import read_json
from practica.jobs.job import lower_rungs
from practica.jobs.journal import DONE
from practica.plan.arithmetic import flop_a_sample, speed

HERE, REFERENCE, UNSCALED, RELATED, ARITHMETIC, UNKNOWN = (
    "runs here",
    "reference, scaled",
    "reference",
    "other settings",
    "arithmetic",
    "unknown",
)
"""The sources of an estimate, best first; ``reference`` alone is the unscaled time on the reference's machine."""
STEP_OVERHEAD = 16
"""The fixed cost of a stack's step, in replicas with the same cost, as in ``training.loop``."""
BATCH = 32
"""Samples of a step where the settings do not say it, as in Keras."""
START_SECONDS = 8.0
"""Seconds of a job outside the training itself: imports, tracing, data."""
STEP_SECONDS = 1e-3
"""The cost of a step besides its arithmetic."""
EFFICIENCY = 0.15
"""Share of the speed of a matrix product that a net reaches in training."""
PRIOR_SECONDS = 10.0
"""Seconds of training for which this machine counts as fast as the reference's: short runs mostly trace graphs."""
ENOUGH = 20
"""Largest number of finished trainings of a variant that are read."""


@dataclass(frozen=True)
class Estimate:
    """The estimate of a training job's time.

    Attributes:
        seconds: of the whole job; None if nothing is known.
        source: what the number is based on.
        at_most: whether it is for all samples of a data set although the job uses only part of them: how large that
            part is, is known once the data set is prepared.
    """

    seconds: float | None
    source: str
    at_most: bool = False


@dataclass(frozen=True)
class Timed:
    """A finished training: what it was, how long it took, and the time of such a job outside the training.

    Attributes:
        variant: exercise and variant.
        settings: of the runs, with the names of their data set and model.
        runs: seeds and folds.
        engine: how the runs were trained: ``stack``, ``fit`` or ``numpy``.
        fit, other: seconds of the training itself, and outside it.
    """

    variant: str
    settings: Mapping[str, Any]
    runs: int
    engine: str
    fit: float
    other: float


@dataclass(frozen=True)
class _Scaling:
    seconds: float
    distance: float
    at_most: bool


class Estimator:
    """Estimates for all blocks of a study.

    Args:
        results: folder of the results here.
        reference: folder of the reference.
        data: folder of the data sets.
        models: the output of ``practica models --layers``, if it is known.
    """

    def __init__(self, results: Path, reference: Path, data: Path, models: Mapping[str, Any]) -> None:
        self._data = data
        self._models = models
        self._results = results
        self._reference = {each.variant: each for each in _referred(reference)}
        self._finished: dict[str, list[Timed]] = {}
        self._samples: dict[str, int | None] = {}

    def estimate(self, block: Block) -> Estimate:
        """Return how long a job for the block takes from its start, ignoring what a checkpoint of its own may save."""
        block = self._beyond_lower_rung(block)
        variant = f"{block.exercise}/{block.variant}"
        if timing := self._by_runs_of(variant, block):
            return timing
        if timing := self._by_runs_of(base_of(variant), block):
            return replace(timing, source=RELATED)
        seconds = self._by_arithmetic(block)
        return Estimate(seconds, UNKNOWN if seconds is None else ARITHMETIC)

    def _beyond_lower_rung(self, block: Block) -> Block:
        """Return a promoted trial with only the epochs beyond those whose state it takes over; others as they are."""
        if not block.rung:
            return block
        below = lower_rungs(block, tuning_folder(self._results)).items()
        epochs_done = max((epochs for epochs, folder in below if any(folder.glob("*/*.checkpoint"))), default=0)
        return (
            replace(block, settings={**block.settings, "epochs": block.settings["epochs"] - epochs_done})
            if epochs_done
            else block
        )

    def _by_runs_of(self, variant: str, block: Block) -> Estimate | None:
        """Return the estimate from runs of a variant, here or in the reference; None without any."""
        if here := self._nearest(block, self._here(variant)):
            return Estimate(here.seconds, HERE, here.at_most)
        if variant in self._reference and (there := self._nearest(block, [self._reference[variant]])):
            factor = self._times_as_long or 1.0
            return Estimate(factor * there.seconds, REFERENCE if self._times_as_long else UNSCALED, there.at_most)
        return None

    def _nearest(self, block: Block, timed: Iterable[Timed]) -> _Scaling | None:
        """Return the seconds of the timed training most similar to the block, scaled to the block's work."""
        own = {**block.settings, "dataset": block.dataset}
        candidates = [each for run in timed if (each := self._scaled(run, own, block.runs))]
        return min(candidates, key=lambda each: (each.at_most, each.distance), default=None)

    def _scaled(self, timed: Timed, settings: Mapping[str, Any], runs: int) -> _Scaling | None:
        """Return what a timed training would take with other settings and runs; None if that is unknown."""
        work = self._ratio(timed, settings, runs)
        if work is not None:
            return _Scaling(timed.other + timed.fit * work, abs(math.log(work)), at_most=False)
        if settings.get("train_samples") and not timed.settings.get("train_samples"):
            every = {name: value for name, value in settings.items() if name != "train_samples"}
            work = self._ratio(timed, every, runs)
        return None if work is None else _Scaling(timed.other + timed.fit * work, abs(math.log(work)), at_most=True)

    def _ratio(self, timed: Timed, settings: Mapping[str, Any], runs: int) -> float | None:
        """Return the work as a multiple of a timed training's; None if the samples of only one of them are known.

        In other batches, the same samples need other steps. The time of small nets follows the steps, that of large
        ones the samples; the geometric mean of the two is the least wrong for either.
        """
        own, other = self._count(settings), self._count(timed.settings)
        if (own is None) != (other is None):
            return None
        samples = own / other if own and other else 1.0
        replicas = STEP_OVERHEAD if timed.engine == "stack" else 0
        epochs = settings.get("epochs", 1) / timed.settings.get("epochs", 1)
        batches = timed.settings.get("batch_size", BATCH) / settings.get("batch_size", BATCH)
        return float(samples * math.sqrt(batches) * epochs * (runs + replicas) / (timed.runs + replicas))

    def _count(self, settings: Mapping[str, Any]) -> int | None:
        """Return the number of training samples, before validation is split off; None if it is unknown."""
        there = self._rows(str(settings.get("dataset", "")))
        limit = settings.get("train_samples")
        return min(limit, there or limit) if limit else there

    def _rows(self, dataset: str) -> int | None:
        """Return the rows of a prepared data set's training split: as many as it has targets."""
        if dataset not in self._samples:
            arrays = read_mapping(self._data / "prepared" / dataset / "dataset.json").get("arrays", {})
            targets = {name: each["shape"][0] for name, each in arrays.items() if name.startswith("y")}
            self._samples[dataset] = targets.get("y_train", max(targets.values(), default=0)) or None
        return self._samples[dataset]

    def _here(self, variant: str) -> list[Timed]:
        """Return finished trainings of a variant here, including trials."""
        if variant not in self._finished:
            folders = (root / "runs" / variant for root in (self._results, tuning_folder(self._results)))
            manifests = (path for folder in folders for path in sorted(folder.rglob("manifest.json")))
            self._finished[variant] = [each for path in islice(manifests, ENOUGH) if (each := _finished(path))]
        return self._finished[variant]

    @cached_property
    def _times_as_long(self) -> float | None:
        """Return the time of the same trainings here, as a multiple of the reference machine's; None if unknown."""
        here_seconds = there_seconds = 0.0
        for variant, there in self._reference.items():
            for here in self._here(variant):
                work = self._ratio(there, here.settings, here.runs)
                if work and there.engine == here.engine and here.fit > 0 < there.fit:
                    here_seconds += here.fit
                    there_seconds += work * there.fit
        return (here_seconds + PRIOR_SECONDS) / (there_seconds + PRIOR_SECONDS) if there_seconds else None

    def _by_arithmetic(self, block: Block) -> float | None:
        flop = flop_a_sample(self._models.get(f"{block.exercise}/{block.variant}", {}))
        samples = self._count({**block.settings, "dataset": block.dataset})
        if flop is None or samples is None:
            return None
        epochs, runs = block.settings.get("epochs", 1), block.runs
        steps = math.ceil(samples / block.settings.get("batch_size", BATCH))
        return START_SECONDS + epochs * runs * (samples * flop / (EFFICIENCY * speed()) + steps * STEP_SECONDS)


def _finished(manifest: Path) -> Timed | None:
    """Return the training that a manifest describes; None if it cannot be read."""
    content = read_mapping(manifest)
    try:
        provenance = content["provenance"]
        settings = {**content["settings"], "dataset": provenance["data"]["name"]}
        variant = f"{content['exercise']}/{content['variant']}"
        timed = _timed(variant, settings, len(content["seeds"]), provenance["engine"], provenance)
        whole = _of_process(manifest) if not provenance.get("resumed_seconds") else None
        return timed if whole is None else replace(timed, other=max(0.0, whole - timed.fit))
    except (LookupError, TypeError, AttributeError):
        return None


def _of_process(manifest: Path) -> float | None:
    """Return the seconds of the whole process that trained a block, if its journal has them."""
    parts = manifest.parent.parts
    place = len(parts) - 1 - parts[::-1].index("runs")
    file = Path(*parts[:place], "journal", *parts[place + 1 :]).with_suffix(".jsonl")
    try:
        last = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])
        return float(last["cost"]["wall_seconds"]) if last["why"] == DONE else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _referred(reference: Path) -> Iterator[Timed]:
    for variant, entry in read_mapping(reference / "manifests.json").get("variants", {}).items():
        with suppress(LookupError, TypeError):
            settings = {**entry["settings"], "dataset": entry["dataset"]}
            blocks = entry.get("blocks") or 1
            # The times of several blocks are summed: the runs in each block's stack share steps.
            yield _timed(variant, settings, len(entry["seeds"]), entry["engine"][0], entry, blocks)


def _timed(
    variant: str,
    settings: Mapping[str, Any],
    seeds: int,
    engine: str,
    took: Mapping[str, Any],
    blocks: int = 1,
) -> Timed:
    fit = took["fit_seconds"] / blocks
    wall = (took["wall_seconds"] + took.get("resumed_seconds", 0.0)) / blocks
    runs = max(1, round(seeds / blocks)) * (settings.get("folds") or 1)
    return Timed(variant, settings, runs, engine, fit, max(0.0, wall - fit) + START_SECONDS)


def read_mapping(path: Path) -> Mapping[str, Any]:
    """Return the content of a JSON file; empty if it is missing or is not a mapping."""
    try:
        content = read_json(path) if path.is_file() else {}
    except InputError:
        return {}
    return content if isinstance(content, Mapping) else {}
