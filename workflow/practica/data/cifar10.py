"""CIFAR-10: 60,000 colour images of ten kinds of things, 32x32, in the original order."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from practica.data import cifar
from practica.data.store.pickles import unpickle_plain, unpickle_plain_file
from practica.data.store.spec import Arrays, Form, Published, Upstream
from practica.data.store.tars import read_members

FOLDER = "cifar-10-batches-py"
BATCHES = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]
BATCH_LIMIT = 2**26  # bytes; a batch has 31 MB


def read_archive(path: Path) -> Arrays:
    """Return the arrays of the original ``.tar.gz`` file."""
    names = [f"{FOLDER}/{batch}" for batch in BATCHES]
    members = read_members(path, names, cifar.ARCHIVE_LIMIT)
    return _joined(unpickle_plain(io.BytesIO(members[name])) for name in names)


def read_folder(path: Path) -> Arrays:
    """Return the arrays of the unpacked original."""
    return _joined(unpickle_plain_file(path / batch, BATCH_LIMIT) for batch in BATCHES)


def _joined(batches: Iterable[Any]) -> Arrays:
    """Return the five training batches as one, and the test batch."""
    images, labels = zip(*(cifar.from_batch(batch, b"labels") for batch in batches), strict=True)
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
        Form("cifar10.npz", cifar.read_npz),
        Form(
            "cifar-10-python.tar.gz",
            read_archive,
            Upstream(
                "toronto",
                "cifar-10-python.tar.gz",
                "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ),
        ),
        Form(FOLDER, read_folder, folder=True),
    ),
    stand_in=partial(cifar.stand_in, 10),
)
