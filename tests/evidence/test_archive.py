"""The runs of a reference can be restored as results; any other file is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from practica.cli import main
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.collect import collect
from practica.reference.archive import ARCHIVE, pack, restore

from .factory import fill, make_study, write_timing

COLLECTED = ("metrics.csv", "history.csv.gz", "summary.csv", "differences.csv")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path, Path]:
    """Return a study, its results and the folder with the archive of its runs."""
    place = tmp_path_factory.mktemp("archive")
    study = make_study(
        {"lines": ["line"], "moons": ["raw", "raw_numpy"], "steps": ["dense", "conv"]}, seeds=4, seeds_per_job=2
    )
    fill(study, place / "results")
    write_timing(place / "results")
    (place / "results/runs/steps/conv/s2-3/metrics.json").unlink()
    collect(study, place / "results")
    pack(study, place / "results", place / ARCHIVE)
    return study, place / "results", place


def lay_out(folder: Path, results: Path) -> Result:
    return CliRunner().invoke(main, ["restore", str(folder), "--results", str(results)])


def test_restored_runs_are_collected_to_the_same_tables(packed: tuple[Study, Path, Path], tmp_path: Path) -> None:
    study, results, folder = packed
    result = lay_out(folder, tmp_path / "results")
    assert (result.exit_code, "9 blocks" in result.output) == (0, True), result.output
    collect(study, tmp_path / "results")
    for name in COLLECTED:
        assert (tmp_path / "results" / name).read_bytes() == (results / name).read_bytes()
    assert not (tmp_path / "results/runs/steps/conv/s2-3").exists()
    times = "measured/moons.csv"
    assert (tmp_path / "results" / times).read_bytes() == (results / times).read_bytes()
    assert "moons,raw,4,,timing,ms_per_epoch," in (tmp_path / "results/metrics.csv").read_text()
    arrays = "runs/steps/dense/s0-1/arrays.npz"
    with np.load(tmp_path / "results" / arrays) as here, np.load(results / arrays) as there:
        assert set(here) == set(there) != set()
        assert all((here[key] == there[key]).all() for key in here)


def test_an_archive_depends_on_nothing_but_the_runs_and_names_no_host(
    packed: tuple[Study, Path, Path], tmp_path: Path
) -> None:
    study, _, folder = packed
    restore(folder / ARCHIVE, tmp_path / "results")
    pack(study, tmp_path / "results", tmp_path / ARCHIVE)
    assert (tmp_path / ARCHIVE).read_bytes() == (folder / ARCHIVE).read_bytes()
    with zipfile.ZipFile(folder / ARCHIVE) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".json")]
    assert not [text for text in texts if "node1" in text or "example.org" in text]


def test_results_that_are_there_are_kept(packed: tuple[Study, Path, Path], tmp_path: Path) -> None:
    there = tmp_path / "runs/steps/dense/s0-1/metrics.json"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    result = lay_out(packed[2], tmp_path)
    assert (result.exit_code, str(there) in result.output, "--results" in result.output) == (2, True, True), (
        result.output
    )
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [there]
    assert there.read_text() == "mine"


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/tmp/evil.txt",
        "runs/../../evil/x/metrics.json",
        "runs/steps/dense/../metrics.json",
        "runs/steps/dense/s0/metrics.json\n",
        "runs/steps/dense/s0/evil.sh",
        "runs/steps/dense/s0/",
    ],
)
def test_an_archive_cannot_write_anything_but_runs(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / ARCHIVE, "w") as archive:
        archive.writestr("runs/steps/dense/s0/history.json", "{}")
        archive.writestr(name, "{}")
    result = lay_out(tmp_path, tmp_path / "place/results")
    assert (result.exit_code, "is not a file of a run" in result.output) == (2, True), result.output
    assert [path.name for path in tmp_path.rglob("*")] == [ARCHIVE]


def test_an_archive_cannot_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("practica.reference.archive.LARGEST", 1000)
    with zipfile.ZipFile(tmp_path / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("runs/steps/dense/s0/metrics.json", " " * 1001)
    with pytest.raises(InputError, match="1,001 bytes"):
        restore(tmp_path / ARCHIVE, tmp_path / "results")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 torn"])
def test_an_archive_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / ARCHIVE).write_bytes(content)
    result = lay_out(tmp_path, tmp_path / "results")
    assert (result.exit_code, ARCHIVE in result.output, "practica:" in result.output) == (2, True, True), result.output


def test_a_run_that_is_damaged_is_named(packed: tuple[Study, Path, Path], tmp_path: Path) -> None:
    study, _, folder = packed
    restore(folder / ARCHIVE, tmp_path)
    for broken in ("[]", "{}", '{"provenance": {"data": 3}}'):
        (tmp_path / "runs/steps/dense/s0-1/manifest.json").write_text(broken)
        with pytest.raises(InputError, match=r"manifest\.json is malformed; delete"):
            pack(study, tmp_path, tmp_path / ARCHIVE)
    assert not (tmp_path / ARCHIVE).exists()


def test_times_of_an_earlier_form_are_passed_over(packed: tuple[Study, Path, Path], tmp_path: Path) -> None:
    _, _, folder = packed
    (tmp_path / ARCHIVE).write_bytes((folder / ARCHIVE).read_bytes())
    with zipfile.ZipFile(tmp_path / ARCHIVE, "a") as archive:
        archive.writestr("timing/moons.json", "{}")
    assert restore(tmp_path / ARCHIVE, tmp_path / "results") == 9
    assert not (tmp_path / "results/timing").exists()
