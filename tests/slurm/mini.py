"""A SLURM cluster of one node, and a copy of the project that runs on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

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

    def jobs(self, study: Study, block: str = "", *states: str) -> list[Job]:
        """Return the study's jobs, the oldest first; those only that train a block such as ``ej05_killed_s0-1``."""
        form = "%Z|%i|%T|%P|%m|%l|%C|%k"
        lines = self.call("squeue", "--states=all", "--noheader", "--sort=i", f"--format={form}").splitlines()
        mine = [line.split("|")[1:] for line in lines if line.startswith(f"{study.folder}|")]
        jobs = [Job(*fields) for fields in mine]
        return [job for job in jobs if job.comment.endswith(block) and (not states or job.state in states)]

    def running(self, study: Study, block: str) -> Job | None:
        """Return the job that trains a block now."""
        return next(iter(self.jobs(study, block, "RUNNING")), None)

    def lose_node(self) -> None:
        """Declare the only node down, as SLURM does when it no longer answers: its jobs fail."""
        self._set_node("down", check=True)

    def regain_node(self) -> None:
        """Take the node back into service, where it has not come back by itself."""
        self._set_node("resume", check=False)

    def _set_node(self, state: str, *, check: bool) -> None:
        name = self.call("hostname", "-s").strip()
        subprocess.run(["scontrol", "update", f"nodename={name}", f"state={state}", "reason=test"], check=check)

    def restart_controller(self, pause: float) -> None:
        """End the controller, and start it anew with what it had saved."""
        controller = psutil.Process(int((self.state / "run/slurmctld.pid").read_text()))
        controller.terminate()
        wait_for("end of slurmctld", lambda: not controller.is_running() or controller.status() == "zombie", 20)
        time.sleep(pause)
        subprocess.run(["slurmctld"], check=True)


@dataclass
class Study:
    """A copy of the project, with the tiny study of this folder."""

    folder: Path
    runs: list[Run] = field(default_factory=list)

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

    def environment(self) -> dict[str, str]:
        """Return the environment in which the copy runs with its own code."""
        hidden = ("PRACTICA_DATA_MIRROR", "SLURM_CONF")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        # The GPUs of the test cluster exist in SLURM only.
        return environment | {"PYTHONPATH": str(self.folder / "workflow"), "PRACTICA_ALLOW_NO_GPU": "1"}

    def start(self, *words: str) -> Run:
        """Start Snakemake on the cluster, as a user does."""
        run = Run(self, ["--profile", "profiles/slurm", *FAST, *words])
        self.runs.append(run)
        return run

    def local(self, *words: str) -> None:
        """Run Snakemake on this machine, undisturbed."""
        run = Run(self, ["--cores", "2", *words]).end()
        assert run.code == 0, run.text

    def close(self) -> None:
        """End what a failed test has left running."""
        for run in self.runs:
            run.process.kill()
            run.process.wait()

    def results(self, block: str) -> tuple[Any, Any]:
        """Return what a block such as ``ej05/killed/s0-1`` has computed: metrics and history of its runs."""
        folder = self.folder / "results/runs" / block
        return tuple(json.loads((folder / f"{name}.json").read_text())["runs"] for name in ("metrics", "history"))  # type: ignore[return-value]

    def training(self, variant: str) -> psutil.Process | None:
        """Return the process that trains a variant now."""
        for process in psutil.process_iter(["cmdline", "cwd"]):
            words = process.info["cmdline"] or []
            if words[1:4] != ["-m", "practica", "train"] or process.info["cwd"] != str(self.folder):
                continue
            if f'"variant":"{variant}"' in "".join(words):
                return process
        return None


class Run:
    """Snakemake at work."""

    def __init__(self, study: Study, words: list[str]) -> None:
        self.log = study.folder / "snakemake.out"
        # Where the tests run in the background, an interrupt would be ignored.
        command = ["env", "--default-signal=INT", Path(sys.executable).with_name("snakemake")]
        command += ["--configfile", "tiny.yaml", *words]
        with self.log.open("w") as stream:
            self.process = subprocess.Popen(
                command, cwd=study.folder, env=study.environment(), stdout=stream, stderr=subprocess.STDOUT
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
