"""Report the progress of every block from the files of its jobs, even while they run."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from practica.config.study import Block, Study
from practica.config.trials import folder as tuning_folder
from practica.config.trials import trial_blocks
from practica.errors import InputError
from practica.files import read_json
from practica.jobs.attempt import OUT_OF_TIME, TAKEN_OVER, TERMINATED
from practica.jobs.history import NAME as HISTORY
from practica.jobs.history import recent
from practica.jobs.journal import DIVERGED, KILLED, Entry, Journal, failure_note
from practica.jobs.lock import alive
from practica.jobs.progress import seconds_left
from practica.jobs.states import checkpoint_folder
from practica.jobs.together import with_others

RUNNING, QUEUED, WAITING, STOPPED, FAILED, DONE = "running", "queued", "waiting", "stopped", "failed", "done"
STATES = (DONE, RUNNING, QUEUED, WAITING, STOPPED, FAILED)
POINTS = 30
"""Largest number of values of a curve that are shown."""
MOST_SEEDS = 1000
WITH_OTHERS = "trials that can share a graph train together first"
MONITORED = ("accuracy", "mse", "loss")


@dataclass(frozen=True)
class Status:
    """The progress of one block.

    Attributes:
        exercise, variant, block: which block.
        state: ``done``, ``running``, ``queued`` on the cluster, ``waiting`` for its turn, ``failed``, or ``stopped``
            early: the next run continues it.
        runs, runs_done: how many runs (seeds, or seeds and folds) it has, and how many of them are done.
        epoch, epochs: of the run that is being trained, or of the last one.
        metric, value: the monitored validation metric, at the last point or as the mean of the finished runs.
        seconds_per_epoch: speed at the last point, or the mean of the finished runs; None after a first short point.
        seconds_left: estimate for everything that is left; None if nothing is known.
        attempts: every attempt so far.
        reason: why it failed or stopped.
        trial: the trial of the variant's tuning, if it belongs to one.
        runs_at_once: how many runs are trained together.
        curve: the last values of the metric, if training has begun and is not finished.
        by_hand: whether somebody started it alone; it is not a block of the study.
    """

    exercise: str
    variant: str
    block: str
    state: str
    runs: int
    runs_done: int = 0
    epoch: int = 0
    epochs: int = 0
    metric: str | None = None
    value: float | None = None
    seconds_per_epoch: float | None = None
    seconds_left: float | None = None
    attempts: list[Entry] = field(default_factory=list)
    reason: str = ""
    trial: str = ""
    runs_at_once: int = 1
    curve: list[float] = field(default_factory=list)
    by_hand: bool = False

    @property
    def id(self) -> str:
        """Return the block's name as people write it, with the trial before the block."""
        return str(Path(self.exercise, self.variant, self.trial, self.block))


def gather(study: Study, results: Path) -> list[Status]:
    """Return the status of every block of the study, in its order, then of the trials of tunings that have begun.

    Blocks with other seeds, which somebody has trained by hand, follow those of their variant.
    """
    queue = cluster_queue()
    tuning = tuning_folder(results)
    blocks = study.blocks()
    rows = [status_of(block, results, queue) for block in blocks]
    others = [status_of(block, results, queue) for block in _others(study, results, blocks)]
    rows += [replace(row, by_hand=True) for row in others if row.state == RUNNING or row.attempts[-1].by_hand]
    order = {names: place for place, names in enumerate(dict.fromkeys((b.exercise, b.variant) for b in blocks))}
    rows.sort(key=lambda row: order[row.exercise, row.variant])
    trials = [block for block in trial_blocks(study) if _begun(block, tuning)]
    return rows + [status_of(block, tuning, queue) for block in trials]


