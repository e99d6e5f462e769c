"""Runs that share allocations: one fails, Snakemake is killed, an allocation is cancelled; the results stay equal."""

from __future__ import annotations

import os

import pytest
from mini import Cluster, Study, wait_for

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.workflow,
    pytest.mark.keras,
    pytest.mark.skipif("CI" in os.environ, reason="it takes two minutes, and CI has 35 in all: run `make cluster`"),
]

TWINS = {f"twin{number}": "raw" for number in range(6)}
LARGE = {"large": "conv"}
"""It asks for more threads, so it has an allocation of its own."""
WORDS = ("--slurm-patient-runs-per-job", "3", "--", "results/metrics.csv")


def test_six_blocks_in_two_allocations(cluster: Cluster, study: Study, undisturbed: dict[str, object]) -> None:
    study.set_twins({**TWINS, **LARGE}, {name: {"mem_mb": 1300, "runtime": 60} for name in TWINS})
    first = study.start(*WORDS)
    struck = wait_for("training", lambda: study.training(cluster, TWINS), 300)
    packs = [job for job in cluster.jobs(study) if "," in job.comment]
    asked = [(job.comment.count(","), job.memory, job.cpus, job.limit) for job in packs]
    assert asked == [(2, "3900M", "3", "1:00:00")] * 2
    mine = [name for name in TWINS if cluster.jobs(study, name)[0].id == struck.job]
    others = sorted({*TWINS} - {*mine})
    (other,) = {cluster.jobs(study, name)[0].id for name in others}

    struck.process.kill()
    wait_for("retry of the one that failed", lambda: len(study.states(cluster, struck.variant)) == 2, 180)
    assert "exit code 1" in first.text
    assert [job.state for job in cluster.jobs(study) if job.id in (struck.job, other)] == ["RUNNING"] * 2
    first.kill()
    last = study.start(*WORDS)
    wait_for("jobs that are taken over", lambda: last.text.count("taken over") > 3, 180)
    lost = wait_for("training in the other allocation", lambda: study.training(cluster, others), 180)
    cluster.call("scancel", other)
    last.end(900)

    assert last.code == 0, last.text
    for name, original in {**TWINS, **LARGE}.items():
        assert study.results(name) == undisturbed[original], name
    assert study.states(cluster, "large") == ["COMPLETED"]
    assert study.leftovers(cluster) == []
    assert not list((study.folder / ".snakemake/slurm_patient_packs").iterdir())
    states = {name: study.states(cluster, name) for name in TWINS}
    retries = states.pop(struck.variant)
    # If the retry waited when Snakemake was killed, the next one has submitted it again, as a first attempt.
    assert retries in (["FAILED", "COMPLETED"], ["FAILED", "CANCELLED", "COMPLETED"])
    assert states == {name: ["FAILED"] if name in mine else ["CANCELLED", "COMPLETED"] for name in states}
    ends = {name: [attempt["why"] for attempt in row["attempts"]] for name, row in study.status().items()}
    assert ends[struck.variant] == ["killed", "done"]
    assert ends[lost.variant] == ["terminated by SIGTERM", "done"]
    assert all(ends[name] == ["done"] for name in mine if name != struck.variant)
    logs = (study.folder / ".snakemake/slurm_logs/rule_train").glob(f"*{struck.variant}*/*.log")
    assert [log.stem for log in logs] == [struck.job]
