"""What breaks on clusters, done to running jobs: every study ends complete and equal to an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Any

import pytest
from mini import Cluster, Run, Study, wait_for

pytestmark = [pytest.mark.slurm, pytest.mark.workflow, pytest.mark.keras]

TWINS = "exercises: {{ej05: {{variants: {{{}}}}}}}\n"


def add_twins(study: Study, **resources: str) -> list[str]:
    """Add variants equal to ej05/tanh5, each with its own resources; return the files that they make."""
    lines = [
        f"{name}: {{model: tanh5, settings: {{epochs: 40}}, resources: {{{own}}}}}" for name, own in resources.items()
    ]
    (study.folder / "twins.yaml").write_text(TWINS.format(", ".join(lines)))
    return [f"results/runs/ej05/{name}/s0-1/metrics.json" for name in resources]


def start(study: Study, *words: str, **resources: str) -> Run:
    """Start Snakemake on twins of ej05/tanh5."""
    targets = add_twins(study, **resources)
    return study.start("--configfile", "tiny.yaml", "twins.yaml", *words, "--", *targets)


def states(cluster: Cluster, name: str) -> list[str]:
    """Return how the jobs that trained a twin ended, the oldest first."""
    return [job.state for job in cluster.jobs(f"ej05_{name}_s0-1")]


def training_job(cluster: Cluster, study: Study, name: str) -> tuple[int, str]:
    """Wait until a twin is being trained; return the process and the SLURM job."""
    process = wait_for(f"training of {name}", lambda: study.training(name))
    job = wait_for(f"job of {name}", lambda: cluster.running(f"ej05_{name}_s0-1"))
    return process, job.id


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> tuple[Study, Run]:
    """Return a study of which every training was disturbed in its own way."""
    study = Study.copy(tmp_path_factory.mktemp("struck") / "study")
    run = start(study, killed="", cancelled="", requeued="", memory="mem_mb: 500")
    process, _ = training_job(cluster, study, "killed")
    os.kill(process, signal.SIGKILL)
    _, job = training_job(cluster, study, "cancelled")
    cluster.call("scancel", job)
    _, job = training_job(cluster, study, "requeued")
    refused = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, check=False)
    assert refused.returncode, "SLURM requeued a job that Snakemake watches"
    return study, run.end()


def test_the_struck_study_is_complete(struck: tuple[Study, Run]) -> None:
    _, run = struck
    assert run.code == 0, run.text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("killed", ["FAILED", "COMPLETED"]),
        ("cancelled", ["CANCELLED", "COMPLETED"]),
        ("requeued", ["COMPLETED"]),
        ("memory", ["FAILED", "COMPLETED"]),
    ],
)
def test_a_struck_job_is_done_again_with_the_same_result(
    struck: tuple[Study, Run], cluster: Cluster, undisturbed: Any, name: str, expected: list[str]
) -> None:
    study, _ = struck
    assert states(cluster, name) == expected
    assert study.results(f"ej05/{name}/s0-1") == undisturbed


def test_a_retry_gets_more_memory_and_time(struck: tuple[Study, Run], cluster: Cluster) -> None:
    jobs = cluster.jobs("ej05_memory_s0-1")
    assert [(job.memory, job.limit) for job in jobs] == [("500M", "10:00"), ("1000M", "20:00")]


def test_a_restarted_controller_and_a_lost_node(cluster: Cluster, study: Study, undisturbed: Any) -> None:
    run = start(study, lost="")
    training_job(cluster, study, "lost")
    cluster.restart_controller(pause=3)
    job = wait_for("job after the restart", lambda: cluster.running("ej05_lost_s0-1"))
    cluster.set_node("down")
    wait_for("end of the lost job", lambda: states(cluster, "lost")[:1] == ["NODE_FAIL"])
    cluster.set_node("resume")
    assert run.end().code == 0, run.text
    assert states(cluster, "lost") == ["NODE_FAIL", "COMPLETED"], job
    assert study.results("ej05/lost/s0-1") == undisturbed


def test_snakemake_is_killed_and_started_again(cluster: Cluster, study: Study, undisturbed: Any) -> None:
    run = start(study, orphan="")
    training_job(cluster, study, "orphan")
    run.process.kill()
    run.process.wait()
    again = start(study, orphan="").end()
    assert again.code == 1
    assert "--unlock" in again.text
    assert start(study, "--unlock", orphan="").end().code == 0
    assert start(study, orphan="").end().code == 0
    assert study.results("ej05/orphan/s0-1") == undisturbed


def test_an_interrupt_cancels_the_jobs_and_the_next_start_goes_on(
    cluster: Cluster, study: Study, undisturbed: Any
) -> None:
    run = start(study, stopped="")
    training_job(cluster, study, "stopped")
    run.process.send_signal(signal.SIGINT)
    assert run.end().code == 1
    assert states(cluster, "stopped") == ["CANCELLED"]
    assert start(study, stopped="").end().code == 0
    assert study.results("ej05/stopped/s0-1") == undisturbed
