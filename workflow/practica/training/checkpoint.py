"""Save what a killed run needs to continue exactly where it was, in files that are whole or recognisably broken.

A file is one line of JSON, with the key of its owner and the checksum of the rest, and an ``.npz`` without pickles.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from practica.errors import DivergedError, InputError, StoppedError
from practica.files import atomic_path, canonical_json, read_json, say, sha256, write_json
from practica.training.record import History, Outcome

State = list[np.ndarray]
Arrays = Mapping[str, np.ndarray]
WEIGHTS = "weights of the net "
"""How the names of a kept net's weights begin, among the arrays of a finished run."""


class UnusableError(Exception):
    """A file from which a run cannot continue, because it is ``torn`` or ``foreign``."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one block and the outcomes of its finished runs.

    Attributes:
        folder: where the files are; the lock on the block guards it.
        key: digest of everything that decides the result; outcomes with another key are never used.
        every: seconds of training between two checkpoints; 0: one at every point of the history.
        at_point: called with a run's name and record at every point of its history; returns a reason to stop, or None.
        state_key: digest of everything that decides the state after an epoch, so without the number of epochs: a run
            can continue from the state of one with fewer epochs. None: it continues only from its own.
        resumed: seconds of training that earlier attempts have saved this one, a number for each state or outcome.
        read: the outcomes that have been read, by the run's name.
    """

    folder: Path
    key: str
    every: float = 60.0
    at_point: Callable[[str, History], str | None] = lambda run, record: None
    state_key: str | None = None
    resumed: list[float] = field(default_factory=list)
    read: dict[str, Outcome] = field(default_factory=dict)

    def of(self, seed: int, fold: int | None) -> Checkpoint:
        """Return the checkpoint of one run."""
        return Checkpoint(self, f"s{seed}" if fold is None else f"s{seed}f{fold}")

    def of_stack(self, wave: int | str) -> Checkpoint:
        """Return the checkpoint of the runs that are trained together in this wave of the block.

        The number of epochs decides how their graph is compiled, and so their rounding: runs with another number of
        epochs cannot continue from it.
        """
        return Checkpoint(self, f"stack{wave}", shared=False)

    def condemn(self, verdict: str) -> None:
        """Record that the block diverges, so that a retry does not spend the same time to find out."""
        write_json(self._verdict, {"key": self.key, "reason": verdict})

    def check(self) -> None:
        """Check that the block has not diverged before.

        Raises:
            DivergedError: an earlier attempt with the same settings, code and data diverged.
        """
        try:
            key, reason = (read_json(self._verdict)[name] for name in ("key", "reason"))
        except (InputError, KeyError, TypeError):  # there is no verdict, or a damaged one: train again
            return
        if key != self.key:
            return
        raise DivergedError(f"{reason} (seen before; to try again delete {self._verdict})")

    @property
    def _verdict(self) -> Path:
        return self.folder / "diverged.json"


