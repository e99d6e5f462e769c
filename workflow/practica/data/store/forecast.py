"""Predict, before any job, what a data set will hold, so that another source alone trains nothing again.

Snakemake compares parameters. Two are made here: the *fingerprint*, on which trainings depend, and the *road*, on which
preparing depends. The road is noted beside the data and stays the same for as long as the data can stay, whatever
mirror is named by then: only a stand-in gives way, and only if real data may be had now or stand-ins are no longer
allowed. If prepared data have been deleted, the results that were trained on them remember both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from practica.data.store.canonical import prepared_folder
from practica.data.store.mirror import keras_folder, local_folder, same_mirror
from practica.data.store.registry import spec_of
from practica.data.store.sources import candidates
from practica.data.store.spec import Published
from practica.errors import InputError
from practica.files import read_json, sha256


@dataclass(frozen=True)
class Plan:
    """What to expect of a data set: its road, its fingerprint, and whether the data prepared before must go."""

    road: str
    fingerprint: str
    goes: bool = False


_plans: dict[tuple[object, ...], Plan] = {}


def plan(name: str, sources: Mapping[str, Any], memory: Callable[[str], Mapping[str, Any]] = lambda _: {}) -> Plan:
    """Return what to expect of the data set ``name``, at the cost of two ``stat`` calls a job.

    Args:
        name: the name of a data set.
        sources: ``folder``, ``mirror`` and ``on_missing``, as under ``data`` in the configuration.
        memory: returns what a finished run recorded about a data set: ``fingerprint``, ``stand_in`` and ``origin``.
    """
    records = _records(name, sources["folder"])
    state = (name, sources["folder"], sources["mirror"], sources["on_missing"], *map(_stamp, records))
    if state not in _plans:
        record, origin = map(_read, records)
        if not record:
            record = dict(memory(name))
            origin = record.get("origin", {})
        _plans[state] = _plan(name, record, origin, sources)
    return _plans[state]


def _plan(name: str, record: Mapping[str, Any], origin: Mapping[str, Any], sources: Mapping[str, Any]) -> Plan:
    """Return what to expect of a data set, from what is or was prepared and what could be."""
    spec = spec_of(name)
    files = _files(spec, sources) if isinstance(spec, Published) else []
    road = sha256(f"{same_mirror(sources['mirror'])} {sources['on_missing']} {files}")[:16]
    last_road = str(origin.get("road", road))
    if not record.get("stand_in"):
        return Plan(last_road, spec.fingerprint, record.get("fingerprint", spec.fingerprint) != spec.fingerprint)
    on_the_web = sources["mirror"] and local_folder(sources["mirror"]) is None
    if sources["on_missing"] == "error" or files or (on_the_web and last_road != road):
        return Plan(road, spec.fingerprint, goes=True)
    return Plan(last_road, str(record.get("fingerprint")))


def _files(spec: Published, sources: Mapping[str, Any]) -> list[str]:
    """Return the files on this machine that may hold the data set."""
    mirror = local_folder(sources["mirror"]) if sources["mirror"] else None
    folders = [Path(sources["folder"]) / "raw", keras_folder(), *([mirror] if mirror else [])]
    files = []
    for folder in folders:
        try:
            files += [str(path) for _, path in candidates(spec, folder)]
        except OSError:  # the job that prepares says why
            continue
    return files


@cache
def _records(name: str, folder: str) -> tuple[Path, Path]:
    """Return the files that describe a prepared data set and its origin."""
    place = prepared_folder(name, folder)
    return place / "dataset.json", place / "origin.json"


def _stamp(path: Path) -> object:
    """Return a value that changes when a file changes."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(path: Path) -> dict[str, Any]:
    """Return the content of a record; empty if it is missing or damaged."""
    try:
        record = read_json(path)
    except InputError:
        return {}
    return record if isinstance(record, dict) else {}
