"""Trainings depend on the content of the data, not on the mirror, on what may replace it, or on file times."""

import os
import shutil

import pytest

from ten import needs
from workflow.project import check_deleted_data

pytestmark = [pytest.mark.workflow, needs("ej06/raw", "ej06/corrected")]
RUN = "results/runs/ej06/raw/s0/metrics.json"


def test_the_road_of_the_data_is_no_reason_to_train(fresh, tmp_path_factory) -> None:
    empty = tmp_path_factory.mktemp("mirror")
    # Offline, and without a folder of Keras.
    env = {"KERAS_HOME": str(empty / "none"), "https_proxy": "http://127.0.0.1:9"}

    def planned(**more: str) -> set[str]:
        done = fresh.snakemake("-n", RUN, env={**env, **more})
        assert done.returncode == 0, done.stderr + done.stdout
        return {line.split("  (")[0].strip() for line in done.stdout.splitlines() if line.startswith("  ")}

    done = fresh.snakemake("--nocolor", RUN, env={**env, "PRACTICA_DATA_MIRROR": str(empty)})
    assert done.returncode == 0, done.stderr
    described = fresh.folder / "data/prepared/pima/dataset.json"
    before = described.read_bytes()
    for mirror in ("", f"{empty}/", f"file://{empty}", str(empty)):
        assert planned(PRACTICA_DATA_MIRROR=mirror) == set(), mirror
    os.utime(described)
    assert planned() == set()

    # Results from elsewhere, without Snakemake's records.
    notes = fresh.folder / ".snakemake"
    notes.rename(empty / "notes")
    os.utime(described)
    assert planned() == set()
    shutil.rmtree(notes)
    (empty / "notes").rename(notes)

    # A file that may be the data is a reason to look; while it is another, nothing is trained and nothing lost.
    file = empty / "diabetes.csv"
    file.write_text("not the data")
    mirror = {"PRACTICA_DATA_MIRROR": str(empty)}
    assert planned(**mirror) == {
        "Preparing the data set pima",
        "Rehearsing what is to be trained (ej06/raw)",
        "Training ej06/raw/s0",
    }
    done = fresh.snakemake("--nocolor", RUN, env={**env, **mirror})
    assert done.returncode == 2
    _, sentence = done.stderr.rsplit("practica: data set pima is not available:", 1)
    assert f"{file}: it cannot be read" in sentence
    assert described.read_bytes() == before
    file.unlink()
    assert planned(**mirror) == {"Preparing the data set pima"}  # because the last try failed
    assert fresh.snakemake("--nocolor", RUN, env={**env, **mirror}).returncode == 0
    assert described.read_bytes() == before
    assert planned(**mirror) == set()


def test_stand_ins_that_are_deleted_are_prepared_again_at_most(fresh, tmp_path_factory) -> None:
    runs = [f"results/runs/ej06/{name}/s0/metrics.json" for name in ("raw", "corrected")]
    check_deleted_data(fresh, runs, tmp_path_factory.mktemp("elsewhere"))
