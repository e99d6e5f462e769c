"""What breaks on clusters, done to one study as it trains: it ends complete and equal to an undisturbed one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psutil
import pytest
from mini import Cluster, Run, Study, Training, wait_for
from strikes import Strike, fill, hang, kill, kill_its_snakemake, requeue, small_disk, tear

pytestmark = [pytest.mark.slurm, pytest.mark.workflow, pytest.mark.keras]


def leave(cluster: Cluster, process: psutil.Process, job: str) -> None:
    """Let a process stand still, to be there when all others are done; and requeue its job, which is refused."""
    requeue(cluster, process, job)
    process.suspend()


STRIKES: dict[str, Strike] = {
    "killed": kill,
    "inner": kill_its_snakemake,
    "hung": hang,
    "torn": tear,
    "left": leave,
}
TWINS = {**{name: {} for name in STRIKES}, "full": {}, "tanh5": {"mem_mb": 750}}


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[tuple[Study, list[Run]]]:
    """Yield a study after all that was done to it, and every Snakemake that worked on it."""
    copy = Study.copy(tmp_path_factory.mktemp("struck") / "study")
    copy.add_twins(TWINS)
    with closing(copy) as study, small_disk(study.folder / "results/runs/ej05/full", megabytes=1) as disk:
        filler = fill(disk)
        first = study.start("--", "results/metrics.csv")
        waiting = dict(STRIKES)
        while waiting:
            found = wait_for(f"training of {list(waiting)}", lambda: study.training(cluster, waiting))
            waiting.pop(found.variant)(cluster, found.process, found.job)
        wait_for("failure for want of space", lambda: "FAILED" in study.states(cluster, "full"))
        filler.unlink()
        done_but_one(cluster, study)

        cluster.restart_controller(pause=15)
        cluster.lose_node()
        left(cluster, study).process.suspend()
        first.kill()
        refused = study.start("--", "results/metrics.csv").end()
        study.start("--unlock").end()
        second = study.start("--", "results/metrics.csv")
        wait_for("job that is taken over", lambda: "taken over" in second.text)
        second.process.send_signal(signal.SIGINT)
        second.end()
        yield study, [first, refused, second, study.start("--", "results/metrics.csv").end()]


def done_but_one(cluster: Cluster, study: Study) -> None:
    """Wait until no job is at work but the one that hangs about."""
    at_work = lambda: cluster.jobs(study, "", "PENDING", "RUNNING", "COMPLETING")  # noqa: E731
    done = [f"results/runs/ej05/{name}/s0-1/metrics.json" for name in TWINS if name != "left"]
    wait_for(
        "end of all other jobs",
        lambda: all((study.folder / file).is_file() for file in done) and len(at_work()) == 1,
        seconds=300,
    )


def left(cluster: Cluster, study: Study) -> Training:
    """Wait until the last block is trained again."""
    return wait_for("training of what was left", lambda: study.training(cluster, ["left"]))


def test_the_study_is_complete_and_nothing_is_left(struck: tuple[Study, list[Run]], cluster: Cluster) -> None:
    study, runs = struck
    assert runs[-1].code == 0, runs[-1].text
    assert study.leftovers(cluster) == []


def test_the_user_was_told(struck: tuple[Study, list[Run]]) -> None:
    _, (first, refused, second, _) = struck
    assert "No space left on device" in first.text
    assert "SLURM's controller does not answer" in first.text
    for state in ("FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"):
        assert f": {state}. " in first.text
    assert refused.code == 1
    assert "--unlock" in refused.text
    assert second.code == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("killed", ["FAILED", "COMPLETED"]),
        ("inner", ["FAILED", "COMPLETED"]),
        ("torn", ["CANCELLED", "COMPLETED"]),
        ("hung", ["TIMEOUT", "COMPLETED"]),
        ("full", ["FAILED", "COMPLETED"]),
        ("tanh5", ["FAILED", "COMPLETED"]),
        ("left", ["NODE_FAIL", "CANCELLED", "COMPLETED"]),
    ],
)
def test_a_struck_job_is_done_again_with_the_same_result(
    struck: tuple[Study, list[Run]], cluster: Cluster, undisturbed: Any, name: str, expected: list[str]
) -> None:
    study, _ = struck
    assert study.states(cluster, name) == expected
    assert study.results(f"ej05/{name}/s0-1") == undisturbed


def test_a_retry_gets_more_memory_and_time(struck: tuple[Study, list[Run]], cluster: Cluster) -> None:
    study, _ = struck
    jobs = cluster.jobs(study, "ej05_tanh5_s0-1")
    assert [(job.memory, job.limit) for job in jobs] == [("750M", "10:00"), ("1500M", "20:00")]
