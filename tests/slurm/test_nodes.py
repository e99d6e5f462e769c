"""Failures of a cluster of several nodes, inflicted on one study: nothing is lost, trained twice at once or changed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from mini import Run, Study, Training, wait_for
from nodes import Account, Nodes, Watch

pytestmark = [pytest.mark.nodes, pytest.mark.workflow, pytest.mark.keras]

TWINS = {
    "apart": "raw",
    "lost": "conv",
    "dead": "conv",
    "pushed": "conv",
    "dropped": "raw",
    "warned": "conv",
    "blind": "conv",
    "headless": "raw",
    "memory": "raw",
    "again": "conv",
    "cancelled": "raw",
    "back": "conv",
}
GOAL = ("--set-resources", "train:slurm_partition=train", "--", "results/metrics.csv")
SLOW = 400
"""Seconds until a job trains, or its successor is done, on a busy machine."""
Strike = Callable[[Nodes, Study, Training, str], None]


def part_from_controller(cluster: Nodes, study: Study, job: Training, node: str) -> None:
    """Cut a node off from the controller while its job trains on, until the job's successor waits for it."""
    cluster.pull(node, "slurm")
    # However fast this machine is, the job must not be done before its successor has started elsewhere.
    job.process.suspend()
    wait_for("successor", lambda: any(other.pid != job.process.pid for other in study.trainings("apart")), SLOW)
    job.process.resume()
    log = study.folder / f"results/logs/train/{study.block('apart')}.log"
    wait_for("its wait", lambda: log.is_file() and f" on {node}, SLURM job {job.job} " in log.read_text(), SLOW)
    time.sleep(3)
    cluster.plug(node, "slurm")


def part_from_files(cluster: Nodes, study: Study, job: Training, node: str) -> None:
    """Cut a node off from its files for a while."""
    cluster.pull(node, "files")
    time.sleep(20)
    cluster.plug(node, "files")


def part_from_all(cluster: Nodes, study: Study, job: Training, node: str) -> None:
    """Cut a node off from controller and files; it returns while another one trains."""
    cluster.pull(node, "slurm", "files")
    journal = study.folder / f"results/journal/{study.block('lost')}.jsonl"
    wait_for("successor", lambda: journal.read_text().count('"start"') > 1, SLOW)
    time.sleep(3)
    cluster.plug(node, "files", "slurm")


def cut_power(cluster: Nodes, study: Study, job: Training, node: str) -> None:
    """Take a node's power away, and give it back when the controller has noticed."""
    cluster.cut_power(node)
    wait_for("loss of the node", lambda: not cluster.is_up(node))
    cluster.power_up(node)


def requeue_for_others(cluster: Nodes, study: Study, job: Training, node: str) -> None:
    """Push the job aside; the partition puts it back into the queue if it may."""
    cluster.push_aside(node, "REQUEUE")


def cancel_for_others(cluster: Nodes, study: Study, job: Training, node: str) -> None:
    """Push the job aside; the partition cancels it."""
    cluster.push_aside(node, "CANCEL")


def tell_in_time(cluster: Nodes, study: Study, job: Training, node: str) -> None:
    """Push the job aside after a time of grace, within which it ends by itself."""
    cluster.call("scontrol", "update", "partitionname=train", "gracetime=60")
    cluster.push_aside(node, "REQUEUE")
    wait_for("end within the grace", lambda: not job.process.is_running(), 50)
    cluster.call("scontrol", "update", "partitionname=train", "gracetime=0")


def kill_controller(cluster: Nodes, study: Study, job: Training, node: str) -> None:
    """Kill the first controller until the second has taken over; then it takes the cluster back."""
    cluster.kill_daemon("head", "slurmctld")
    wait_for("second controller", lambda: cluster.call("bash", "-c", "squeue --noheader --format=%i || true"), 120)
    time.sleep(10)  # what the second one learns in its first seconds, the first one may never read
    cluster.on("head", "slurmctld")


STRIKES: dict[str, Strike] = {
    "apart": part_from_controller,
    "lost": part_from_all,
    "dead": cut_power,
    "pushed": requeue_for_others,
    "dropped": cancel_for_others,
    "warned": tell_in_time,
    "blind": part_from_files,
    "headless": kill_controller,
}
REQUEUED: dict[str, Strike] = {"again": requeue_for_others, "cancelled": cancel_for_others, "back": cut_power}
"""Those of a profile by which SLURM itself runs jobs again."""


