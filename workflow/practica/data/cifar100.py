"""CIFAR-100: 60,000 colour images of a hundred kinds of things, 32x32, with the fine labels, in an order of our own."""

from __future__ import annotations

import hashlib
import io
from functools import partial
from pathlib import Path

import numpy as np

from practica.data import cifar
from practica.data.store.pickles import unpickle_plain
from practica.data.store.spec import Arrays, Form, Published, Upstream
from practica.data.store.tars import read_members

FOLDER = "cifar-100-python"


def read_npz(path: Path) -> Arrays:
    """Return the arrays of an ``.npz`` file, whose images may stand in any order."""
    return _in_canonical_order(cifar.read_npz(path))


def read_archive(path: Path) -> Arrays:
    """Return the arrays of the original ``.tar.gz`` file."""
    members = read_members(path, [f"{FOLDER}/train", f"{FOLDER}/test"], cifar.ARCHIVE_LIMIT)
    arrays = {}
    for part in ("train", "test"):
        batch = unpickle_plain(io.BytesIO(members[f"{FOLDER}/{part}"]))
        arrays[f"x_{part}"], arrays[f"y_{part}"] = cifar.from_batch(batch, b"fine_labels")
    return _in_canonical_order(arrays)


def _in_canonical_order(arrays: Arrays) -> Arrays:
    """Return the same images sorted by the SHA-256 of image and label, train and test by themselves.

    Copies collected from image files hold the original images, but not in the original order within a class. In an
    order that follows from the content, every copy gives the same arrays to the bit, hence the same fingerprint and
    the same training. As hashes do, the order looks random: no class stands together.
    """
    ordered = {}
    for part in ("train", "test"):
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
        keys = [hashlib.sha256(image.tobytes() + label.tobytes()).digest() for image, label in zip(x, y, strict=True)]
        order = np.array(sorted(range(len(keys)), key=keys.__getitem__))
        ordered[f"x_{part}"], ordered[f"y_{part}"] = x[order], y[order]
    return ordered


DATASET = Published(
    name="cifar100",
    fingerprint="29607b3caed73e367b034a063c8ae764bd6402a6dd26e5246faf5a3310ec28ae",
    forms=(
        Form("cifar100.npz", read_npz),
        Form(
            "cifar-100-python.tar.gz",
            read_archive,
            Upstream(
                "toronto",
                "cifar-100-python.tar.gz",
                "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
            ),
        ),
    ),
    stand_in=partial(cifar.stand_in, 100),
)