class Checkpoint:
    """The last two saved states of one run and, in the end, its outcome."""

    def __init__(self, block: Checkpoints, name: str, *, shared: bool = True) -> None:
        self.name = name
        self._block = block
        self._key = f"{block.key}/{name}"
        self._shared = shared and block.state_key is not None
        self._state_key = f"{block.state_key}/{name}" if self._shared else self._key
        self._last_save = time.monotonic()
        self._last, self._before, self._done = (
            block.folder / f"{name}.{kind}" for kind in ("checkpoint", "checkpoint-before", "done")
        )

    @property
    def every(self) -> float:
        """Return the seconds of training between two checkpoints; 0: one at every point of the history."""
        return self._block.every

    def resume(self, record: History, set_state: Callable[[State], None]) -> None:
        """Restore record and model from the last usable checkpoint; without one, leave both as they are."""
        states = (self._read(path, self._state_key) for path in (self._last, self._before))
        checkpoint = next((each for each in states if each and not self._is_beyond(record, each[0])), None)
        if checkpoint:
            fields, arrays = checkpoint
            state, best = (_numbered(arrays, kind) for kind in ("state", "best"))
            record.restore(fields, best)
            set_state(state)
            self._block.resumed.append(record.seconds)
            say(f"{self.name}: going on after epoch {record.done} of {record.last_epoch}")

    def reached(self, record: History, get_state: Callable[[], State]) -> None:
        """Handle a point of the history: save it if a checkpoint is due, and stop the run if it must stop.

        The state at the last epoch is saved too, unless the whole run took less time than lies between two checkpoints:
        with more epochs, the run continues from there.

        Raises:
            StoppedError: the run must stop here.
        """
        stop = self._block.at_point(self.name, record)
        is_last = record.done >= record.last_epoch and record.seconds >= self._block.every
        if stop or is_last or time.monotonic() - self._last_save >= self._block.every:
            self._save(record, get_state())
            self._last_save = time.monotonic()
        if stop:
            raise StoppedError(
                f"{stop} after epoch {record.done} of {record.last_epoch}; run it again to go on from there"
            )

    def finish(self, outcome: Outcome) -> None:
        """Save the outcome of the run."""
        fields = {name: value for name, value in vars(outcome).items() if name not in ("artefacts", "weights")}
        weights = {f"{WEIGHTS}{place}": weight for place, weight in enumerate(outcome.weights)}
        write(self._done, self._key, fields, {**outcome.artefacts, **weights})
        self._before.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the checkpoints: the outcome is safe."""
        for path in (self._last, self._before):
            path.unlink(missing_ok=True)

    def finished(self) -> Outcome | None:
        """Return the outcome of the run; None if it has not finished."""
        if self.name in self._block.read:
            return self._block.read[self.name]
        content = self._read(self._done, self._key)
        if not content:
            return None
        artefacts = {name: array for name, array in content[1].items() if not name.startswith(WEIGHTS)}
        fields = {**content[0], "engine": tuple(content[0]["engine"])}
        outcome = Outcome(**fields, artefacts=artefacts, weights=_numbered(content[1], WEIGHTS))
        self._block.resumed.append(outcome.fit_seconds)
        self._block.read[self.name] = outcome
        return outcome

    def _is_beyond(self, record: History, fields: Mapping[str, Any]) -> bool:
        """Return whether a state lies beyond the last epoch of this run, or depends on another number of epochs."""
        return self._shared and (
            fields["epochs"][-1] > record.last_epoch or fields["made_for"] not in (None, record.last_epoch)
        )

    def _save(self, record: History, state: State) -> None:
        arrays = {f"{kind}{i}": a for kind, values in _kinds(state, record) for i, a in enumerate(values)}
        try:
            if self._last.exists():
                self._last.replace(self._before)
            write(self._last, self._state_key, record.fields(), arrays)
        except (OSError, InputError) as error:
            # A full disk may have room again when the results are written: hours of training are worth the try.
            say(f"{self.name}: no checkpoint at epoch {record.done}: {error}")

    def _read(self, path: Path, key: str) -> tuple[dict[str, Any], Arrays] | None:
        try:
            return read(path, key)
        except FileNotFoundError:
            return None
        except UnusableError as error:
            if path == self._done and self._shared and error.kind == "foreign":
                return None  # the outcome with another number of epochs
            aside = set_aside(path, error.kind)
            say(f"{path} is {error.kind} ({error}): set aside as {aside.name}")
            return None


def write(path: Path, key: str, fields: Mapping[str, Any], arrays: Arrays) -> None:
    """Write ``fields`` (JSON) and ``arrays`` to ``path``, whole or not at all."""
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(fields).encode(), np.uint8)
    np.savez(buffer, fields=text, **{f"array/{name}": array for name, array in arrays.items()})  # type: ignore[arg-type]
    payload = buffer.getvalue()
    with atomic_path(path) as part, part.open("wb") as stream:
        stream.write(canonical_json({"key": key, "sha256": sha256(payload)}).encode() + b"\n")
        stream.write(payload)


def read(path: Path, key: str) -> tuple[dict[str, Any], Arrays]:
    """Return the fields and arrays of a file.

    Raises:
        FileNotFoundError: there is no such file.
        UnusableError: the file is damaged, or belongs to another run.
    """
    with path.open("rb") as stream:
        line, payload = stream.readline(), stream.read()
    try:
        header = json.loads(line)
        owner, digest = header["key"], header["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise UnusableError("torn", "its first line is damaged") from error
    if digest != sha256(payload):
        raise UnusableError("torn", "its content does not match its checksum")
    if owner != key:
        raise UnusableError("foreign", "other settings, code, data, versions or threads made it, or another seed")
    with np.load(io.BytesIO(payload), allow_pickle=False) as content:
        arrays = {name.removeprefix("array/"): content[name] for name in content.files if name != "fields"}
        return json.loads(content["fields"].tobytes()), arrays


def set_aside(path: Path, kind: str) -> Path:
    """Rename a file to a free name that says what is wrong with it, and return the new path."""
    count = len(list(path.parent.glob(f"{path.name}.{kind}-*")))
    aside = path.with_name(f"{path.name}.{kind}-{count + 1}")
    path.replace(aside)
    return aside


def _kinds(state: State, record: History) -> list[tuple[str, State]]:
    return [("state", state), ("best", record.best_weights)]


def _numbered(arrays: Arrays, kind: str) -> State:
    """Return the arrays ``{kind}0``, ``{kind}1``... in order."""
    return [arrays[f"{kind}{i}"] for i in range(sum(name.startswith(kind) for name in arrays))]
