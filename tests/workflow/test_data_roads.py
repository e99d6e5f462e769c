"""Trainings depend on the content of the data, not on the mirror, on what may replace it, or on file times."""

from __future__ import annotations

import os
import shutil

import pytest
import yaml

from workflow.project import Project

pytestmark = pytest.mark.workflow

RUN, OTHER = (f"results/runs/moons/{name}/s0/metrics.json" for name in ("raw", "corrected"))
PUBLISHED = """
def read(path):
    return {"x": numbers(read_table(path, 3))}


DATASET = Published("crescents", "0" * 64, forms=(Form("crescents.csv", read),), stand_in=compute)
"""


@pytest.fixture
def published(fresh: Project) -> Project:
    """Return a copy whose crescents are published somewhere; a stand-in may take their place."""
    module = fresh.folder / "study/data/crescents.py"
    rule = module.read_text(encoding="utf-8").partition("DATASET = ")[0]
    imports = "from practica.data.store.tables import numbers, read_table\n"
    rule = rule.replace("Arrays, Computed\n", f"Arrays, Form, Published\n{imports}")
    module.write_text(rule + PUBLISHED, encoding="utf-8")
    tiny = yaml.safe_load((fresh.folder / "tiny.yaml").read_text(encoding="utf-8"))
    (fresh.folder / "tiny.yaml").write_text(yaml.safe_dump({**tiny, "data": {"on_missing": "stand-in"}}))
    return fresh


@pytest.fixture
def offline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a machine without a network and without a folder of Keras."""
    return {"KERAS_HOME": str(tmp_path_factory.mktemp("keras") / "none"), "https_proxy": "http://127.0.0.1:9"}


def jobs(project: Project, *words: str, env: dict[str, str]) -> list[str]:
    """Return the jobs of a dry run, in their order."""
    process = project.snakemake("-n", *words, env=env)
    assert process.returncode == 0, process.stderr + process.stdout
    return [line.split("  (")[0].strip() for line in process.stdout.splitlines() if line.startswith("  ")]


def test_the_road_of_the_data_is_no_reason_to_train(
    published: Project, offline: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("mirror")

    def planned(**more: str) -> list[str]:
        return jobs(published, RUN, env={**offline, **more})

    process = published.snakemake("--nocolor", RUN, env={**offline, "PRACTICA_DATA_MIRROR": str(empty)})
    assert process.returncode == 0, process.stderr
    described = published.folder / "data/prepared/crescents/dataset.json"
    before = described.read_bytes()
    for mirror in ("", f"{empty}/", f"file://{empty}", str(empty)):
        assert planned(PRACTICA_DATA_MIRROR=mirror) == [], mirror
    os.utime(described)
    assert planned() == []

    # Results from elsewhere, without Snakemake's records.
    notes = published.folder / ".snakemake"
    notes.rename(empty / "notes")
    os.utime(described)
    assert planned() == []
    shutil.rmtree(notes)
    (empty / "notes").rename(notes)

    # A file that may be the data is a reason to look; while it is another, nothing is trained and nothing lost.
    file = empty / "crescents.csv"
    file.write_text("not the data")
    mirror = {"PRACTICA_DATA_MIRROR": str(empty)}
    assert planned(**mirror) == [
        "Preparing the data set crescents",
        "Rehearsing what is to be trained (moons/raw)",
        "Training moons/raw/s0",
    ]
    process = published.snakemake("--nocolor", RUN, env={**offline, **mirror})
    assert process.returncode == 2
    _, sentence = process.stderr.rsplit("practica: data set crescents is not available:", 1)
    assert f"{file}: it cannot be read" in sentence
    assert described.read_bytes() == before
    file.unlink()
    assert planned(**mirror) == ["Preparing the data set crescents"]  # because the last try failed
    assert published.snakemake("--nocolor", RUN, env={**offline, **mirror}).returncode == 0
    assert described.read_bytes() == before
    assert planned(**mirror) == []


def test_data_that_are_deleted_are_prepared_again_at_most(published: Project, offline: dict[str, str]) -> None:
    process = published.snakemake("--nocolor", RUN, OTHER, env=offline)
    assert process.returncode == 0, process.stderr

    shutil.rmtree(published.folder / "data")
    assert jobs(published, RUN, OTHER, env=offline) == []
    # One run is gone: its data are prepared again, and the other run stays.
    gone, kept = (published.folder / run for run in (RUN, OTHER))
    gone.unlink()
    again = ["Preparing the data set crescents", "Training moons/raw/s0"]
    assert jobs(published, RUN, OTHER, env=offline) == again
    before = kept.stat().st_mtime_ns
    process = published.snakemake("--nocolor", RUN, OTHER, env=offline)
    assert process.returncode == 0, process.stderr
    assert kept.stat().st_mtime_ns == before
    assert jobs(published, RUN, OTHER, env=offline) == []
