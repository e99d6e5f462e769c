"""Trainings depend on the content of the data and not on file times."""

import shutil

import pytest

pytestmark = pytest.mark.workflow


def test_data_that_are_deleted_are_prepared_again_at_most(fresh, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    env = {"KERAS_HOME": str(elsewhere / "none"), "https_proxy": "http://127.0.0.1:9"}
    runs = [f"results/runs/moons/{name}/s0/metrics.json" for name in ("raw", "corrected")]
    done = fresh.snakemake("--nocolor", *runs, env=env)
    assert done.returncode == 0, done.stderr
    prepared = sorted(path.name for path in (fresh.folder / "data/prepared").iterdir())

    shutil.rmtree(fresh.folder / "data")
    assert "Nothing to be done" in fresh.snakemake("-n", *runs, env=env).stdout
    # One run is gone: its data are prepared again, and the other run stays.
    (fresh.folder / runs[0]).unlink()
    done = fresh.snakemake("-n", *runs, env=env)
    jobs = [line.split("  (")[0].strip() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert jobs == [f"Preparing the data set {prepared[0]}", f"Training {runs[0].split('/', 2)[2].rsplit('/', 1)[0]}"]
    before = (fresh.folder / runs[1]).stat().st_mtime_ns
    done = fresh.snakemake("--nocolor", *runs, env=env)
    assert done.returncode == 0, done.stderr
    assert (fresh.folder / runs[1]).stat().st_mtime_ns == before
    assert "Nothing to be done" in fresh.snakemake("-n", *runs, env=env).stdout
