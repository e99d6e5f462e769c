"""A SLURM cluster of one node, and a copy of the project that runs on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil
import yaml

from practica.config.reader import read_config
from practica.launch.allocation import gone
from toy import TOY
from workflow.project import copy_project

HERE = Path(__file__).parent
# Overrides that make the profile quick: on a test cluster, answers and files come at once.
FAST = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5")
# The variants that have twins: runs of the first are trained together, as replicas; those of the other one by one.
ORIGINALS = {"raw": "moons", "conv": "steps"}
Answer = TypeVar("Answer")


def wait_for(what: str, ask: Callable[[], Answer | None], seconds: float = 90) -> Answer:
    """Ask until the answer is true, and return the answer."""
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
        """Start the cluster; return the reason if it cannot start, else None."""
        process = subprocess.run([HERE / "cluster/start.sh", self.state], capture_output=True, text=True, check=False)
        return process.stderr.strip() or f"start.sh ended with {process.returncode}" if process.returncode else None

    def stop(self) -> None:
        """Stop the daemons that were started."""
        subprocess.run([HERE / "cluster/stop.sh", self.state], check=True)

    def call(self, *words: str) -> str:
        """Run a command of SLURM and return what it prints."""
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout

    def jobs(self, study: Study, name: str = "", *states: str) -> list[Job]:
        """Return the study's jobs, the oldest first; with ``name``, only those that train it, alone or with others."""
        block = study.block(name).replace("/", "_") if name else ""
        form = "%Z|%i|%T|%P|%m|%l|%C|%k"
        lines = self.call("squeue", "--states=all", "--noheader", "--sort=i", f"--format={form}").splitlines()
        mine = [line.split("|")[1:] for line in lines if line.startswith(f"{study.folder}|")]
        jobs = [Job(*fields) for fields in mine]
        named = [job for job in jobs if any(part.endswith(block) for part in job.comment.split(","))]
        return [job for job in named if not states or job.state in states]

    def mails(self) -> list[str]:
        """Return the mails that SLURM has sent, each as ``address<tab>subject``."""
        sent = self.state / "mail/sent"
        return sent.read_text().splitlines() if sent.exists() else []

    def lose_node(self) -> None:
        """Take the only node down until its jobs have failed; then let it return."""
        slurmd = self._daemon("slurmd")
        steps = [process for process in psutil.process_iter(["name"]) if process.info["name"] == "slurmstepd"]
        for process in [slurmd, *steps, *(child for step in steps for child in step.children(recursive=True))]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.call("scontrol", "update", f"nodename={self.name}", "state=down", "reason=test")
        wait_for("end of the node's jobs", lambda: not self.call("squeue", "--noheader", "--states=RUNNING"))
        wait_for("end of slurmd", lambda: gone(slurmd), 20)
        subprocess.run(["slurmd"], check=True)  # it returns to service when it registers
        wait_for("return of the node", lambda: "down" not in self.call("sinfo", "--noheader", "--format=%t"))

    @property
    def name(self) -> str:
        """Return the node's name."""
        return self.call("hostname", "-s").strip()

    def _daemon(self, name: str) -> psutil.Process:
        return psutil.Process(int((self.state / f"run/{name}.pid").read_text()))

    def restart(self, daemon: str, pause: float) -> None:
        """End ``slurmctld`` or ``slurmd``, and start it again with its saved state."""
        process = self._daemon(daemon)
        process.terminate()
        wait_for(f"end of {daemon}", lambda: gone(process), 20)
        time.sleep(pause)
        subprocess.run([daemon], check=True)


