"""The states that a block can go on from: where they are, when they go, and what they come from.

States belong to settings, code, data, threads and versions: a run that went on from others would be of neither.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from practica.config.block import Block
from practica.errors import InputError
from practica.files import canonical_json, read_json
from practica.jobs.lock import Lock, alive

FILE = "origin.json"
"""Beside the states, in the folder that their key names."""
STATES = ("checkpoint", "done")
"""The suffixes of a run's last state, and of its outcome."""
EPOCHS = "epochs"
SHOWN = ("model", "threads", "precision")
"""What is told with its values; what else differs is only named."""


def checkpoint_folder(block: Block, results: Path) -> Path:
    """Return the folder of the block's lock, progress and checkpoints; no rule's output, so nothing deletes it."""
    return results / "checkpoints" / block.path


def discard_checkpoints(block: Block, results: Path, *, but_last: bool = False) -> None:
    """Remove the checkpoints of a block once its results are safe and nobody works on it.

    With ``but_last``, the last states of its runs stay, so that training can continue from there for more epochs.
    """
    folder = checkpoint_folder(block, results)
    if not (block.folder(results) / "metrics.json").is_file() or not folder.is_dir():
        return
    lock = Lock(folder / "lock.json")
    if not alive(lock.path):  # left by a process that was killed after writing its results
        lock.path.unlink(missing_ok=True)
    if lock.try_acquire():
        if but_last and list(folder.glob("*/*.checkpoint")):
            for path in folder.rglob("*"):
                if path.is_file() and path.suffix != ".checkpoint" and path.name != FILE:
                    path.unlink(missing_ok=True)
            return
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # it holds another block's checkpoints
            folder.parent.rmdir()
            folder.parent.parent.rmdir()


def origin(block: Block, **others: Any) -> dict[str, Any]:
    """Return what the states of a block come from, as JSON holds it."""
    settings = {name: value for name, value in block.settings.items() if name != EPOCHS}
    epochs = block.settings.get(EPOCHS)
    return json.loads(canonical_json({"model": block.model, EPOCHS: epochs, "settings": settings, **others}))


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return what differs, as ``threads 2 -> 1, code``, of what both have; empty if nothing does.

    The number of epochs does not count: those to come change nothing in those before, in most runs.
    """
    both = [name for name in before if name in now and before[name] != now[name] and name != EPOCHS]
    texts = setting_changes(before["settings"], now["settings"]) if "settings" in both else []
    texts += [f"{name} {before[name]} -> {now[name]}" for name in SHOWN if name in both]
    return ", ".join([*texts, *(name for name in both if name not in (*SHOWN, "settings"))])


def setting_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the settings that differ, each as ``epochs 10 -> 15``."""
    names = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    return [f"{name} {before.get(name, 'unset')} -> {now.get(name, 'unset')}" for name in names]


def origins(folder: Path) -> list[Path]:
    """Return the files of what the states below a block's folder come from, the latest last."""
    return sorted({state.parent / FILE for kind in STATES for state in folder.glob(f"*/*.{kind}")}, key=_time)


def why_from_the_start(files: Sequence[Path], now: Mapping[str, Any]) -> str:
    """Return why no state with one of these files is of any use; empty if one is, or if there is none.

    States that earlier versions left do not say what they come from, and count as useful.
    """
    every = [differences(_read(file), now) for file in files]
    return "" if not every or "" in every else every[-1]


def prospects(files: Sequence[Path], now: Mapping[str, Any]) -> str:
    """Return what becomes of a block with these states, as far as one can tell before it runs."""
    if why := why_from_the_start(files, now):
        return f"from the start ({why})"
    useful = [before for before in map(_read, files) if not differences(before, now)]
    epochs = [before.get(EPOCHS, now[EPOCHS]) for before in useful]
    if now[EPOCHS] in epochs:
        return "goes on"
    return f"goes on if nothing in it depends on the number of epochs ({epochs[-1]} -> {now[EPOCHS]})"


def _time(file: Path) -> float:
    return file.stat().st_mtime if file.exists() else 0.0


def _read(file: Path) -> Mapping[str, Any]:
    try:
        content = read_json(file)
    except InputError:
        return {}
    return content if isinstance(content, Mapping) and isinstance(content.get("settings"), Mapping) else {}
