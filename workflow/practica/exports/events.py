"""Histories as TensorBoard's event files: one folder per run and split, one curve per metric.

Training is the running mean, under the metric's own name, as in Keras' event files, so that both splits share axes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practica.address import bare
from practica.errors import InputError
from practica.files import atomic_path

if TYPE_CHECKING:
    import pandas as pd

    from practica.config.block import Block

NAME = "events.out.tfevents.0.practica"  # TensorBoard looks for "tfevents" in a file's name
FOLDER = "tensorboard"
"""The folder of all event files, inside the results folder."""


class EventFiles:
    """The event files of a block in training: they grow with its ``history.jsonl``, and hold the same points.

    Raises:
        InputError: TensorFlow, which writes such files, is not installed.
    """

    def __init__(self, results: Path, block: Block) -> None:
        if not find_spec("tensorflow"):
            raise InputError("tensorboard: true needs TensorFlow, which is not installed here; set it to false")
        self._folder = results / FOLDER / block.path.parent
        self._writers: dict[Path, Any] = {}

    def begin(self, points: Iterable[Mapping[str, Any]]) -> None:
        """Write the files anew with these points; readers never see an incomplete file.

        Raises:
            OSError: they cannot be written.
        """
        with _errors_of_the_system(), ExitStack() as stack:
            for writer in self._writers.values():
                writer.close()
            self._writers = {}
            self._write(points, lambda path: stack.enter_context(atomic_path(path)))

    def add(self, points: Iterable[Mapping[str, Any]]) -> None:
        """Write further points.

        Raises:
            OSError: they cannot be written.
        """
        with _errors_of_the_system():
            self._write(points, _in_its_folder)

    def _write(self, points: Iterable[Mapping[str, Any]], place: Callable[[Path], Path]) -> None:
        """Write points; a file that is not open yet is created at ``place``."""
        for point in points:
            for path, epoch, values in self._values(point):
                if path not in self._writers:
                    self._writers[path] = _writer(place(path))
                self._writers[path].write(_event(epoch, values))
        for writer in self._writers.values():
            writer.flush()

    def _values(self, point: Mapping[str, Any]) -> Iterable[tuple[Path, int, Mapping[str, float]]]:
        run = _run_name(point["seed"], point["fold"])
        for part, values in point.items():
            if isinstance(values, Mapping):
                yield self._folder / run / part / NAME, point["epoch"], values


def write_events(history: pd.DataFrame, folder: Path) -> int:
    """Write the histories of all runs under ``folder`` and return the number of files.

    A second export replaces the first.

    Raises:
        InputError: there is no history.
    """
    if history.empty:
        raise InputError("no run has a history yet: run the study first")
    files = 0
    table = history.assign(fold=history["fold"].astype("string").fillna(""))
    for key, rows in table.groupby(["exercise", "variant", "seed", "fold", "split"], observed=True):
        exercise, variant, seed, fold, split = map(str, key)
        _write(rows, folder / exercise / variant / _run_name(seed, fold) / split / NAME)
        files += 1
    return files


def _write(rows: pd.DataFrame, path: Path) -> None:
    with atomic_path(path) as part, _writer(part) as writer:
        for epoch in sorted(rows["epoch"].unique().tolist()):
            points = rows[rows["epoch"] == epoch]
            writer.write(_event(epoch, dict(zip(points["metric"].astype(str), points["value"], strict=True))))


@contextmanager
def _errors_of_the_system() -> Iterator[None]:
    """Turn TensorFlow's errors, such as a full disk, into ``OSError``, which does not stop a training."""
    import tensorflow as tf

    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(str(error)) from error


def _in_its_folder(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _run_name(seed: Any, fold: Any) -> str:
    return f"s{seed}" if fold in (None, "") else f"s{seed}_fold{fold}"


def _writer(path: Path) -> Any:
    """Return a writer of a new event file, with its header written."""
    import tensorflow as tf

    writer = tf.io.TFRecordWriter(str(path))
    writer.write(tf.compat.v1.Event(wall_time=0.0, file_version="brain.Event:2").SerializeToString())
    return writer


def _event(epoch: int, metrics: Mapping[str, float]) -> bytes:
    """Return the event of an epoch; histories have no clock times, so the epoch stands for them."""
    import tensorflow as tf

    values = [tf.compat.v1.Summary.Value(tag=bare(name), simple_value=value) for name, value in metrics.items()]
    summary = tf.compat.v1.Summary(value=values)
    return bytes(tf.compat.v1.Event(wall_time=float(epoch), step=int(epoch), summary=summary).SerializeToString())
