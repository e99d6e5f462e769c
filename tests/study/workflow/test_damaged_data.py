"""A damaged file of data is named, and never trained on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from practica.code.syntax import data_sets


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("name", "dataset", "content", "words"),
    [
        ("mnist.npz", "mnist", b"PK\x03\x04 cut short", "mnist.npz"),
        ("pima-indians-diabetes.csv", "pima", b"1,2,3\n4,5,6\n", "pima-indians-diabetes.csv"),
    ],
)
def test_a_damaged_file_is_named_and_never_trained_on(
    tmp_path: Path, name: str, dataset: str, content: bytes, words: str
) -> None:
    if dataset not in data_sets():
        pytest.skip(f"the study has no data set {dataset}")
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / name).write_bytes(content)
    command = [sys.executable, "-m", "practica", "prepare", dataset, "--folder", str(tmp_path / "data")]
    process = subprocess.run([*command, "--mirror", str(mirror)], capture_output=True, text=True, check=False)
    assert process.returncode == 2, process.stderr
    assert words in process.stderr
    assert "Traceback" not in process.stderr
    assert not (tmp_path / "data" / "prepared" / dataset / "dataset.json").exists()
    assert (mirror / name).read_bytes() == content
