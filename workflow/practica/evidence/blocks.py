"""Read the result files of one block of runs, and check everything that the rest of the study relies on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np

from practica.address import BEST, RUNNING
from practica.config.study import Block
from practica.errors import InputError
from practica.evidence.final_values import SPLIT, agree, ends_as_recorded, may_be_best
from practica.evidence.run_files import Key, history_of, metrics_of, run_key, run_name
from practica.files import canonical_json, misfit, read_json, sha256
from practica.jobs.journal import DIVERGED, DONE, KILLED, Journal, failure_note
from practica.jobs.lock import alive
from practica.jobs.states import checkpoint_folder

METRICS = "metrics.json"
FILES = (METRICS, "history.json", "manifest.json")
REAL, STAND_IN = "real", "STAND-IN"
NOT_RUN = "not run yet"
ARRAYS = "arrays"

T = TypeVar("T")


@dataclass(frozen=True)
class BlockFiles:
    """The result files of one block; everything but the status is empty unless the status is ``done``."""

    block: Block
    status: str
    reason: str = ""
    stand_in: bool = False
    epochs: int | None = None
    metrics: Mapping[Key, float] = field(default_factory=dict)
    history: Mapping[Key, tuple[list[int], list[float]]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    diverged: bool = False
    rewritten: str = ""

    @property
    def data(self) -> str:
        """Return ``real`` or ``STAND-IN`` for a finished block, and an empty text for any other."""
        if self.status != "done":
            return ""
        return STAND_IN if self.stand_in else REAL


def read_block(block: Block, results: Path) -> BlockFiles:
    """Read a block's files, or say why there is nothing to read.

    Raises:
        InputError: a file is malformed, belongs to another block, was made with other settings than the study has, or
            is missing although ``metrics.json``, which is written last, is there; the message names it.
    """
    metrics_file, history_file, manifest_file = (block.folder(results) / name for name in FILES)
    if block.trial and (reason := _divergence(metrics_file)):
        return BlockFiles(block, "failed", reason, diverged=True)
    if not metrics_file.is_file():
        return _unfinished(block, results)
    for path in (history_file, manifest_file):
        if not path.is_file():
            raise InputError(f"{path} is missing; {train_again(path)}")
    manifest = read_manifest(manifest_file)
    _check_settings(manifest_file, manifest, block)
    if manifest["seeds"] != list(block.seeds):
        raise InputError(f"{manifest_file} tells of seeds {manifest['seeds']}; {train_again(manifest_file)}")
    metrics = _content(metrics_file, block)
    history = _content(history_file, block)
    for path, content in ((manifest_file, manifest), (history_file, history)):
        if metrics["stand_in"] != content["stand_in"]:
            raise InputError(f"{metrics_file} and {path} differ in stand_in; {train_again(metrics_file)}")
    runs = _parsed(metrics_file, lambda: metrics_of(metrics, block))
    curves = _parsed(history_file, lambda: history_of(history, block))
    lengths = {key[:2]: epochs[-1] for key, (epochs, _) in curves.items()}
    for run in metrics["runs"]:
        if run["epochs"] != (length := lengths.get(run_key(run))):
            difference = f"{run_name(*run_key(run))} has {run['epochs']} epochs, and {length} in {history_file.name}"
            raise InputError(f"{metrics_file}: {difference}; {train_again(metrics_file)}")
    _check_ends(metrics_file, block, metrics, curves)
    ends = {key: values[-1] for key, (_, values) in curves.items() if key[3].startswith(RUNNING) and values}
    return BlockFiles(
        block=block,
        status="done",
        stand_in=metrics["stand_in"],
        epochs=_parsed(metrics_file, lambda: max(int(run["epochs"]) for run in metrics["runs"])),
        metrics={**runs, **ends},
        history=curves,
        provenance=manifest["provenance"],
        rewritten=rewritten(manifest_file, manifest, {"metrics": metrics, "history": history}),
    )


def read_manifest(path: Path) -> dict[str, Any]:
    """Read a block's manifest.

    Raises:
        InputError: the file cannot be read, or does not match its schema.
    """
    manifest: dict[str, Any] = _read(path)
    if fault := misfit(manifest, "manifest"):
        raise InputError(f"{path} is malformed ({fault}); {train_again(path)}")
    return manifest


def _check_settings(path: Path, manifest: Mapping[str, Any], block: Block) -> None:
    """Raise ``InputError`` if a block was trained with other settings than the study has now.

    Snakemake would have trained it again, unless it was told to compare only the times of files.
    """
    had = {**manifest["settings"], "model": manifest["model"], "data set": manifest["provenance"]["data"]["name"]}
    expected = {**block.settings, "model": block.model, "data set": block.dataset}
    for name in sorted(had.keys() | expected.keys()):
        if had.get(name) != expected.get(name):
            was, now = (f"{name} {each[name]}" if name in each else f"no {name}" for each in (had, expected))
            raise InputError(f"{path}: {block.id} was trained with {was}, and the study has {now}; {train_again(path)}")


def rewritten(path: Path, manifest: Mapping[str, Any], content: Mapping[str, Any] | None = None) -> str:
    """Return where a block's files come from if they are not as its run left them; empty if they are.

    Args:
        path: of the manifest, which says so, or whose sums tell; those of earlier versions have none.
        manifest: its content.
        content: the content of files that have been read, by their names without the suffix.

    Raises:
        InputError: a file cannot be read.
    """
    if source := str(manifest.get("rewritten", "")):
        return source
    content = content or {}
    files = {name: path.with_name(f"{name}.{'npz' if name == ARRAYS else 'json'}") for name in manifest.get("sums", {})}
    names = [
        file.name
        for name, file in files.items()
        if file.is_file() and manifest["sums"][name] != _sum(file, content.get(name))
    ]
    return f"changed since the run: {', '.join(names)}" if names else ""


def _sum(file: Path, content: Any) -> str:
    """Return the sum of a file of a block's results, as ``write_results`` computes it."""
    if file.stem == ARRAYS:
        return sha256(file.read_bytes())
    return sha256(canonical_json((content or _read(file)).get("runs")))