@dataclass
class Study:
    """A copy of the project with the toy study, cut down by ``tiny.yaml`` of this folder."""

    folder: Path
    originals: dict[str, str] = field(default_factory=lambda: {name: name for name in ORIGINALS})
    runs: list[Run] = field(default_factory=list)
    enter: tuple[str, ...] = ()
    """Words before a command that make it run on the host from which the study is started."""

    @classmethod
    def copy(cls, folder: Path) -> Study:
        """Copy what Snakemake needs."""
        folder.mkdir(parents=True, exist_ok=True)
        copy_project(folder, TOY.parent, read_config([HERE / "tiny.yaml"]))
        return cls(folder)

    def environment(self) -> dict[str, str]:
        """Return the environment that makes the copy run its own code."""
        hidden = ("PRACTICA_DATA_MIRROR", "SLURM_CONF")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        # The GPUs of the test cluster exist in SLURM only.
        return environment | {"PYTHONPATH": str(self.folder / "workflow"), "PRACTICA_ALLOW_NO_GPU": "1"}

    def start(self, *words: str) -> Run:
        """Start Snakemake on the cluster as a user does."""
        run = Run(self, ["--profile", "profiles/slurm", *FAST, *words])
        self.runs.append(run)
        return run

    def local(self, *words: str) -> None:
        """Run Snakemake on this machine, undisturbed."""
        run = Run(self, ["--cores", "2", *words]).end()
        assert run.code == 0, run.text

    def set_twins(self, twins: Mapping[str, str], resources: Mapping[str, Mapping[str, int]]) -> None:
        """Make the study consist of twins of the named variants, some with their own resources."""
        config = read_config([self.folder / "config.yaml", self.folder / "tiny.yaml"])
        exercises = {name: {**entry, "variants": {}} for name, entry in config["exercises"].items()}
        for name, original in twins.items():
            variant = config["exercises"][ORIGINALS[original]]["variants"][original]
            own = {"model": variant.get("model", original), "resources": {"gpu": 0, **resources.get(name, {})}}
            exercises[ORIGINALS[original]]["variants"][name] = {**variant, **own}
        (self.folder / "config.yaml").write_text(yaml.safe_dump({**config, "exercises": exercises}, sort_keys=False))
        (self.folder / "tiny.yaml").write_text("{}\n")
        self.originals = dict(twins)

    def block(self, name: str) -> str:
        """Return the block of a variant, as ``moons/raw/s0-1``."""
        return f"{ORIGINALS[self.originals[name]]}/{name}/s0-1"

    def close(self) -> None:
        """End processes and jobs that a failed test has left running."""
        for run in self.runs:
            run.kill()
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def results(self, name: str) -> tuple[Any, Any]:
        """Return the metrics and histories of a variant's runs."""
        folder = self.folder / "results/runs" / self.block(name)
        return tuple(json.loads((folder / f"{name}.json").read_text())["runs"] for name in ("metrics", "history"))  # type: ignore[return-value]

    def status(self) -> dict[str, Any]:
        """Return what ``practica status`` says about every variant."""
        command = [sys.executable, "-m", "practica", "status", "--json"]
        process = subprocess.run(command, cwd=self.folder, env=self.environment(), capture_output=True, check=True)
        return {row["variant"]: row for row in json.loads(process.stdout)}

    def training(self, cluster: Cluster, variants: Collection[str]) -> Training | None:
        """Return one of the variants in the middle of its training on the cluster, or None."""
        for name in variants:
            for process in self.trainings(name):
                with suppress(psutil.NoSuchProcess):
                    progress = self.folder / "results/checkpoints" / self.block(name) / "progress.json"
                    # Files of an earlier attempt say nothing about this one, which may still be starting.
                    begun = progress.is_file() and progress.stat().st_mtime > process.create_time()
                    job = process.environ().get("SLURM_JOB_ID")
                    if begun and job in [running.id for running in cluster.jobs(self, name, "RUNNING")]:
                        return Training(name, process, str(job))
        return None

    def trainings(self, name: str) -> list[psutil.Process]:
        """Return the processes that train a variant, or wait for another one to do so."""
        result = []
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                words = process.cmdline()
                if words[1:4] == ["-m", "practica", "train"] and f'"variant":"{name}"' in "".join(words[4:]):
                    result.append(process)
        return result

    def states(self, cluster: Cluster, name: str) -> list[str]:
        """Return how the jobs that trained a variant ended, the oldest first."""
        return [job.state for job in cluster.jobs(self, name)]

    def processes(self) -> list[psutil.Process]:
        """Return every process that works in this folder."""
        result = psutil.process_iter(["cwd"])
        return [process for process in result if Path(process.info["cwd"] or "/").is_relative_to(self.folder)]

    def leftovers(self, cluster: Cluster, patience: float = 0) -> list[str]:
        """Return what a finished study must not leave: processes, jobs, locks, checkpoints, records of failures.

        ``patience`` is how long the controller may take to notice that a job without processes has ended [s]. One that
        took over from another that was killed knows nothing of its last seconds, and asks the nodes.
        """
        with suppress(TimeoutError):  # the last job's processes are ending
            wait_for("end of all processes", lambda: not self.processes(), 30)
        alive = [f"{p.pid} of {p.ppid()}: {' '.join(p.cmdline())}"[:80] for p in self.processes()]
        at_work = ("PENDING", "RUNNING", "COMPLETING")
        with suppress(TimeoutError):
            wait_for("end of all jobs", lambda: not cluster.jobs(self, "", *at_work), patience)
        jobs = [f"job {job.id} {job.state}" for job in cluster.jobs(self, "", *at_work)]
        files = [
            str(path)
            for name in ("checkpoints", "failures")
            for path in (self.folder / "results" / name).rglob("*")
            if path.is_file()
        ]
        return alive + jobs + files


@dataclass
class Training:
    """A variant in the middle of its training: its process and its SLURM job."""

    variant: str
    process: psutil.Process
    job: str


class Run:
    """Snakemake at work."""

    def __init__(self, study: Study, words: list[str]) -> None:
        self.log = study.folder / f"snakemake-{len(study.runs)}.out"
        snakemake = str(Path(sys.executable).with_name("snakemake"))
        command = [*study.enter, snakemake, "--configfile", "tiny.yaml", *words]
        with self.log.open("w") as stream:
            self.process = subprocess.Popen(
                command, cwd=study.folder, env=study.environment(), stdout=stream, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        """Kill Snakemake, if it has not ended."""
        self.process.kill()
        self.process.wait()

    def end(self, seconds: float = 400) -> Run:
        """Wait until Snakemake has ended."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
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