@dataclass
class Struck:
    """A study after all failures, and what was seen from outside."""

    study: Study
    run: Run
    watch: Watch
    accounts: dict[str, list[Account]]


@pytest.fixture(scope="module")
def struck(nodes: Nodes) -> Iterator[Struck]:
    """Yield a study after every kind of failure."""
    with closing(nodes.study(nodes.shared / "study")) as study:
        yield strike_each(nodes, study, STRIKES, "memory")


@pytest.fixture(scope="module")
def requeued(nodes: Nodes) -> Iterator[Struck]:
    """Yield a study whose failed jobs SLURM itself has run again."""
    with closing(nodes.study(nodes.shared / "requeued")) as study:
        profile = study.folder / "profiles/slurm/config.yaml"
        profile.write_text(profile.read_text().replace("slurm-no-requeue:", "slurm-requeue:"))
        yield strike_each(nodes, study, REQUEUED)


def strike_each(cluster: Nodes, study: Study, strikes: dict[str, Strike], *others: str) -> Struck:
    """Train the variants, and strike each while it trains."""
    resources = {name: {"runtime": 40} for name in strikes} | {name: {"mem_mb": 750} for name in others}
    study.set_twins({name: TWINS[name] for name in resources}, resources)
    cluster.call("scontrol", "update", "partitionname=train", "state=down")
    with Watch(study) as watch:
        run = study.start(*GOAL)
        waiting = wait_for("all jobs", lambda: all_waiting(cluster, study, run, resources), SLOW)
        cluster.call("scontrol", "hold", ",".join(waiting.values()))
        cluster.call("scontrol", "update", "partitionname=train", "state=up")
        strike_in_turn(cluster, study, strikes, waiting)
        for name in others:
            cluster.call("scontrol", "release", waiting[name])
        run.end(2 * SLOW)
    cluster.wait_until_up()
    return Struck(study, run, watch, wait_for("end of all accounts", lambda: cluster.accounts(study)))


def strike_in_turn(cluster: Nodes, study: Study, strikes: dict[str, Strike], waiting: dict[str, str]) -> None:
    """Let one job after the other train, strike it, and wait for its result.

    The next one starts meanwhile, and then stands still until its turn; the third node is for what is done again.
    """
    turn = threading.Lock()

    def strike_one(name: str) -> None:
        cluster.call("scontrol", "release", waiting[name])
        job = wait_for(f"training of {name}", lambda: study.training(cluster, [name]), SLOW)
        node = cluster.node_of(job.job)
        job.process.suspend()
        with turn:
            cluster.wait_until_up()
            job.process.resume()
            time.sleep(2)
            print(f"{time.strftime('%X')} {name} on {node}", flush=True)
            strikes[name](cluster, study, job, node)
            result = study.folder / f"results/runs/{study.block(name)}/metrics.json"
            wait_for(f"result of {name}", result.is_file, SLOW)
            at_work = ("PENDING", "RUNNING", "COMPLETING")
            wait_for(f"end of {name}", lambda: not cluster.jobs(study, name, *at_work), SLOW)

    pool = ThreadPoolExecutor(2)
    try:
        list(pool.map(strike_one, strikes))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def all_waiting(cluster: Nodes, study: Study, run: Run, names: Iterable[str]) -> dict[str, str]:
    """Return the waiting job of each variant, or nothing if some are missing."""
    assert run.process.poll() is None, run.text
    jobs = {name: cluster.jobs(study, name, "PENDING") for name in names}
    return {name: waiting[0].id for name, waiting in jobs.items()} if all(jobs.values()) else {}


@pytest.fixture(params=["struck", "requeued"])
def each(request: pytest.FixtureRequest) -> Struck:
    """Return one study after the other."""
    return request.getfixturevalue(request.param)


def test_the_study_is_complete_and_nothing_is_left(each: Struck, nodes: Nodes) -> None:
    assert each.run.code == 0, each.run.text
    assert each.study.leftovers(nodes, SLOW) == []
    assert nodes.call("squeue", "--noheader", "--format=%i %T %j") == ""


