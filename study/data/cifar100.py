"""CIFAR-100: 60,000 colour images of a hundred kinds of things, 32x32, with the fine labels, in an order of our own."""

from __future__ import annotations

import hashlib
import io
from functools import partial
from pathlib import Path

import numpy as np

from practica.data.store.pickles import unpickle_plain
from practica.data.store.spec import Arrays, Form, Published, Upstream
from study.data import cifar

FOLDER = "cifar-100-python"
PARTS = ("train", "test")
PYTHON = cifar.Layout(PARTS, lambda data: cifar.from_batch(unpickle_plain(io.BytesIO(data)), "fine_labels"))
BINARY = cifar.Layout(("train.bin", "test.bin"), lambda data: cifar.from_records(data, 2))


def read_saved(path: Path) -> Arrays:
    """Return the arrays of an ``.npz`` file or a pickle, whose images may stand in any order."""
    return _in_canonical_order(cifar.read_saved(path))


def read(path: Path) -> Arrays:
    """Return the arrays of the original, archive or folder, in the version for Python or the binary one."""
    parts = cifar.read_parts(path, PYTHON, BINARY)
    return _in_canonical_order(
        {f"{axis}_{part}": array for part in PARTS for axis, array in zip("xy", parts[part], strict=True)}
    )


def _in_canonical_order(arrays: Arrays) -> Arrays:
    """Return the same images sorted by the SHA-256 of image and label, train and test by themselves.

    Copies collected from image files hold the original images, but not in the original order within a class. In an
    order that follows from the content, every copy gives the same arrays to the bit, hence the same fingerprint and
    the same training. As hashes do, the order looks random: no class stands together.
    """
    result = {}
    for part in ("train", "test"):
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
        keys = [hashlib.sha256(image.tobytes() + label.tobytes()).digest() for image, label in zip(x, y, strict=True)]
        order = np.array(sorted(range(len(keys)), key=keys.__getitem__))
        result[f"x_{part}"], result[f"y_{part}"] = x[order], y[order]
    return result


DATASET = Published(
    name="cifar100",
    fingerprint="29607b3caed73e367b034a063c8ae764bd6402a6dd26e5246faf5a3310ec28ae",
    forms=(
        Form("cifar100.npz", read_saved, also=cifar.saved_names("100")),
        Form(
            "cifar-100-python.tar.gz",
            read,
            Upstream(
                "toronto",
                "cifar-100-python.tar.gz",
                "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
            ),
            also=cifar.archive_names("100"),
        ),
        Form(FOLDER, read, in_place=True, also=cifar.folder_names("100"), parts=(PYTHON.names, BINARY.names)),
    ),
    stand_in=partial(cifar.stand_in, 100),
)
