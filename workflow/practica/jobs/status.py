"""Say how far every block is, from what its jobs leave on the disk; also while they run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from practica.config.study import Block, Study
from practica.config.trials import folder as tuning_folder
from practica.config.trials import trial_blocks
from practica.errors import InputError
from practica.files import read_json
from practica.jobs.attempt import OUT_OF_TIME, TAKEN_OVER, TERMINATED, checkpoint_folder
from practica.jobs.journal import DIVERGED, KILLED, Entry, Journal, failure_note
from practica.jobs.lock import alive

RUNNING, QUEUED, WAITING, STOPPED, FAILED, DONE = "running", "queued", "waiting", "stopped", "failed", "done"
STATES = (DONE, RUNNING, QUEUED, WAITING, STOPPED, FAILED)
MONITORED = ("accuracy", "mse", "loss")


@dataclass(frozen=True)
class Status:
    """How far one block is.

    Attributes:
        exercise, variant, block: which block.
        state: ``done``, ``running``, ``queued`` on the cluster, ``waiting`` for its turn, ``failed``, or ``stopped``
            before its end: it goes on when it is run again.
        runs, runs_done: how many runs (seeds, or seeds and folds) it has, and how many of them are done.
        epoch, epochs: of the run that is being trained, or of the last.
        metric, value: the monitored metric of the validation part, of the last point or the mean of the finished runs.
        seconds_per_epoch: speed at the last point, or the mean of the finished runs.
        seconds_left: estimate for all that is left; None where nothing is known.
        attempts: every attempt so far.
        reason: why it failed or stopped.
        trial: which trial of the variant's tuning, if it is one.
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

    @property
    def id(self) -> str:
        """Return the block's name as people write it, with the trial before the block."""
        return str(Path(self.exercise, self.variant, self.trial, self.block))


def gather(study: Study, results: Path) -> list[Status]:
    """Return the status of every block of the study, in its order, and then of the trials where a tuning has begun."""
    queue = cluster_queue()
    tuning = tuning_folder(results)
    begun = [block for block in trial_blocks(study) if _begun(block, tuning)]
    return [
        _status(block, root, queue) for root, blocks in ((results, study.blocks()), (tuning, begun)) for block in blocks
    ]


def _begun(block: Block, tuning: Path) -> bool:
    """Say whether any trial of the block's variant has left a trace."""
    return any((tuning / kind / block.exercise / block.variant).is_dir() for kind in ("runs", "journal", "checkpoints"))


def cluster_queue() -> dict[str, str]:
    """Return the state of this user's SLURM jobs by the comment that Snakemake gives them; empty without SLURM."""
    if not shutil.which("squeue"):
        return {}
    command = ["squeue", "--me", "--noheader", "--format=%T %k"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    pairs = (line.partition(" ") for line in listed.splitlines())
    return {comment.strip(): state for state, _, comment in pairs}


def _status(block: Block, results: Path, queue: Mapping[str, str]) -> Status:
    folder = checkpoint_folder(block, results)
    runs = len(block.seeds) * (block.settings.get("folds") or 1)
    base: dict[str, Any] = {
        "exercise": block.exercise,
        "variant": block.variant,
        "block": block.name,
        "trial": block.trial,
        "runs": runs,
        "attempts": _attempts(block, results, alive(folder / "lock.json")),
    }
    if alive(folder / "lock.json"):
        return Status(**base, state=RUNNING, **_progress(block, folder, runs))
    if (block.folder(results) / "metrics.json").is_file():
        return Status(**base, **_finished(block, results, runs))
    progress = _progress(block, folder, runs)
    rule = "train_trial" if block.trial else "train"
    queued = queue.get(f"rule_{rule}_wildcards_{'_'.join(block.path.parts)}")
    if queued:
        state, more = (RUNNING, ", but no sign of life") if queued == "RUNNING" else (QUEUED, "")
        return Status(**base, state=state, **progress, reason=f"SLURM: {queued.lower()}{more}")
    note = failure_note(block, results)
    last = base["attempts"][-1].why if base["attempts"] else None
    if last and last.startswith((KILLED, OUT_OF_TIME, TERMINATED, TAKEN_OVER)):
        line = _last_line(results / "logs" / "train" / block.path.with_suffix(".log"))
        return Status(**base, state=STOPPED, **progress, reason=f"{last}: {line}" if line and last == KILLED else last)
    if note.is_file():
        reason = _read(note).get("reason", "")
        return Status(**base, state=FAILED, **progress, reason=str(reason))
    return Status(**base, state=WAITING, **progress)


def _attempts(block: Block, results: Path, running: bool) -> list[Entry]:
    """Return the attempts; one without an end was killed, unless it is the one that runs."""
    entries = Journal(block, results).entries()
    alive_one = entries[-1:] if running else []
    return [e if e.why or e in alive_one else _killed(e) for e in entries]


def _killed(entry: Entry) -> Entry:
    return Entry(entry.attempt, entry.host, entry.pid, entry.job, entry.start, why=KILLED)


def _progress(block: Block, folder: Path, runs: int) -> dict[str, Any]:
    """Return how far the last run got, and an estimate of what is left."""
    found = _read(folder / "progress.json")
    epochs = block.settings.get("epochs", 0)
    keys = ("runs_done", "epoch", "epochs", "metric", "value", "seconds_per_epoch")
    if not found.keys() >= set(keys):
        return {"epochs": epochs}
    values = {key: found[key] for key in keys}
    left = (runs - values["runs_done"]) * values["epochs"] - values["epoch"]
    return values | {"seconds_left": max(0.0, left * values["seconds_per_epoch"])}


def _finished(block: Block, results: Path, planned: int) -> dict[str, Any]:
    """Return epochs, mean metric and mean speed of a block that is done, or why its trial diverged."""
    content = _read(block.folder(results) / "metrics.json")
    if DIVERGED in content:
        return {"state": FAILED, "reason": str(content[DIVERGED])}
    done = {"state": DONE, "runs_done": planned}
    try:
        return done | _outcome(content["runs"], content["provenance"]["fit_seconds"])
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
        return {**done, "reason": "metrics.json cannot be read: delete it and run again"}


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
    """Return the last line of a log that says something, or nothing where there is no log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _read(path: Path) -> dict[str, Any]:
    """Return the content of a file of JSON, and nothing where it is missing or damaged."""
    try:
        return dict(read_json(path))
    except (InputError, TypeError, ValueError):
        return {}
