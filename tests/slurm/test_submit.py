"""Snakemake as a SLURM job: killed and stopped, with nothing on the login node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mini import FAST, Cluster, Job, Study, wait_for

pytestmark = [pytest.mark.slurm, pytest.mark.workflow, pytest.mark.keras]

ASKS = "partition: cpu\nmem_mb: 1500\nruntime: 10\nthreads: 1\n"
WORDS = ("--profile", "profiles/slurm", *FAST, "--configfile", "tiny.yaml", "--")


@pytest.fixture
def study(study: Study) -> Iterator[Study]:
    """Yield a study whose controllers fit on the node."""
    (study.folder / "profiles/slurm/controller.yaml").write_text(ASKS)
    yield study
    practica(study, "submit", "--stop")


@pytest.mark.skipif("CI" in os.environ, reason="it takes two minutes, and CI has 35 in all: run `make cluster`")
def test_a_killed_controller_is_succeeded_and_the_study_ends_as_undisturbed(
    cluster: Cluster, study: Study, undisturbed: dict[str, object]
) -> None:
    goal = f"results/runs/{study.block('conv')}/metrics.json"
    first = practica(study, "submit", *WORDS, goal)
    assert (first.returncode, first.stdout[:20]) == (0, "Submitted controller"), first.stderr
    second = practica(study, "submit", *WORDS, goal)
    assert second.returncode == 2
    assert "is already running here" in second.stderr

    training = wait_for("training", lambda: study.training(cluster, ["conv"]), 300)
    (controller,) = controllers(cluster, study, "RUNNING")
    cluster.call("scancel", "--signal=KILL", "--full", controller.id)
    wait_for("end of the study", lambda: not at_work(cluster, study), 400)
    status = practica(study, "submit", "--status").stdout
    assert "Ended with exit code 0: done" in status, status
    assert f"SLURM job {training.job} already works on {goal}: taken over" in log(study)
    assert study.results("conv") == undisturbed["conv"]
    assert study.states(cluster, "conv") == ["COMPLETED"]
    wait_for("end of all processes", lambda: not study.processes(), 60)


def test_stop_leaves_no_job(cluster: Cluster, study: Study) -> None:
    assert practica(study, "submit", *WORDS, f"results/runs/{study.block('raw')}/metrics.json").returncode == 0
    training = wait_for("training", lambda: study.training(cluster, ["raw"]), 300)
    stopped = practica(study, "submit", "--stop")
    assert stopped.returncode == 0, stopped.stderr
    wait_for("end of all jobs", lambda: not at_work(cluster, study), 60)
    assert study.states(cluster, "raw") == ["CANCELLED"], training
    assert "Ended with exit code 1: stopped" in practica(study, "submit", "--status").stdout


def test_what_cannot_be_planned_is_not_submitted(cluster: Cluster, study: Study) -> None:
    refused = practica(study, "submit", *WORDS, "results/nothing")
    assert refused.returncode == 2
    assert "nothing is submitted" in refused.stderr
    assert not cluster.jobs(study)
    (study.folder / "profiles/slurm/controller.yaml").write_text("runtime: 2h\nnodes: 3\n")
    refused = practica(study, "submit", *WORDS[:-1])
    assert refused.returncode == 2
    assert "profiles/slurm/controller.yaml: runtime: '2h' is not a whole number above 0" in refused.stderr


def practica(study: Study, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "practica", *words]
    return subprocess.run(
        command, cwd=study.folder, env=study.environment(), capture_output=True, text=True, check=False
    )


def controllers(cluster: Cluster, study: Study, *states: str) -> list[Job]:
    numbers = {number for number, _ in json.loads((folder(study) / "state.json").read_text())["jobs"]}
    return [job for job in cluster.jobs(study, "", *states) if job.id in numbers]


def at_work(cluster: Cluster, study: Study) -> list[Job]:
    return cluster.jobs(study, "", "PENDING", "RUNNING", "COMPLETING")


def log(study: Study) -> str:
    return (folder(study) / "log").read_text()


def folder(study: Study) -> Path:
    return study.folder / ".snakemake/controller"
