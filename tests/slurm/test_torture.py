"""Several faults in one run, at random moments: it loses nothing, leaves nothing, and computes the same as always.

Two variables of the environment: ``PRACTICA_TORTURE_FAULTS``, how many faults, and ``PRACTICA_TORTURE_SEED``, which
repeats the choices of an earlier run.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from mini import Cluster, Run, Study, wait_for
from strikes import (
    Strike,
    cancel,
    end_time,
    fill,
    force_requeue,
    forget,
    garble,
    hang,
    kill,
    kill_its_snakemake,
    kill_its_step,
    requeue,
    small_disk,
    tear,
    terminate,
)

pytestmark = [pytest.mark.slurm, pytest.mark.workflow, pytest.mark.keras]

FAULTS = int(os.environ.get("PRACTICA_TORTURE_FAULTS") or 5)
SEED = int(os.environ.get("PRACTICA_TORTURE_SEED") or random.randrange(10**6))
TWINS = {f"twin{number}": ("raw", "conv")[number % 2] for number in range(2 + FAULTS // 2)}
# The first requests too little memory, the second little time.
SCARCE = {"twin0": {"mem_mb": 750}, "twin1": {"runtime": 1}}
STRIKES: tuple[Strike, ...] = (
    kill,
    terminate,
    kill_its_snakemake,
    kill_its_step,
    cancel,
    end_time,
    hang,
    requeue,
    force_requeue,
    tear,
    garble,
    forget,
)
GOAL = ("--", "results/metrics.csv")
LONGEST_WAIT = 300
"""Seconds until some job trains: SLURM lets one that was requeued by force rest for two minutes, perhaps the last."""


class Torturer:
    """Disturb a study at random; if that ends Snakemake, start it again as its user would."""

    def __init__(self, cluster: Cluster, study: Study, disk: Path, seed: int) -> None:
        self.cluster = cluster
        self.study = study
        self.disk = disk
        self.dice = random.Random(seed)
        self.begin = time.monotonic()
        self.snakemake = study.start(*GOAL)

    def torture(self, faults: int) -> Run:
        """Inflict this many faults, or fewer if the study ends first, and let it end; return the last Snakemake."""
        of_study: tuple[Callable[[], None], ...] = (
            self.restart_a_daemon,
            self.lose_node,
            self.fill_disk,
            self.stop_snakemake,
            self.kill_snakemake,
            self.interrupt_snakemake,
        )
        for _ in range(faults):
            time.sleep(self.dice.uniform(0, 12))
            if self.snakemake.process.poll() == 0:
                break
            self.go_on()
            if self.dice.random() < 0.4:
                self.dice.choice(of_study)()
            else:
                self.strike(self.dice.choice(STRIKES))
        for _ in range(3):
            self.go_on()
            if self.snakemake.end().code == 0:
                break
        return self.snakemake

    def strike(self, what: Strike) -> None:
        """Inflict a failure on a job in the middle of its training."""
        ended = self.snakemake.process.poll
        result = wait_for(
            "training", lambda: self.study.training(self.cluster, TWINS) or ended() is not None, LONGEST_WAIT
        )
        if not isinstance(result, bool):
            self.say(f"{what.__name__} {result.variant}, SLURM job {result.job}")
            try:
                what(self.cluster, result.process, result.job)
            except psutil.NoSuchProcess:
                self.say("too late: it has ended")
            except subprocess.CalledProcessError:  # SLURM does not change a job that has ended or is waiting again
                if any(job.id == result.job for job in self.cluster.jobs(self.study, "", "RUNNING")):
                    raise
                self.say("too late: it does not run any more")

    def restart_a_daemon(self) -> None:
        """Stop SLURM's controller, or its daemon on the node, for a while."""
        daemon = self.dice.choice(["slurmctld", "slurmd"])
        pause = self.dice.uniform(0, 25)
        self.say(f"no {daemon} for {pause:.0f} s")
        self.cluster.restart(daemon, pause)

    def lose_node(self) -> None:
        """Take the node down with all its jobs."""
        self.say("node lost")
        self.cluster.lose_node()

    def fill_disk(self) -> None:
        """Leave no room for the results for a while."""
        pause = self.dice.uniform(1, 25)
        self.say(f"disk full for {pause:.0f} s")
        filler = fill(self.disk)
        time.sleep(pause)
        filler.unlink()

    def stop_snakemake(self) -> None:
        """Suspend Snakemake for a while, as on a machine that sleeps."""
        pause = self.dice.uniform(1, 25)
        self.say(f"Snakemake stands still for {pause:.0f} s")
        self.snakemake.process.send_signal(signal.SIGSTOP)
        time.sleep(pause)
        self.snakemake.process.send_signal(signal.SIGCONT)

    def kill_snakemake(self) -> None:
        """Kill Snakemake, which leaves a lock."""
        self.say("Snakemake killed")
        self.snakemake.kill()

    def interrupt_snakemake(self) -> None:
        """Interrupt Snakemake, as with Ctrl-C."""
        self.say("Snakemake interrupted")
        self.snakemake.process.send_signal(signal.SIGINT)
        self.snakemake.end()

    def go_on(self) -> None:
        """Start Snakemake again if it has ended."""
        if self.snakemake.process.poll() not in (None, 0):
            self.say(f"Snakemake had ended with {self.snakemake.code}: started again")
            self.snakemake = self.study.start(*GOAL)

    def say(self, text: str) -> None:
        """Print what happens, and when."""
        print(f"{time.monotonic() - self.begin:5.0f} s  {text}", flush=True)


@pytest.mark.skipif("CI" in os.environ, reason="it takes three minutes, and CI has 35 in all: run `make cluster`")
def test_nothing_is_lost_left_or_changed(
    tmp_path: Path, cluster: Cluster, undisturbed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Study.copy(tmp_path / "study")
    copy.set_twins(TWINS, SCARCE)
    with closing(copy) as study, small_disk(study.folder / "results", megabytes=16) as disk:
        with capsys.disabled():
            print(f"\n{FAULTS} faults, PRACTICA_TORTURE_SEED={SEED}", flush=True)
            last = Torturer(cluster, study, disk, SEED).torture(FAULTS)
        assert last.code == 0, last.text
        for name, original in TWINS.items():
            assert study.results(name) == undisturbed[original], name
        with (study.folder / "results/metrics.csv").open() as stream:
            rows = {(row["variant"], row["seed"]) for row in csv.DictReader(stream)}
        assert rows == {(name, seed) for name in TWINS for seed in "01"}
        assert study.leftovers(cluster) == []
