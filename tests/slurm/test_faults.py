"""What breaks on clusters, done to running jobs: every study ends complete and equal to an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from mini import Cluster, Run, Study, wait_for

from practica.config import read_config

pytestmark = [pytest.mark.slurm, pytest.mark.workflow, pytest.mark.keras]


def add_twins(study: Study, resources: dict[str, dict[str, int]]) -> list[str]:
    """Add variants equal to ej05/tanh5, each with its own resources; return the files that they make."""
    tanh5 = read_config([study.folder / "config.yaml", study.folder / "tiny.yaml"])["exercises"]["ej05"]["variants"][
        "tanh5"
    ]
    twins = {name: {**tanh5, "model": "tanh5", "resources": own} for name, own in resources.items()}
    (study.folder / "twins.yaml").write_text(yaml.safe_dump({"exercises": {"ej05": {"variants": twins}}}))
    return [f"results/runs/ej05/{name}/s0-1/metrics.json" for name in twins]


def start(study: Study, *words: str, **twins: dict[str, int]) -> Run:
    """Start Snakemake on twins of ej05/tanh5, given with the resources in which they differ."""
    targets = add_twins(study, twins)
    return study.start("--configfile", "tiny.yaml", "twins.yaml", *words, "--", *targets)


def states(cluster: Cluster, study: Study, name: str) -> list[str]:
    """Return how the jobs that trained a twin ended, the oldest first."""
    return [job.state for job in cluster.jobs(study, f"ej05_{name}_s0-1")]


def in_training(cluster: Cluster, study: Study, name: str) -> tuple[psutil.Process, str] | None:
    """Return the process and the SLURM job of a twin in the middle of its training, or None."""
    process, job = study.training(name), cluster.running(study, f"ej05_{name}_s0-1")
    begun = (study.folder / f"results/checkpoints/ej05/{name}/s0-1/progress.json").is_file()
    return (process, job.id) if process and job and begun else None


def strike(cluster: Cluster, study: Study, name: str) -> tuple[psutil.Process, str]:
    """Wait until a twin is in the middle of its training; return the process and the SLURM job."""
    return wait_for(f"training of {name}", lambda: in_training(cluster, study, name))


def hang(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Stop a process without ending it, and let the job's time be over."""
    process.suspend()
    cluster.call("scontrol", "update", f"jobid={job}", "EndTime=now")


def requeue(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Requeue a job as a site's scripts do, in vain."""
    refused = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, check=False)
    assert refused.returncode, "SLURM requeued a job that Snakemake watches"


def tear(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Cancel a job, and cut the checkpoint in half that it leaves."""
    folder = Path(process.cwd()) / "results/checkpoints/ej05/torn"
    cluster.call("scancel", job)
    process.wait(20)
    checkpoints = list(folder.rglob("*.checkpoint"))
    assert checkpoints, "no checkpoint is left"
    for path in checkpoints:
        os.truncate(path, path.stat().st_size // 2)


STRIKES = {
    "requeued": requeue,
    "killed": lambda cluster, process, job: process.kill(),
    "hung": hang,
    "cancelled": lambda cluster, process, job: cluster.call("scancel", job),
    "torn": tear,
}


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[tuple[Study, Run]]:
    """Yield a study of which every training was disturbed in its own way, while the others went on."""
    copy = Study.copy(tmp_path_factory.mktemp("struck") / "study")
    with closing(copy) as study, small_disk(study.folder / "results/runs/ej05/full") as disk:
        run = start(study, **{name: {} for name in STRIKES}, full={}, memory={"mem_mb": 750})
        waiting = dict(STRIKES)
        while waiting:
            name, (process, job) = wait_for(
                f"training of {list(waiting)}",
                lambda: next(((n, found) for n in waiting if (found := in_training(cluster, study, n))), None),
            )
            waiting.pop(name)(cluster, process, job)
        wait_for("failure for want of space", lambda: "FAILED" in states(cluster, study, "full"))
        (disk / "filler").unlink()
        yield study, run.end()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a small disk that is full."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        (folder / "filler").write_bytes(bytes(2**20))
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_the_struck_study_is_complete(struck: tuple[Study, Run]) -> None:
    _, run = struck
    assert run.code == 0, run.text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("killed", ["FAILED", "COMPLETED"]),
        ("cancelled", ["CANCELLED", "COMPLETED"]),
        ("torn", ["CANCELLED", "COMPLETED"]),
        ("hung", ["TIMEOUT", "COMPLETED"]),
        ("full", ["FAILED", "COMPLETED"]),
        ("requeued", ["COMPLETED"]),
        ("memory", ["FAILED", "COMPLETED"]),
    ],
)
def test_a_struck_job_is_done_again_with_the_same_result(
    struck: tuple[Study, Run], cluster: Cluster, undisturbed: Any, name: str, expected: list[str]
) -> None:
    study, _ = struck
    assert states(cluster, study, name) == expected
    assert study.results(f"ej05/{name}/s0-1") == undisturbed


def test_a_retry_gets_more_memory_and_time(struck: tuple[Study, Run], cluster: Cluster) -> None:
    study, _ = struck
    jobs = cluster.jobs(study, "ej05_memory_s0-1")
    assert [(job.memory, job.limit) for job in jobs] == [("750M", "10:00"), ("1500M", "20:00")]


def test_a_restarted_controller_and_a_lost_node(cluster: Cluster, study: Study, undisturbed: Any) -> None:
    run = start(study, lost={})
    strike(cluster, study, "lost")
    cluster.restart_controller(pause=3)
    job = wait_for("job after the restart", lambda: cluster.running(study, "ej05_lost_s0-1"))
    cluster.lose_node()
    wait_for("end of the lost job", lambda: states(cluster, study, "lost")[:1] == ["NODE_FAIL"])
    cluster.regain_node()
    assert run.end().code == 0, run.text
    assert states(cluster, study, "lost") == ["NODE_FAIL", "COMPLETED"], job
    assert study.results("ej05/lost/s0-1") == undisturbed


def test_snakemake_is_interrupted_and_later_killed(cluster: Cluster, study: Study, undisturbed: Any) -> None:
    run = start(study, left={})
    strike(cluster, study, "left")
    run.process.send_signal(signal.SIGINT)
    assert run.end().code == 1
    assert states(cluster, study, "left") == ["CANCELLED"]

    run = start(study, left={})
    strike(cluster, study, "left")
    run.process.kill()
    run.process.wait()
    refused = start(study, left={}).end()
    assert refused.code == 1
    assert "--unlock" in refused.text
    assert start(study, "--unlock", left={}).end().code == 0
    last = start(study, left={}).end()
    assert last.code == 0, last.text
    assert states(cluster, study, "left") == ["CANCELLED", "COMPLETED", "COMPLETED"]
    assert study.results("ej05/left/s0-1") == undisturbed
