"""MNIST: 70,000 grey images of handwritten digits, 28x28 (LeCun, Cortes, Burges; CC BY-SA 3.0)."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from practica.data.store.array_files import unpickled
from practica.data.store.conversion import as_expected, as_numbers
from practica.data.store.decompression import unwrapped
from practica.data.store.npz import read_arrays
from practica.data.store.spec import Arrays, BadContentError, Form, OtherContentError, Published, Upstream
from practica.data.store.tables import read_numbers

# Which bars of a seven-segment display each digit lights: top, upper left, upper right, middle, lower left, lower
# right, bottom.
SEGMENTS = (
    "1110111",
    "0010010",
    "1011101",
    "1011011",
    "0111010",
    "1101011",
    "1101111",
    "1010010",
    "1111111",
    "1111011",
)
# Rows and columns of the bars, in pixels.
BARS = (
    ((5, 7), (9, 19)),
    ((5, 14), (9, 11)),
    ((5, 14), (17, 19)),
    ((13, 15), (9, 19)),
    ((14, 23), (9, 11)),
    ((14, 23), (17, 19)),
    ((21, 23), (9, 19)),
)


SHAPES = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}
IDX = {"x_train": "train-images", "y_train": "train-labels", "x_test": "t10k-images", "y_test": "t10k-labels"}
IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
FOLDERS = ("", "raw/", "mnist*/", "mnist*/raw/", "mnist*/mnist*/raw/", "data/mnist*/raw/")
LIMIT = 2**29  # bytes; as a table of numbers, MNIST has 110 MB


def read(path: Path) -> Arrays:
    """Return ``x_train`` ``(60000, 28, 28)``, ``x_test`` ``(10000, 28, 28)`` and their labels, all uint8."""
    return read_arrays(path, {name: ("u1", shape) for name, shape in SHAPES.items()})


def read_idx(path: Path) -> Arrays:
    """Return the arrays of the four original files, of which ``path`` is that of the training images."""
    return _expected({name: _idx(_beside(path, "train-images", stem)) for name, stem in IDX.items()})


def read_pickle(path: Path) -> Arrays:
    """Return the arrays of a pickle: under names, or as pairs to train, often to validate, and to test."""
    return _expected({name: as_numbers(array, name) for name, array in unpickled(path, SHAPES).items()})


def read_text(path: Path) -> Arrays:
    """Return the arrays of a table a part, label and pixels in each row; ``path`` is the one to train."""
    arrays = {}
    for part in ("train", "test"):
        table = read_numbers(_beside(path, "train", part), 1 + 28 * 28, LIMIT)
        arrays[f"y_{part}"], arrays[f"x_{part}"] = table[:, 0], table[:, 1:]
    return _expected(arrays)


def _beside(path: Path, first: str, other: str) -> Path:
    """Return the file whose name has ``other`` where that of ``path`` has ``first``, whatever both end in."""
    start = path.name[: path.name.lower().index(first)] + other
    candidates = [file for file in sorted(path.parent.iterdir()) if file.name.lower().startswith(start.lower())]
    # Some archives give each file a folder of its name.
    inside = [file for folder in candidates if folder.is_dir() for file in sorted(folder.iterdir())]
    if not (files := [file for file in (*candidates, *inside) if file.is_file()]):
        raise BadContentError(f"there is no {start}... beside it")
    return files[0]


def _idx(path: Path) -> NDArray[Any]:
    """Return the array of an idx file: two zeros, type, number of axes, their lengths, and the numbers."""
    data = unwrapped(path, LIMIT)
    axes = data[3] if len(data) > 3 else 0
    if data[:2] != b"\0\0" or data[2] not in IDX_TYPES or len(data) < 4 + 4 * axes:
        raise BadContentError(f"{path.name} is no idx file")
    shape = struct.unpack_from(f">{axes}I", data, 4)
    dtype = np.dtype(IDX_TYPES[data[2]])
    if len(data) != 4 + 4 * axes + math.prod(shape) * dtype.itemsize:
        raise BadContentError(f"{path.name} has {len(data):,} bytes, another number than its head says")
    return np.frombuffer(data, dtype, offset=4 + 4 * axes).reshape(shape)


def _expected(arrays: Arrays) -> Arrays:
    """Return the arrays as uint8 in their shapes."""
    for name, array in arrays.items():
        if array.ndim and array.shape[0] != SHAPES[name][0]:
            raise OtherContentError(f"{name} has {array.shape[0]:,} rows instead of {SHAPES[name][0]:,}")
    return {name: as_expected(array, name, np.dtype("u1"), SHAPES[name]) for name, array in arrays.items()}


def stand_in() -> Arrays:
    """Return 2,000 and 500 blurred seven-segment digits in changing places, strengths and grain."""
    rng = np.random.default_rng(0)
    x_train, y_train = _digits(2_000, rng)
    x_test, y_test = _digits(500, rng)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _digits(count: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images and labels."""
    glyphs = np.zeros((10, 28, 28))
    for glyph, lit in zip(glyphs, SEGMENTS, strict=True):
        for on, (rows, columns) in zip(lit, BARS, strict=True):
            if on == "1":
                glyph[slice(*rows), slice(*columns)] = 1
    for axis in (1, 2):  # a stroke of the pen has soft edges
        glyphs = (np.roll(glyphs, 1, axis) + 2 * glyphs + np.roll(glyphs, -1, axis)) / 4
    y = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    images = np.stack([np.roll(glyphs[label], rng.integers(-2, 3, size=2), axis=(0, 1)) for label in y])
    images *= rng.uniform(0.6, 1.0, size=(count, 1, 1)) * rng.uniform(0.7, 1.0, size=images.shape)
    return np.round(255 * images).astype(np.uint8), y


DATASET = Published(
    name="mnist",
    fingerprint="8fc8fc4f0343f34ece1fcfdfb65f0801fac48030ce7c70e62bbb62f64ee2e65b",
    forms=(
        Form(
            "mnist.npz",
            read,
            Upstream("keras", "mnist.npz", "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"),
            also=("mnist*.npz",),
        ),
        Form(
            "train-images-idx3-ubyte.gz",
            read_idx,
            in_place=True,
            also=tuple(f"{folder}train-images*" for folder in FOLDERS),
        ),
        Form("mnist.pkl.gz", read_pickle, also=("mnist*.pkl", "mnist*.pkl.*", "mnist*.pickle*")),
        Form(
            "mnist_train.csv",
            read_text,
            in_place=True,
            also=tuple(f"{folder}mnist?train.{end}*" for folder in FOLDERS for end in ("csv", "txt", "zip")),
        ),
    ),
    stand_in=stand_in,
)
