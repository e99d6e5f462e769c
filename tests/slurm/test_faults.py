"""Failures of clusters, inflicted on one study as it trains: it ends complete and equal to an undisturbed one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
from mini import Cluster, Run, Study, wait_for
from strikes import Strike, fill, hang, kill, kill_its_snakemake, requeue, small_disk, tear

pytestmark = [pytest.mark.slurm, pytest.mark.workflow, pytest.mark.keras]


def leave(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Suspend a process, so that it is still there when all others are done, and try to requeue its job, in vain."""
    requeue(cluster, process, job)
    process.suspend()


STRIKES: dict[str, Strike] = {"killed": kill, "inner": kill_its_snakemake, "hung": hang, "torn": tear, "left": leave}
TWINS = {
    "killed": "conv",
    "inner": "raw",
    "hung": "raw",
    "torn": "conv",
    "left": "raw",
    "full": "raw",
    "memory": "raw",
}
GOAL = ("--", "results/metrics.csv")


@dataclass
class Struck:
    """A study after all failures.

    Attributes:
        study: the study.
        midway: what ``practica status`` said when all blocks but ``left`` were done.
        first: Snakemake during failures of single jobs, of the controller and of the node, until it is killed.
        told: Snakemake that removes the lock of ``first`` and takes over its job, until a signal ends it.
        second: Snakemake that takes over the same job, until Ctrl-C interrupts it.
        last: Snakemake that finishes the study.
    """

    study: Study
    midway: dict[str, Any]
    first: Run
    told: Run
    second: Run
    last: Run


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[Struck]:
    """Yield a study after every kind of failure."""
    copy = Study.copy(tmp_path_factory.mktemp("struck") / "study")
    copy.set_twins(TWINS, {"memory": {"mem_mb": 750}})
    with closing(copy) as study, small_disk(study.folder / "results/runs/moons/full", megabytes=1) as disk:
        filler = fill(disk)
        first = study.start(*GOAL)
        waiting = dict(STRIKES)
        while waiting:
            result = wait_for(f"training of {list(waiting)}", lambda: study.training(cluster, waiting))
            waiting.pop(result.variant)(cluster, result.process, result.job)
        wait_for("failure for want of space", lambda: "FAILED" in study.states(cluster, "full"))
        filler.unlink()
        wait_for_all_but_one(cluster, study)
        midway = study.status()

        cluster.restart("slurmctld", pause=15)
        cluster.lose_node()
        wait_for("training of what is left", lambda: study.training(cluster, ["left"])).process.suspend()
        first.kill()
        message = study.start(*GOAL)
        wait_for("job that is taken over", lambda: "taken over" in message.text)
        message.process.send_signal(signal.SIGTERM)
        message.end(20)
        second = study.start(*GOAL)
        wait_for("job that is taken over", lambda: "taken over" in second.text)
        second.process.send_signal(signal.SIGINT)
        second.end()
        yield Struck(study, midway, first, message, second, study.start(*GOAL).end())


def wait_for_all_but_one(cluster: Cluster, study: Study) -> None:
    """Wait until all blocks are done except the one whose process is suspended."""
    result = [study.folder / f"results/runs/{study.block(name)}/metrics.json" for name in TWINS if name != "left"]

    def over() -> bool:
        at_work = cluster.jobs(study, "", "PENDING", "RUNNING", "COMPLETING")
        return all(file.is_file() for file in result) and len(at_work) == 1

    wait_for("end of all other jobs", over, seconds=300)


def test_the_study_is_complete_and_nothing_is_left(struck: Struck, cluster: Cluster) -> None:
    assert struck.last.code == 0, struck.last.text
    assert struck.study.leftovers(cluster) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("killed", ["FAILED", "COMPLETED"]),
        ("inner", ["FAILED", "COMPLETED"]),
        ("torn", ["CANCELLED", "COMPLETED"]),
        ("hung", ["TIMEOUT", "COMPLETED"]),
        ("full", ["FAILED", "COMPLETED"]),
        ("memory", ["FAILED", "COMPLETED"]),
        ("left", ["NODE_FAIL", "CANCELLED", "COMPLETED"]),
    ],
)
def test_a_struck_job_is_done_again_with_the_same_result(
    struck: Struck, cluster: Cluster, undisturbed: Any, name: str, expected: list[str]
) -> None:
    assert struck.study.states(cluster, name) == expected
    assert struck.study.results(name) == undisturbed[TWINS[name]]


def test_a_retry_gets_more_memory_and_time(struck: Struck, cluster: Cluster) -> None:
    jobs = cluster.jobs(struck.study, "memory")
    assert [(job.memory, job.limit) for job in jobs] == [("750M", "10:00"), ("1500M", "20:00")]


def test_the_user_is_told(struck: Struck) -> None:
    assert "No space left on device" in struck.first.text
    assert "SLURM's controller does not answer" in struck.first.text
    for state in ("FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"):
        assert f": {state}. " in struck.first.text
    assert struck.told.code == 1
    assert "which is gone, is removed" in struck.told.text
    assert "the jobs continue in SLURM; the next start of Snakemake takes them over (to end" in struck.told.text
    assert struck.second.code == 1


def test_the_status_tells_it_too(struck: Struck) -> None:
    assert {name: row["state"] for name, row in struck.midway.items()} == {
        name: "running" if name == "left" else "done" for name in TWINS
    }
    now = struck.study.status()
    assert {row["state"] for row in now.values()} == {"done"}
    ends = {name: [attempt["why"] for attempt in row["attempts"]] for name, row in now.items()}
    assert ends["killed"] == ["killed", "done"]
    # SLURM counts forking processes twice, so its limit may strike before or during the training.
    assert ends["memory"] in (["done"], ["killed", "done"])
    assert ends["torn"] == ["terminated by SIGTERM", "done"]
    assert ends["full"] == ["OSError: [Errno 28] No space left on device", "done"]
    assert ends["left"][1:] == ["terminated by SIGTERM", "done"]