def check_alike(files: Iterable[BlockFiles], results: Path) -> None:
    """Check that finished blocks of a variant have the same splits and metrics.

    Raises:
        InputError: a block lacks a metric that another has; the message names the file that lacks it.
    """
    first: dict[tuple[str, str], BlockFiles] = {}
    for each in (each for each in files if each.status == "done"):
        other = first.setdefault((each.block.exercise, each.block.variant), each)
        mine, its = ({key[2:] for key in of.metrics} for of in (each, other))
        for split, metric in sorted(mine ^ its):
            has, lacks = (each, other) if (split, metric) in mine else (other, each)
            file = lacks.block.folder(results) / METRICS
            raise InputError(f"{file} has no {split} {metric}, which {has.block.id} has; {train_again(file)}")


def train_again(path: Path) -> str:
    """Say how to get a file of a block again: delete ``metrics.json``, the only one that the workflow looks at."""
    return f"delete {path.with_name(METRICS)} and run again"


def _divergence(path: Path) -> str:
    """Return why a trial diverged; empty if it did not."""
    content = _read(path) if path.is_file() else {}
    return str(content.get(DIVERGED, "")) if isinstance(content, dict) else ""


def _unfinished(block: Block, results: Path) -> BlockFiles:
    note = failure_note(block, results)
    if note.is_file():
        reason = _parsed(note, lambda: str(read_json(note)["reason"]))
        return BlockFiles(block, "failed", reason)
    last = next(reversed(Journal(block, results).entries()), None)
    if last and last.why != DONE and not alive(checkpoint_folder(block, results) / "lock.json"):
        # A killed process leaves no note.
        return BlockFiles(block, "failed", f"{last.why or KILLED} on {last.host}, attempt {last.attempt}")
    return BlockFiles(block, "missing", NOT_RUN)


def read_arrays(path: Path, run: str, names: Iterable[str]) -> dict[str, np.ndarray] | None:
    """Return the named arrays of a run such as ``s0`` or ``s0f3``, or None if it did not keep them all.

    Raises:
        InputError: the file is gone or not a plain NumPy archive.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            keys = {name: f"{run}/{name}" for name in names}
            return {name: archive[key] for name, key in keys.items()} if set(keys.values()) <= set(archive) else None
    except PermissionError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; change its rights") from error
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        what = "missing" if isinstance(error, FileNotFoundError) else f"not a NumPy archive ({error})"
        raise InputError(f"{path} is {what}; {train_again(path)}") from error


def _content(path: Path, block: Block) -> Any:
    """Read a file of runs, and check that it matches its schema and belongs to this block."""
    content = _read(path)
    if reason := misfit(content, path.stem):
        raise InputError(f"{path} is malformed ({reason}); {train_again(path)}")
    keys = ("exercise", "variant", *(["trial"] if block.trial else []), "block")
    owner = "/".join(_parsed(path, lambda: [str(content[key]) for key in keys]))
    if owner != block.id:
        raise InputError(f"{path} belongs to {owner}; {train_again(path)}")
    seeds = _parsed(path, lambda: {int(run["seed"]) for run in content["runs"]})
    if seeds != set(block.seeds):
        raise InputError(f"{path} holds seeds {sorted(seeds)}, not {list(block.seeds)}; {train_again(path)}")
    return content


def _read(path: Path) -> Any:
    try:
        return read_json(path)
    except InputError as error:
        if isinstance(error.__cause__, PermissionError):  # the file may be whole
            raise InputError(f"{error}; change its rights") from error
        what = "is not valid JSON" if isinstance(error.__cause__, ValueError) else "cannot be read"
        raise InputError(f"{path} {what} ({error.__cause__}); {train_again(path)}") from error


def _parsed(path: Path, parse: Callable[[], T]) -> T:
    """Return what ``parse`` makes of a file; turn an error in the file's structure into one that names the file."""
    try:
        return parse()
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = f"no key {error}" if isinstance(error, KeyError) else str(error)
        again = train_again(path) if path.name in FILES else "delete it and run again"
        raise InputError(f"{path} is malformed ({what}); {again}") from error


def _check_ends(path: Path, block: Block, content: Any, curves: Mapping[Key, tuple[list[int], list[float]]]) -> None:
    """Raise ``InputError`` if a final or best value differs from the run's own history at its end or best epoch."""
    if not ends_as_recorded(block.exercise, block.settings):
        return
    for run in content["runs"]:
        for name, value in run["metrics"].get(SPLIT, {}).items():
            metric = name.removeprefix(BEST)
            epochs, values = curves.get((*run_key(run), SPLIT, metric), ([], []))
            best = [v for epoch, v in zip(epochs, values, strict=True) if epoch == run["best_epoch"]]
            if name != metric and best and not agree(value, best):
                difference = f"has {SPLIT} {name} {value:g}, and {best[0]:g} at its best epoch, {run['best_epoch']},"
            elif name == metric and values and not agree(value, values[-1:] + best * may_be_best(block.settings)):
                difference = f"ends with {SPLIT} {metric} {value:g}, and with {values[-1]:g}"
            else:
                continue
            raise InputError(f"{path}: {run_name(*run_key(run))} {difference} in {FILES[1]}; {train_again(path)}")
