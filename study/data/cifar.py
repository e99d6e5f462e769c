"""What CIFAR-10 and CIFAR-100 have in common.

Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from practica.data.store import array_files
from practica.data.store.conversion import as_expected
from practica.data.store.decompression import read_members, unwrapped
from practica.data.store.spec import Arrays, BadContentError, MissingPartError

Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]

IMAGE = (32, 32, 3)
SHAPES = {"x_train": (50_000, *IMAGE), "y_train": (50_000,), "x_test": (10_000, *IMAGE), "y_test": (10_000,)}
ARCHIVE_LIMIT = 2**28  # bytes; the unpacked archives have 186 MB
BATCH_LIMIT = 2**28  # bytes; CIFAR-100's images to train have 155 MB


@dataclass(frozen=True)
class Layout:
    """The files of a version, in the order of the images, and what makes a batch of the content of one."""

    names: tuple[str, ...]
    batch: Callable[[bytes], Batch]


def archive_names(classes: str) -> tuple[str, ...]:
    """Return the patterns of the names that the original archive has: as published, and as Keras keeps it."""
    stems = (f"cifar?{classes}?python", f"cifar?{classes}?binary", f"cifar?{classes}?batches?py", f"*cifar{classes}")
    ends = (".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tar.xz", ".zip")
    return (*(f"{stem}{end}" for stem in stems for end in ends), f"cifar-{classes}-*-target_archive")


def saved_names(classes: str) -> tuple[str, ...]:
    """Return the patterns of the names of other files in which somebody has saved all arrays."""
    stems = (f"cifar{classes}", f"cifar?{classes}")
    return (f"cifar?{classes}.npz", *(f"{stem}.{end}" for stem in stems for end in ("pkl*", "pickle*")))


def folder_names(classes: str) -> tuple[str, ...]:
    """Return the patterns of the names of the unpacked original: by itself, in a folder of the archive, in Keras'."""
    folders = [f"cifar?{classes}?{kind}" for kind in ("batches?py", "batches?bin", "python", "binary")]
    outer = [*folders, f"cifar{classes}", f"cifar?{classes}", f"cifar{classes}?data"]
    return (
        *outer,
        f"cifar-{classes}-*-target/cifar-{classes}-*",
        *(f"{name}/{inner}" for name in outer for inner in folders),
    )


def read_saved(path: Path) -> Arrays:
    """Return ``x_train`` ``(50000, 32, 32, 3)``, ``x_test`` ``(10000, 32, 32, 3)`` and their labels, all uint8."""
    return array_files.read_saved(path, {name: ("u1", shape) for name, shape in SHAPES.items()})


def from_batch(batch: Any, label_key: str) -> Batch:
    """Return images ``(n, 32, 32, 3)`` and labels ``(n,)`` of one of the original batches, which store colour planes.

    Raises:
        BadContentError: the batch does not hold images and as many labels.
    """
    entries = {_text(key): value for key, value in batch.items()} if isinstance(batch, dict) else {}
    data, labels = entries.get("data"), entries.get(label_key)
    if not (isinstance(data, np.ndarray) and data.ndim == 2 and data.shape[1] == 3072):
        raise BadContentError("a batch holds no images")
    if isinstance(labels, np.ndarray):
        labels = as_expected(labels, label_key, np.dtype("u1"), (len(data),)).tolist()
    if not (isinstance(labels, list) and len(labels) == len(data)):
        raise BadContentError("a batch holds images without as many labels")
    if not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise BadContentError("a batch holds impossible labels")
    return _images_of(as_expected(data, "data", np.dtype("u1"), data.shape)), np.array(labels, np.uint8)


def from_records(data: bytes, label_bytes: int) -> Batch:
    """Return images and labels of a file of the binary version: labels, the last of which counts, and colour planes.

    Raises:
        BadContentError: the file does not consist of such records.
    """
    if not data or len(data) % (label_bytes + 3072):
        raise BadContentError(f"a batch has {len(data):,} bytes, which are no records of {label_bytes + 3072:,}")
    records = np.frombuffer(data, np.uint8).reshape(-1, label_bytes + 3072)
    return _images_of(records[:, label_bytes:]), records[:, label_bytes - 1].copy()


def read_parts(path: Path, python: Layout, binary: Layout) -> dict[str, Batch]:
    """Return the batches by the names of the Python version, from a folder or an archive of either version.

    Raises:
        BadContentError: neither version is there as a whole, or a batch is damaged.
    """
    try:
        return _read(path, python)
    except MissingPartError as error:
        try:
            parts = _read(path, binary)
        except MissingPartError as other:
            raise (other if other.others > error.others else error) from None
    return dict(zip(python.names, parts.values(), strict=True))


def _read(path: Path, layout: Layout) -> dict[str, Batch]:
    """Return the batches of one version."""
    contents = _folder(path, layout.names) if path.is_dir() else read_members(path, layout.names, ARCHIVE_LIMIT)
    return {name: layout.batch(contents[name]) for name in layout.names}


def _folder(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Return the content of files in a folder."""
    missing = [name for name in names if not (path / name).is_file()]
    if missing:
        raise MissingPartError(f"{missing[0]} is missing", len(names) - len(missing))
    return {name: unwrapped(path / name, BATCH_LIMIT) for name in names}


def _images_of(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images ``(n, 32, 32, 3)`` of colour planes ``(n, 3072)``."""
    return np.ascontiguousarray(planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _text(key: object) -> object:
    """Return a key as text; Python 2 wrote bytes."""
    return key.decode("latin-1") if isinstance(key, bytes) else key


def stand_in(classes: int) -> Arrays:
    """Return 2,000 and 500 images: each class has its coloured patches, mirrored, shifted and lit at will."""
    rng = np.random.default_rng(classes)
    patches = rng.uniform(0, 255, size=(classes, 4, 4, 3)).repeat(8, axis=1).repeat(8, axis=2)
    x_train, y_train = _images(patches, 2_000, rng)
    x_test, y_test = _images(patches, 500, rng)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _images(
    patches: NDArray[np.float64], count: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images and labels, all classes equally often."""
    y = rng.permutation(np.arange(count) % len(patches)).astype(np.uint8)
    images = np.stack([np.roll(patches[label], rng.integers(-2, 3, size=2), axis=(0, 1)) for label in y])
    mirrored = rng.random(count) < 0.5
    images[mirrored] = images[mirrored, :, ::-1]
    images = 128 + (images - 128) * rng.uniform(0.4, 0.8, size=(count, 1, 1, 1))
    images += rng.normal(0, 20, size=(count, 1, 1, 1)) + rng.normal(0, 25, size=images.shape)
    return np.clip(np.round(images), 0, 255).astype(np.uint8), y
