"""CIFAR-10: 60,000 colour images of ten kinds of things, 32x32, in the original order."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import numpy as np

from practica.data.store.pickles import unpickle_plain
from practica.data.store.spec import Arrays, Form, Published, Upstream
from study.data import cifar

FOLDER = "cifar-10-batches-py"
BATCHES = (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch")
PYTHON = cifar.Layout(BATCHES, lambda data: cifar.from_batch(unpickle_plain(io.BytesIO(data)), "labels"))
BINARY = cifar.Layout(tuple(f"{name}.bin" for name in BATCHES), lambda data: cifar.from_records(data, 1))


def read(path: Path) -> Arrays:
    """Return the arrays of the original, archive or folder, in the version for Python or the binary one."""
    parts = cifar.read_parts(path, PYTHON, BINARY)
    images, labels = zip(*(parts[name] for name in BATCHES), strict=True)
    return {
        "x_train": np.concatenate(images[:-1]),
        "y_train": np.concatenate(labels[:-1]),
        "x_test": images[-1],
        "y_test": labels[-1],
    }


DATASET = Published(
    name="cifar10",
    fingerprint="80b3c18ee2939c77fc35655b1801749f57f7876bdbe810b3408c6860015b8931",
    forms=(
        Form("cifar10.npz", cifar.read_saved, also=cifar.saved_names("10")),
        Form(
            "cifar-10-python.tar.gz",
            read,
            Upstream(
                "toronto",
                "cifar-10-python.tar.gz",
                "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ),
            also=cifar.archive_names("10"),
        ),
        Form(FOLDER, read, in_place=True, also=cifar.folder_names("10"), parts=(PYTHON.names, BINARY.names)),
    ),
    stand_in=partial(cifar.stand_in, 10),
)
