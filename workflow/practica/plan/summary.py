"""Sum up for people what Snakemake is about to do: which trainings, where, for how long, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from practica.config.block import Block
from practica.config.study import Study
from practica.config.trials import folder as tuning_folder
from practica.config.trials import trial_blocks
from practica.jobs.states import checkpoint_folder, origin, origins, prospects, setting_changes
from practica.plan.digests import run_code
from practica.plan.estimates import Estimate, Estimator, read_mapping
from practica.plan.wiring import finished

HERE = "this machine"
OF_PARAMS = ("Params have changed", "Input files updated by another job")
TRAINING_RULES = ("train", "train_trial")
TOGETHER = "train_trials"
"""The rule that trains the trials of a variant in one graph, if it can, before the jobs that write their results."""
ORDER = (
    *("prepare_data", "resolve_study", "rehearse", TOGETHER, *TRAINING_RULES, "describe_models", "collect"),
    *("statistics", "claims", "judge_trials", "figure", "table", "paper", "page", "tuning", "all"),
)
"""Rules in the order of the work; a study's own rules come with the PDF."""


@dataclass(frozen=True)
class Job:
    """A job in Snakemake's plan.

    Attributes:
        rule, title: its rule, and the rule's message about it.
        wildcards: the values of its wildcards, in order.
        reason: why Snakemake runs it, in Snakemake's words.
        asks: resources and threads.
        command: the shell command.
    """

    rule: str
    title: str
    wildcards: tuple[str, ...]
    reason: str
    asks: Mapping[str, Any]
    command: str = ""


@dataclass(frozen=True)
class Training:
    """A planned training job: what it asks for, where it goes, how long it takes, and why it runs.

    ``gpu`` is None until the rehearsal has counted the arithmetic.
    """

    block: str
    exercise: str
    variant: str
    runs: int
    threads: int
    gpu: int | None
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


MOST_GAPS = 5
"""Largest number of missing trainings that are named."""


@dataclass(frozen=True)
class Plan:
    """The summary of a plan.

    Attributes:
        trainings: the planned training jobs, in the study's order.
        there: how many trainings of each exercise are finished and stay.
        others: how many other jobs of each rule there are.
        on_cluster: whether jobs run on a cluster, where they get what they ask for, such as a GPU.
        gaps: the trainings without results that a partial report does without.
    """

    trainings: list[Training]
    there: dict[str, int]
    others: dict[str, int]
    on_cluster: bool = False
    gaps: list[str] = field(default_factory=list)

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
    """Return the total hours of trainings, or the GPU-hours that they ask for, without those of unknown time."""
    return round(sum((each.seconds or 0.0) * ((each.gpu or 0) if gpu else 1) for each in trainings) / 3600, 4)


def make_plan(study: Study, jobs: Sequence[Job], estimator: Estimator, place: Callable[[Job], str] | None) -> Plan:
    """Return the summary of a plan.

    Args:
        study: the study.
        jobs: all jobs of the plan.
        estimator: estimates how long a training takes.
        place: returns the partition of a job; None: all run on this machine.
    """
    blocks = known_blocks(study)
    training_jobs = {job.wildcards: job for job in jobs if job.rule in TRAINING_RULES}
    trainings = [
        _training(blocks[names], training_jobs[names], estimator, place(training_jobs[names]) if place else HERE)
        for names in blocks
        if names in training_jobs
    ]
    stay = [block for names, (block, root) in blocks.items() if names not in training_jobs and finished(block, root)]
    return Plan(
        trainings,
        dict(Counter(part_of(block.exercise, block.trial) for block in stay)),
        dict(Counter(job.rule for job in jobs if job.rule not in (*TRAINING_RULES, "all", "tuning"))),
        place is not None,
        gaps(study),
    )


def gaps(study: Study) -> list[str]:
    """Return the trainings without results that a partial report does without; none if the study is not partial."""
    every = known_blocks(study).values() if study.config["partial"] else ()
    return [block.id for block, root in every if not finished(block, root)]


def gaps_text(names: Sequence[str]) -> str:
    """Return the sentence on the trainings that a partial report does without."""
    some = ", ".join(names[:MOST_GAPS]) + (f" and {len(names) - MOST_GAPS} more" if len(names) > MOST_GAPS else "")
    count = "1 training that has" if len(names) == 1 else f"{len(names)} trainings that have"
    return f"partial: the reports do without {count} failed or not run: {some}"


def known_blocks(study: Study) -> dict[tuple[str, ...], tuple[Block, Path]]:
    """Return every block of the study and its trials, with its folder of results, by the parts of its path."""
    blocks = {block.path.parts: (block, study.results) for block in study.blocks()}
    return blocks | {block.path.parts: (block, tuning_folder(study.results)) for block in trial_blocks(study)}


def part_of(exercise: str, trial: str) -> str:
    """Return the name under which a training is counted."""
    return f"{exercise}, trials" if trial else exercise


def in_order(jobs: Sequence[Job]) -> list[Job]:
    """Return jobs in the order of the work."""
    place = {rule: number for number, rule in enumerate(ORDER)}
    own = place["paper"]  # rules of a study's own
    return sorted(jobs, key=lambda job: (place.get(job.rule, own), job.title))


def _training(entry: tuple[Block, Path], job: Job, estimator: Estimator, place: str) -> Training:
    block, root = entry
    asks = {name: _number(job.asks.get(name)) for name in ("threads", "mem_mb", "runtime")}
    training = Training(
        block=block.id,
        exercise=part_of(block.exercise, block.trial),
        variant=block.variant,
        runs=block.runs,
        **asks,
        gpu=None if gpu_is_open(job) else _number(job.asks.get("gpu")),
        place=place,
        seconds=None,
        at_most=False,
        source="",
        why=why(block, root, job.reason, asks["threads"]),
    )
    return training.estimated(estimator.estimate(block))


def gpu_is_open(job: Job) -> bool:
    """Return whether Snakemake cannot tell yet if a job requests a GPU; its placeholder is a text."""
    return isinstance(job.asks.get("gpu"), str)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def why(block: Block, results: Path, reason: str, threads: int) -> str:
    """Return why a block is trained, in fewer and plainer words than Snakemake's."""
    kind = reason.split(":", maxsplit=1)[0].strip()
    if kind.startswith("Missing output files"):
        folder = checkpoint_folder(block, results)
        files = origins(folder)
        if not files:
            return "no results yet"
        # A plan reads no data and asks no backend: the job does, and compares them as well.
        packages = {name: metadata.version(name) for name in ("keras", "numpy")}
        epochs, reached = block.settings.get("epochs"), read_mapping(folder / "progress.json").get("epoch")
        if isinstance(epochs, int) and isinstance(reached, int) and reached > epochs:
            return f"begun before, from the start ({reached} epochs are trained, and {epochs} are to be)"
        now = origin(block, code=run_code(block.exercise), threads=threads, **packages)
        return f"begun before, {prospects(files, now)}"
    # Changes of its rehearsal, which it waits for, are no reasons of its own.
    changed = _changes(block, read_mapping(block.folder(results) / "manifest.json"))
    return changed or ("code or data have changed" if kind.startswith(OF_PARAMS) else kind.lower())


def _changes(block: Block, manifest: Mapping[str, Any]) -> str:
    """Return which settings, or whether the model, have changed since a block was trained; empty if none."""
    before = manifest.get("settings")
    if not isinstance(before, Mapping):
        return ""
    changes = setting_changes(before, block.settings)
    if manifest.get("model") != block.model:
        changes.append(f"model {manifest.get('model')} -> {block.model}")
    return ", ".join(changes)
