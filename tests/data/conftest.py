"""Shared by the tests of the store: no test reaches the network, and our own table stands for real data."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from practica.data.store.registry import spec_of
from practica.data.store.spec import Arrays, fingerprint
from upstream import keras, offline, serve

__all__ = ["keras", "offline", "serve"]


@dataclass
class Plants:
    """A data set with known content, and the mirror that has it."""

    arrays: Arrays
    mirror: Path
    file: Path


@pytest.fixture
def plants(tmp_path, monkeypatch) -> Plants:
    """Make our own table pass for the published plants."""
    spec = spec_of("plants")
    arrays = spec.stand_in()
    arrays["x"][0, 0] += 1
    file = tmp_path / "mirror" / "plants.csv"
    file.parent.mkdir()
    table = np.column_stack([arrays["x"], arrays["y"]])
    file.write_text("\n".join(",".join(f"{value:g}" for value in row) for row in table))
    form = spec.forms[0]
    upstream = replace(form.upstream, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    ours = replace(spec, fingerprint=fingerprint(arrays), forms=(replace(form, upstream=upstream),))
    monkeypatch.setattr("study.data.plants.DATASET", ours)
    return Plants(arrays, file.parent, file)
