"""What Snakemake is about to do, for people: which trainings, where, for how long, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from practica.config.block import Block
from practica.config.study import Study
from practica.config.trials import folder as tuning_folder
from practica.config.trials import trial_blocks
from practica.jobs.attempt import checkpoint_folder
from practica.plan.estimates import Estimate, Estimator, read_mapping
from practica.plan.wiring import finished

HERE = "this machine"
OF_PARAMS = ("Params have changed", "Input files updated by another job")
TRAINING_RULES = ("train", "train_trial")
ORDER = (
    *("prepare_data", "resolve_study", "rehearse", *TRAINING_RULES, "describe_models", "collect", "statistics"),
    *("claims", "judge_trials", "figure", "table", "paper", "page", "tuning", "all"),
)
"""Rules in the order of the work; those of a study's own stand beside the PDF."""


@dataclass(frozen=True)
class Job:
    """A job as Snakemake tells of it before it runs.

    Attributes:
        rule, title: its rule, and what its rule says of it.
        wildcards: the values in its name, in order.
        reason: Snakemake's own, with its details.
        asks: resources and threads.
        command: what is run.
    """

    rule: str
    title: str
    wildcards: tuple[str, ...]
    reason: str
    asks: Mapping[str, Any]
    command: str = ""


@dataclass(frozen=True)
class Training:
    """A training job that is to run: what it asks for, where it would go, how long it takes, and why it runs."""

    block: str
    exercise: str
    variant: str
    runs: int
    threads: int
    gpu: int
    mem_mb: int
    runtime: int
    place: str
    seconds: float | None
    at_most: bool
    source: str
    why: str

    def estimated(self, estimate: Estimate) -> Training:
        """Return the training with another estimate."""
        seconds = None if estimate.seconds is None else round(estimate.seconds, 1)
        return replace(self, seconds=seconds, at_most=estimate.at_most, source=estimate.source)


@dataclass(frozen=True)
class Plan:
    """A plan of Snakemake's, summed up.

    Attributes:
        trainings: those that are to run, in the study's order.
        there: how many trainings of each exercise are finished and stay.
        others: how many other jobs of each rule there are.
        on_cluster: whether jobs get what they ask for, a GPU among it.
    """

    trainings: list[Training]
    there: dict[str, int]
    others: dict[str, int]
    on_cluster: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the plan for JSON, with its sums."""
        return {
            "schema": 1,
            **asdict(self),
            "sums": {
                "trainings": len(self.trainings),
                "hours": hours(self.trainings),
                "gpu_hours": hours(self.trainings, gpu=True),
                "unknown": sum(each.seconds is None for each in self.trainings),
            },
        }


def hours(trainings: Sequence[Training], *, gpu: bool = False) -> float:
    """Return the hours that trainings take in sum, or the GPU-hours that they ask for; what is unknown is left out."""
    return round(sum((each.seconds or 0.0) * (each.gpu if gpu else 1) for each in trainings) / 3600, 4)


def make_plan(study: Study, jobs: Sequence[Job], estimator: Estimator, place: Callable[[Job], str] | None) -> Plan:
    """Return the plan that these jobs make.

    Args:
        study: the study.
        jobs: all jobs of the plan.
        estimator: tells how long a training takes.
        place: tells to which partition a job goes; None: all run on this machine.
    """
    known = known_blocks(study)
    asked = {job.wildcards: job for job in jobs if job.rule in TRAINING_RULES}
    trainings = [
        _training(known[names], asked[names], estimator, place(asked[names]) if place else HERE)
        for names in known
        if names in asked
    ]
    stay = [block for names, (block, root) in known.items() if names not in asked and finished(block, root)]
    return Plan(
        trainings,
        dict(Counter(part_of(block.exercise, block.trial) for block in stay)),
        dict(Counter(job.rule for job in jobs if job.rule not in (*TRAINING_RULES, "all", "tuning"))),
        place is not None,
    )


def known_blocks(study: Study) -> dict[tuple[str, ...], tuple[Block, Path]]:
    """Return every block of the study and its trials, with its folder of results, by the parts of its path."""
    blocks = {block.path.parts: (block, study.results) for block in study.blocks()}
    return blocks | {block.path.parts: (block, tuning_folder(study.results)) for block in trial_blocks(study)}


def part_of(exercise: str, trial: str) -> str:
    """Return under which name a training is summed up."""
    return f"{exercise}, trials" if trial else exercise


def in_order(jobs: Sequence[Job]) -> list[Job]:
    """Return jobs in the order of the work."""
    place = {rule: number for number, rule in enumerate(ORDER)}
    own = place["paper"]  # rules of a study's own
    return sorted(jobs, key=lambda job: (place.get(job.rule, own), job.title))


def _training(known: tuple[Block, Path], job: Job, estimator: Estimator, place: str) -> Training:
    block, root = known
    asks = {name: _number(job.asks.get(name)) for name in ("threads", "gpu", "mem_mb", "runtime")}
    training = Training(
        block=block.id,
        exercise=part_of(block.exercise, block.trial),
        variant=block.variant,
        runs=block.runs,
        **asks,
        place=place,
        seconds=None,
        at_most=False,
        source="",
        why=why(block, root, job.reason),
    )
    return training.estimated(estimator.estimate(block))


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def why(block: Block, results: Path, reason: str) -> str:
    """Return why a block is trained, in fewer and plainer words than Snakemake's."""
    kind = reason.split(":", maxsplit=1)[0].strip()
    if kind.startswith("Missing output files"):
        progress = read_mapping(checkpoint_folder(block, results) / "progress.json")
        begun = {"run", "epoch", "epochs"} <= progress.keys()
        return "begun before, goes on" if begun else "no results yet"
    # What is said of its rehearsal, which it waits for, is none of its own reasons.
    changed = _changed(block, read_mapping(block.folder(results) / "manifest.json"))
    return changed or ("code or data have changed" if kind.startswith(OF_PARAMS) else kind.lower())


def _changed(block: Block, manifest: Mapping[str, Any]) -> str:
    """Return which settings are not as they were when a block was trained."""
    before = manifest.get("settings")
    if not isinstance(before, Mapping):
        return ""
    names = [name for name in sorted({*before, *block.settings}) if before.get(name) != block.settings.get(name)]
    changed = [f"{name} {_said(before, name)} -> {_said(block.settings, name)}" for name in names]
    if manifest.get("model") != block.model:
        changed.append(f"model {manifest.get('model')} -> {block.model}")
    return ", ".join(changed)


def _said(settings: Mapping[str, Any], name: str) -> str:
    return str(settings[name]) if name in settings else "unset"
