"""Histories as TensorBoard's event files: a folder a run and split, a curve a metric.

Training is the running mean, under the metric's own name, as in the event files of Keras: so both splits share axes.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from practica.address import bare
from practica.errors import InputError
from practica.files import atomic_path

NAME = "events.out.tfevents.0.practica"  # TensorBoard looks for "tfevents" in a file's name


def write_events(history: pd.DataFrame, folder: Path) -> int:
    """Write the histories of all runs under ``folder`` and return how many files that makes.

    A second export replaces the first; there are no clock times in histories, so the epoch stands for them.

    Raises:
        InputError: there is no history.
    """
    if history.empty:
        raise InputError("no run has a history yet: run the study first")
    files = 0
    known = history.assign(fold=history["fold"].astype("string").fillna(""))
    for key, rows in known.groupby(["exercise", "variant", "seed", "fold", "split"], observed=True):
        exercise, variant, seed, fold, split = map(str, key)
        run = f"s{seed}_fold{fold}" if fold else f"s{seed}"
        _write(rows, folder / exercise / variant / run / split / NAME)
        files += 1
    return files


def _write(rows: pd.DataFrame, path: Path) -> None:
    import tensorflow as tf

    event = tf.compat.v1.Event
    with atomic_path(path) as part, tf.io.TFRecordWriter(str(part)) as writer:
        writer.write(event(wall_time=0.0, file_version="brain.Event:2").SerializeToString())
        for epoch in sorted(rows["epoch"].unique().tolist()):
            points = rows[rows["epoch"] == epoch]
            values = [
                tf.compat.v1.Summary.Value(tag=metric, simple_value=value)
                for metric, value in zip(points["metric"].astype(str).map(bare), points["value"], strict=True)
            ]
            summary = tf.compat.v1.Summary(value=values)
            writer.write(event(wall_time=float(epoch), step=int(epoch), summary=summary).SerializeToString())