def _others(study: Study, results: Path, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks of the study's variants that have a journal and are not among ``blocks``."""
    paths = {block.path for block in blocks}
    for exercise, variant in dict.fromkeys((block.exercise, block.variant) for block in blocks):
        for path in sorted((results / "journal" / exercise / variant).glob("s*.jsonl")):
            seeds = _seeds(path.stem)
            if seeds and (block := study.block(exercise, variant, seeds)).path not in paths and block.name == path.stem:
                yield block


def _seeds(name: str) -> tuple[int, ...]:
    """Return the seeds of a block with this name; empty if it is not the name of a block."""
    if span := re.fullmatch(r"s(\d{1,9})-(\d{1,9})", name):
        first, last = map(int, span.groups())
        return tuple(range(first, last + 1)) if last - first < MOST_SEEDS else ()
    return tuple(map(int, name[1:].split("_"))) if re.fullmatch(r"s\d{1,9}(_\d{1,9})*", name) else ()


def _begun(block: Block, tuning: Path) -> bool:
    """Return whether any trial of the block's variant has left a trace."""
    return any((tuning / kind / block.exercise / block.variant).is_dir() for kind in ("runs", "journal", "checkpoints"))


def cluster_queue() -> dict[str, str]:
    """Return the state of this user's jobs in SLURM by what Snakemake calls them; empty without SLURM.

    The comment of a SLURM job names the job of Snakemake, or all that it was packed from, with commas between them.
    """
    if not shutil.which("squeue"):
        return {}
    command = ["squeue", "--me", "--noheader", "--format=%T %k"]
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    pairs = (line.partition(" ") for line in output.splitlines())
    return {name: state for state, _, comment in pairs for name in comment.strip().split(",")}


def status_of(block: Block, results: Path, queue: Mapping[str, str]) -> Status:
    """Return the status of a block; ``queue`` is the cluster's."""
    folder = checkpoint_folder(block, results)
    base: dict[str, Any] = {
        "exercise": block.exercise,
        "variant": block.variant,
        "block": block.name,
        "trial": block.trial,
        "runs": block.runs,
        "attempts": _attempts(block, results, alive(folder / "lock.json")),
    }
    is_done = (block.folder(results) / "metrics.json").is_file()
    if alive(folder / "lock.json"):
        return Status(**base, state=RUNNING, **_progress(block, results))
    if block.trial and not is_done and (progress := _with_others(block, results)):
        return Status(**base, state=RUNNING, **progress)
    if is_done:
        return Status(**base, **_finished(block, results))
    progress = _progress(block, results)
    rule = "train_trial" if block.trial else "train"
    queue_state = queue.get(f"rule_{rule}_wildcards_{'_'.join(block.path.parts)}")
    if queue_state:
        state, more = (RUNNING, ", but no sign of life") if queue_state == "RUNNING" else (QUEUED, "")
        return Status(**base, state=state, **progress, reason=f"SLURM: {queue_state.lower()}{more}")
    note = failure_note(block, results)
    last = base["attempts"][-1].why if base["attempts"] else None
    if last and last.startswith((KILLED, OUT_OF_TIME, TERMINATED, TAKEN_OVER)):
        line = _last_line(results / "logs" / "train" / block.path.with_suffix(".log"))
        return Status(**base, state=STOPPED, **progress, reason=f"{last}: {line}" if line and last == KILLED else last)
    failed = note.is_file()
    reason = str(_read(note).get("reason", "")) if failed else ""
    return Status(**base, state=FAILED if failed else WAITING, **progress, reason=reason)


def _attempts(block: Block, results: Path, running: bool) -> list[Entry]:
    """Return the attempts; one without an end was killed, unless it is running now."""
    entries = Journal(block, results).entries()
    alive_one = entries[-1:] if running else []
    return [e if e.why or e in alive_one else replace(e, why=KILLED) for e in entries]


def _progress(block: Block, results: Path) -> dict[str, Any]:
    """Return how far the last run got, and an estimate of what is left."""
    progress = _read(checkpoint_folder(block, results) / "progress.json")
    epochs = block.settings.get("epochs", 0)
    keys = ("runs_done", "epoch", "epochs", "metric", "value", "seconds_per_epoch")
    if not progress.keys() >= set(keys):
        return {"epochs": epochs}
    values = {key: progress[key] for key in keys}
    values["runs_at_once"] = together = progress.get("runs_at_once", 1)
    values["seconds_left"] = seconds_left({"runs": block.runs, **progress})
    curve = recent(block.folder(results) / HISTORY, str(progress["metric"]), together=together > 1)
    return values | {"curve": curve[-POINTS:]}


def _with_others(block: Block, results: Path) -> dict[str, Any]:
    """Return how far a variant's trials are if they train together, with the block's share of what is left."""
    folder = checkpoint_folder(with_others(block), results)
    if not alive(folder / "lock.json"):
        return {}
    together = _progress(with_others(block), results)
    remaining, runs = together.get("seconds_left"), _read(folder / "progress.json").get("runs", block.runs)
    counters = {name: value for name, value in together.items() if name in ("epoch", "epochs", "seconds_per_epoch")}
    return {
        **counters,
        "seconds_left": None if remaining is None else remaining * block.runs / runs,
        "reason": WITH_OTHERS,
    }


def _finished(block: Block, results: Path) -> dict[str, Any]:
    """Return epochs, mean metric and mean speed of a finished block, or why its trial diverged."""
    content = _read(block.folder(results) / "metrics.json")
    if DIVERGED in content:
        return {"state": FAILED, "reason": str(content[DIVERGED])}
    state = {"state": DONE, "runs_done": block.runs}
    try:
        return state | _outcome(content["runs"], content["provenance"]["fit_seconds"])
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
        return {**state, "reason": "metrics.json cannot be read: delete it and run again"}


def _outcome(runs: Sequence[Mapping[str, Any]], seconds: float) -> dict[str, Any]:
    """Return epochs, mean metric and mean speed of finished runs."""
    parts = [run["metrics"].get("validation") or run["metrics"]["train"] for run in runs]
    metric = min(parts[0].keys() & set(MONITORED), key=MONITORED.index)
    epochs = sum(run["epochs"] for run in runs)
    return {
        "epoch": runs[-1]["epochs"],
        "epochs": runs[-1]["epochs"],
        "metric": metric,
        "value": sum(part[metric] for part in parts) / len(parts),
        "seconds_per_epoch": seconds / epochs,
        "seconds_left": 0.0,
    }


def _last_line(log: Path) -> str:
    """Return the last non-empty line of a log; empty if there is no log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _read(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file; empty if it is missing or damaged."""
    try:
        return dict(read_json(path))
    except (InputError, TypeError, ValueError):
        return {}