@pytest.mark.parametrize(
    ("fixture", "name", "expected"),  # as the accounting database has it: SLURM runs a job again under the same number
    [
        ("struck", "apart", ["NODE_FAIL", "COMPLETED"]),
        (
            "struck",
            "blind",
            ["COMPLETED|NODE_FAIL"],
        ),  # without its files, a busy node's daemon may be silent for too long
        ("struck", "lost", ["NODE_FAIL", "COMPLETED"]),
        ("struck", "dead", ["NODE_FAIL", "COMPLETED"]),
        ("struck", "pushed", ["PREEMPTED", "COMPLETED"]),
        ("struck", "dropped", ["PREEMPTED", "COMPLETED"]),
        ("struck", "warned", ["FAILED", "COMPLETED"]),  # it ends by itself, with its own exit code
        ("struck", "headless", ["COMPLETED"]),
        ("struck", "memory", ["FAILED", "COMPLETED"]),  # the step is OUT_OF_MEMORY, its job has failed
        ("requeued", "again", ["PREEMPTED", "COMPLETED"]),
        (
            "requeued",
            "cancelled",
            ["PREEMPTED", "COMPLETED"],
        ),  # the partition cancels it, so SLURM does not run it again
        ("requeued", "back", ["NODE_FAIL", "COMPLETED"]),
    ],
)
def test_a_struck_job_is_done_again_with_the_same_result(
    request: pytest.FixtureRequest, undisturbed: Any, fixture: str, name: str, expected: list[str]
) -> None:
    struck: Struck = request.getfixturevalue(fixture)
    block = f"rule_train_wildcards_{struck.study.block(name).replace('/', '_')}"
    jobs = [account for job in struck.accounts.values() for account in job if account.comment == block]
    assert len(jobs) == len(expected)
    for account, states in zip(jobs, expected, strict=True):
        assert account.state in states.split("|")
    assert struck.study.results(name) == undisturbed[TWINS[name]]


def test_a_preempted_job_has_not_failed(struck: Struck) -> None:
    for name in ("pushed", "dropped", "warned"):
        block = struck.study.block(name)
        assert f"which worked on results/runs/{block}/metrics.json, was preempted: submitted again" in struck.run.text
    (warned, _) = struck.study.status()["warned"]["attempts"]
    assert warned["why"] == "terminated by SIGTERM"


def test_no_block_is_trained_twice_at_once(each: Struck) -> None:
    assert any(look for _, look in each.watch.looks)
    assert each.watch.twice(each.study.status()) == []


ENDS = {
    "done": {"COMPLETED", "NODE_FAIL"},  # a job goes on where only its daemon is out of reach, and may end in that time
    "killed": {"FAILED", "NODE_FAIL", "PREEMPTED"},
    "terminated by SIGTERM": {"FAILED", "NODE_FAIL", "PREEMPTED"},
    "terminated by the end of its job": {"FAILED", "NODE_FAIL", "PREEMPTED"},
    "another process took over": {"NODE_FAIL"},
}
"""What SLURM may say of a job whose attempt ended in this way."""


def test_the_accounting_database_agrees_with_the_status(each: Struck) -> None:
    message = each.study.status()
    attempts = [(name, attempt) for name, row in message.items() for attempt in row["attempts"]]
    seen: Counter[str] = Counter()
    for name, attempt in attempts:
        account = each.accounts[attempt["job"]][seen[attempt["job"]]]
        seen[attempt["job"]] += 1
        text = f"{name}: {attempt}, {account}"
        assert account.comment.endswith(each.study.block(name).replace("/", "_")), text
        assert account.node == attempt["host"], text
        assert account.state in ENDS[attempt["why"]], text
        if account.state == "COMPLETED":
            # Before and after the attempt, Snakemake starts and ends twice in the job.
            assert 0 < account.elapsed - attempt["cost"]["wall_seconds"] < 60, text
            # SLURM adds up the job's processes, Snakemake among them, and counts one twice when it starts another.
            assert 0.9 < account.memory / attempt["cost"]["peak_memory_mb"] < 2, text
    # A job without an attempt ended before it had begun to train.
    unseen = [account for job, accounts in each.accounts.items() for account in accounts[seen[job] :]]
    assert {account.state for account in unseen} <= {"FAILED"}
