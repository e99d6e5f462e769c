"""Keep the canonical arrays of a data set as plain ``.npy`` files, and open them again.

``<folder>/prepared/<name>/`` holds one file per array, ``origin.json`` (where they come from) and ``dataset.json``
(what they are). The latter has the same bytes whatever the source of the data, so rules can use it as the input whose
change makes everything after it out of date; it is removed first and written last, so that where it is, all is.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from practica.data.store.registry import spec_of
from practica.data.store.spec import Arrays, fingerprint
from practica.errors import InputError
from practica.files import atomic_path, read_json, write_json

SCHEMA = 1
TEST = "_test"
"""The suffix of all arrays that belong only to the test set."""


@dataclass(frozen=True)
class DatasetInfo:
    """The description of a prepared data set.

    Attributes:
        name: its name.
        fingerprint: SHA-256 of its content.
        stand_in: whether it is generated in place of the real data.
        arrays: dtype and shape of each array, as ``{name: {"dtype": "|u1", "shape": [60000, 28, 28]}}``.
        origin: ``kind`` (``cache``, ``keras``, ``mirror``, ``upstream``, ``stand-in``, ``computed``), ``source``,
            ``file_sha256``, ``prepared_at``, ``road`` (see ``planned``).
    """

    name: str
    fingerprint: str
    stand_in: bool
    arrays: dict[str, dict[str, Any]]
    origin: dict[str, Any]


@dataclass(frozen=True)
class Dataset:
    """An opened data set: its arrays, memory-mapped and read-only, and its description."""

    info: DatasetInfo
    arrays: Arrays

    def __getitem__(self, array: str) -> NDArray[Any]:
        """Return one array."""
        return self.arrays[array]

    @property
    def name(self) -> str:
        """Return the data set's name."""
        return self.info.name

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the content."""
        return self.info.fingerprint

    @property
    def stand_in(self) -> bool:
        """Return whether the data are generated in place of the real ones."""
        return self.info.stand_in

    @property
    def origin(self) -> dict[str, Any]:
        """Return the record of where the data come from."""
        return self.info.origin


def prepared_folder(name: str, folder: str | Path) -> Path:
    """Return the folder of the prepared data set ``name`` under the data folder."""
    return Path(folder) / "prepared" / name


def content(place: Path) -> Arrays:
    """Return the complete arrays in ``place``, with or without a ``dataset.json``."""
    arrays = {}
    for path in place.glob("*.npy"):
        try:
            arrays[path.stem] = _open(path)
        except (OSError, ValueError, EOFError):  # left out, so the rest will not match the fingerprint
            continue
    return arrays


def keep(name: str, folder: str | Path, arrays: Arrays, *, stand_in: bool, origin: dict[str, Any]) -> DatasetInfo:
    """Write a data set so that it appears whole or not at all; equal arrays that exist already stay as they are."""
    place = prepared_folder(name, folder)
    digest = fingerprint(arrays)
    forms = {key: {"dtype": array.dtype.str, "shape": list(array.shape)} for key, array in sorted(arrays.items())}
    if fingerprint(content(place)) != digest:
        _replace_arrays(place, arrays)
    _write_if_new(place / "origin.json", origin)
    record = {"schema": SCHEMA, "name": name, "fingerprint": digest, "stand_in": stand_in, "arrays": forms}
    _write_if_new(place / "dataset.json", record)
    return DatasetInfo(name, digest, stand_in, forms, origin)


def load(name: str, folder: str | Path, *, test: bool = True) -> Dataset:
    """Open the prepared data set ``name`` under the data folder ``folder``.

    Types, shapes and file sizes are compared with the record; every byte, if a file is newer than the record, which is
    written last. ``verify`` always compares every byte. Without ``test``, the files of test arrays, whose names end in
    ``_test``, are not even looked at: these arrays have no rows.

    Raises:
        InputError: there is no such data set, or it is not prepared, or damaged, or from another version.
    """
    spec = spec_of(name)
    place = prepared_folder(name, folder)
    if not (place / "dataset.json").is_file():
        raise InputError(f"data set {name} is not prepared in {place}: {_remedy(name, folder)}")
    record = read_json(place / "dataset.json")
    try:
        if (record["schema"], record["name"]) != (SCHEMA, name):
            raise ValueError("another schema or name")
        if record["fingerprint"] != spec.fingerprint and not record["stand_in"]:
            raise ValueError("the content of another version")
        arrays = {
            key: _open_as(place, key, form["dtype"], form["shape"])
            if test or not key.endswith(TEST)
            else np.zeros((0, *form["shape"][1:]), form["dtype"])
            for key, form in record["arrays"].items()
        }
        if _newer(place, [key for key in arrays if test or not key.endswith(TEST)]):
            whole = {key: _open_as(place, key, form["dtype"], form["shape"]) for key, form in record["arrays"].items()}
            if fingerprint(whole) != record["fingerprint"]:
                raise ValueError("its content has changed")
    except (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"data set {name} in {place} is damaged ({error}): {_remedy(name, folder)}") from error
    origin = read_json(place / "origin.json")
    return Dataset(DatasetInfo(name, record["fingerprint"], record["stand_in"], record["arrays"], origin), arrays)


def verify(name: str, folder: str | Path) -> DatasetInfo:
    """Compare every byte of a prepared data set with its fingerprint and return its description.

    Raises:
        InputError: as ``load``, or the content has changed.
    """
    dataset = load(name, folder)
    if fingerprint(dataset.arrays) != dataset.fingerprint:
        place = prepared_folder(name, folder)
        raise InputError(f"data set {name} in {place} is damaged (its content has changed): {_remedy(name, folder)}")
    return dataset.info


def _newer(place: Path, names: Iterable[str]) -> bool:
    """Return whether the file of an array is newer than the description, as after an edit or a copy."""
    last = (place / "dataset.json").stat().st_mtime_ns
    return any((place / f"{name}.npy").stat().st_mtime_ns > last for name in names)


def _write_if_new(path: Path, value: dict[str, Any]) -> None:
    """Write ``value`` unless the file holds it: a newer time stamp would make what depends on it out of date."""
    try:
        if read_json(path) == value:
            return
    except InputError:
        pass
    write_json(path, value)


def _remedy(name: str, folder: str | Path) -> str:
    """Return what to do about a data set that cannot be opened."""
    return f"run `python -m practica prepare {name} --folder {shlex.quote(str(folder))}`"


def _open(path: Path) -> NDArray[Any]:
    """Map an array into memory; a file that is longer or shorter than the array is an error."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.offset + array.nbytes != path.stat().st_size:
        raise ValueError(f"{path.name} has {path.stat().st_size:,} bytes")
    return array


def _open_as(place: Path, name: str, dtype: str, shape: list[int]) -> NDArray[Any]:
    """Open the array ``name``, which must have this type and shape."""
    if not name.isidentifier():
        raise ValueError(f"{name!r} is no array's name")
    array = _open(place / f"{name}.npy")
    if (array.dtype.str, list(array.shape)) != (dtype, shape):
        raise ValueError(f"{name}.npy is {array.dtype.str} {array.shape} instead of {dtype} {tuple(shape)}")
    return array


def _replace_arrays(place: Path, arrays: Arrays) -> None:
    """Remove the description of the old data set, write the new arrays, and replace the old ones with them."""
    (place / "dataset.json").unlink(missing_ok=True)
    with ExitStack() as parts:
        # Write all before renaming any: if that fails, Snakemake restores the description, which is then still true.
        for name, array in arrays.items():
            part = parts.enter_context(atomic_path(place / f"{name}.npy"))
            with part.open("wb") as stream:
                np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
        for old in place.glob("*.npy"):
            old.unlink()
