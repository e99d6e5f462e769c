"""A SLURM cluster of one node, and a copy of the project that runs on it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PARTS = ("Snakefile", "config.yaml", "workflow", "profiles", "report", "envs")
# Overrides that make the profile quick: a test cluster answers at once, and its files appear at once.
FAST = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5")
Answer = TypeVar("Answer")


def wait_for(what: str, ask: Callable[[], Answer | None], seconds: float = 90) -> Answer:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.2)
    raise TimeoutError(f"no {what} within {seconds:.0f} s")


@dataclass
class Job:
    """A job as SLURM itself reports it."""

    id: str
    state: str
    partition: str
    memory: str
    limit: str
    cpus: str
    gpus: str
    comment: str


class Cluster:
    """The test cluster."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def start(self) -> str | None:
        """Start the cluster; return why it cannot be, or None."""
        done = subprocess.run([HERE / "cluster/start.sh", self.state], capture_output=True, text=True, check=False)
        return done.stderr.strip() or f"start.sh ended with {done.returncode}" if done.returncode else None

    def stop(self) -> None:
        """Stop the daemons that were started."""
        subprocess.run([HERE / "cluster/stop.sh", self.state], check=True)

    def call(self, *words: str) -> str:
        """Run a command of SLURM and return what it prints."""
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout

    def jobs(self, block: str = "", *states: str) -> list[Job]:
        """Return the jobs that train a block such as ``ej05_killed_s0-1``, the oldest first; without a name, all."""
        form = "%i|%T|%P|%m|%l|%C|%b|%k"
        lines = self.call("squeue", "--states=all", "--noheader", "--sort=i", f"--format={form}").splitlines()
        jobs = [Job(*line.split("|")) for line in lines]
        return [job for job in jobs if job.comment.endswith(block) and (not states or job.state in states)]

    def running(self, block: str) -> Job | None:
        """Return the job that trains a block now."""
        return next(iter(self.jobs(block, "RUNNING")), None)

    def set_node(self, state: str) -> None:
        """Set the state of the only node, as its operator does."""
        name = self.call("hostname", "-s").strip()
        self.call("scontrol", "update", f"nodename={name}", f"state={state}", "reason=test")

    def restart_controller(self, pause: float) -> None:
        """End the controller, and start it anew with what it had saved."""
        self._controller_ended()
        time.sleep(pause)
        subprocess.run(["slurmctld"], check=True)

    def _controller_ended(self) -> None:
        pid = int((self.state / "run/slurmctld.pid").read_text())
        os.kill(pid, signal.SIGTERM)
        wait_for("end of slurmctld", lambda: not Path(f"/proc/{pid}").exists(), 20)


@dataclass
class Study:
    """A copy of the project, with the tiny study of this folder."""

    folder: Path

    @classmethod
    def copy(cls, folder: Path) -> Study:
        """Copy what Snakemake needs."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in PARTS:
            source, target = ROOT / name, folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
        shutil.copy2(HERE / "tiny.yaml", folder)
        return cls(folder)

    def start(self, *words: str, **variables: str) -> Run:
        """Start Snakemake on the cluster, as a user does."""
        return Run(self, ["--profile", "profiles/slurm", *FAST, *words], variables)

    def run(self, *words: str, **variables: str) -> Run:
        """Run Snakemake on the cluster to its end."""
        return self.start(*words, **variables).end()

    def local(self, *words: str) -> None:
        """Run Snakemake on this machine, undisturbed."""
        run = Run(self, ["--cores", "2", *words], {}).end()
        assert run.code == 0, run.text

    def results(self, block: str) -> tuple[Any, Any]:
        """Return what a block such as ``ej05/killed/s0-1`` has computed: metrics and history of its runs."""
        folder = self.folder / "results/runs" / block
        return tuple(json.loads((folder / f"{name}.json").read_text())["runs"] for name in ("metrics", "history"))  # type: ignore[return-value]

    def training(self, variant: str) -> int | None:
        """Return the process that trains a variant now."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_text().split("\0")
                mine = (folder / "cwd").readlink() == self.folder
            except OSError:
                continue
            if mine and words[1:4] == ["-m", "practica", "train"] and f'"variant":"{variant}"' in "".join(words):
                return int(folder.name)
        return None


class Run:
    """Snakemake at work."""

    def __init__(self, study: Study, words: list[str], variables: dict[str, str]) -> None:
        self.log = study.folder / "snakemake.out"
        hidden = ("PRACTICA_DATA_MIRROR", "SLURM_CONF")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        # The GPUs of the test cluster exist in SLURM only.
        environment |= {"PYTHONPATH": str(study.folder / "workflow"), "PRACTICA_ALLOW_NO_GPU": "1", **variables}
        command = [Path(sys.executable).with_name("snakemake"), "--configfile", "tiny.yaml", *words]
        with self.log.open("w") as stream:
            self.process = subprocess.Popen(
                command, cwd=study.folder, env=environment, stdout=stream, stderr=subprocess.STDOUT
            )

    def end(self, seconds: float = 400) -> Run:
        """Wait until Snakemake has ended."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"Snakemake does not end:\n{self.text}") from None
        return self

    @property
    def code(self) -> int:
        """Return the exit code."""
        return self.process.returncode

    @property
    def text(self) -> str:
        """Return what Snakemake has printed."""
        return self.log.read_text()
