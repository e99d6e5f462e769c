"""A SLURM cluster of several nodes, each in a network, a name and processes of its own, and what can befall it."""

from __future__ import annotations

import math
import subprocess
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from mini import HERE, Cluster, Study, wait_for

SCRIPTS = HERE / "cluster/nodes"
SPACES = ("--mount", "--uts", "--ipc", "--net", "--pid")
LOOK = 2.0
"""Seconds between two looks of a watch."""


class Nodes(Cluster):
    """The test cluster of several nodes."""

    def __init__(self, state: Path, nodes: int) -> None:
        super().__init__(state)
        self.nodes = nodes
        self.shared = state / "shared"

    def start(self) -> str | None:
        """Start the cluster; return the reason if it cannot start, else None."""
        return self._script("start.sh", str(self.nodes))

    def stop(self) -> None:
        """Stop all hosts with all their processes."""
        subprocess.run([SCRIPTS / "stop.sh", self.state], check=True)

    def enter(self, host: str, folder: Path = Path("/")) -> tuple[str, ...]:
        """Return the words before a command that make it run on a host, in this folder as the host sees it."""
        pid = (self.state / "hosts" / host / "pid").read_text().strip()
        return ("nsenter", "--target", pid, *SPACES, "env", f"--chdir={folder}")

    def on(self, host: str, *words: str) -> str:
        """Run a command on a host and return what it prints."""
        command = [*self.enter(host), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    def call(self, *words: str) -> str:
        """Run a command of SLURM on the login node and return what it prints."""
        return self.on("login", *words)

    def study(self, folder: Path) -> Study:
        """Return a copy of the project on the shared files, whose Snakemake runs on the login node."""
        study = Study.copy(folder)
        (folder / "profiles/slurm/partitions.yaml").write_text("partitions:\n  cpu: {max_gpu: 0}\n")
        study.enter = self.enter("login", folder)
        return study

    def pull(self, host: str, *networks: str) -> None:
        """Pull a host's cables out of the switch: that of ``slurm``, that of the ``files``, or both."""
        for network in networks:
            self.on("switch", "ip", "link", "set", f"{host}-{network}", "down")

    def plug(self, host: str, *networks: str) -> None:
        """Plug a host's cables in again."""
        for network in networks:
            self.on("switch", "ip", "link", "set", f"{host}-{network}", "up")

    def cut_power(self, host: str) -> None:
        """End all processes of a host at once."""
        first = psutil.Process(int((self.state / "hosts" / host / "pid").read_text()))
        first.kill()
        with suppress(psutil.NoSuchProcess):
            first.wait(20)

    def power_up(self, node: str) -> None:
        """Let a node come up again, with empty memory and its daemon."""
        if reason := self._script("host.sh", node, str(10 + int(node.removeprefix("node")))):
            raise RuntimeError(reason)
        self.on(node, "slurmd")

    def kill_daemon(self, host: str, name: str) -> None:
        """Kill a daemon of SLURM on a host."""
        self.on(host, "bash", "-c", f"kill -9 $(cat /run/{name}.pid)")

    def push_aside(self, node: str, mode: str) -> None:
        """Preempt the training on a node, in this mode, by a job of the partition with the higher priority."""
        self.call("scontrol", "update", "partitionname=train", f"preemptmode={mode}")
        request = ["--partition=high", f"--nodelist={node}", "--mem=2500", "--time=1"]
        self.call("sbatch", *request, "--output=/dev/null", "--wrap=sleep 5")

    def node_of(self, job: str) -> str:
        """Return the node on which a job runs."""
        return self.call("squeue", "--noheader", f"--jobs={job}", "--format=%N").strip()

    def is_up(self, node: str) -> bool:
        """Return whether the controller uses a node."""
        state = self.call("sinfo", "--noheader", f"--nodes={node}", "--partition=train", "--format=%T").strip()
        return state in {"idle", "mixed", "allocated", "completing"}

    def wait_until_up(self) -> None:
        """Wait until all nodes are in use again."""
        names = [f"node{number + 1}" for number in range(self.nodes)]
        wait_for("return of all nodes", lambda: all(map(self.is_up, names)))

    def accounts(self, study: Study) -> dict[str, list[Account]]:
        """Return what the accounting database says of each job that trained a block, by the job's number.

        It learns of an end a moment later than the queue: the answer is empty until it knows all of them.
        """
        fields = "JobIDRaw,State,ElapsedRaw,MaxRSS,NodeList,WorkDir,Comment"
        command = ["sacct", "--duplicates", "--noheader", "--parsable2", "--noconvert", "--starttime=now-1hour"]
        result: dict[str, list[Account]] = defaultdict(list)
        for line in self.call(*command, f"--format={fields}").splitlines():
            number, state, elapsed, memory, node, folder, comment = line.split("|")
            if state in {"PENDING", "RUNNING"}:
                return {}
            if folder == str(study.folder) and comment.startswith("rule_train_"):
                result[number].append(Account(state.split()[0], int(elapsed), node, comment))
            elif "." in number and (jobs := result.get(number.split(".")[0])):
                jobs[-1].memory = max(jobs[-1].memory, int(memory or 0) / 2**20)
        return result

    def _script(self, name: str, *words: str) -> str | None:
        """Run a script that starts something; return the reason if it fails."""
        log = self.state.with_name(f"{self.state.name}-{name}.out")
        with log.open("w") as stream:  # daemons would keep a pipe open
            process = subprocess.run([SCRIPTS / name, self.state, *words], stdout=stream, stderr=stream, check=False)
        return (log.read_text().strip() or f"{name} ended with {process.returncode}") if process.returncode else None


@dataclass
class Account:
    """A run of a job in the accounting database; memory in MB, as the largest of its steps."""

    state: str
    elapsed: int
    node: str
    comment: str
    memory: float = 0.0


class Watch:
    """Look from outside, every other second, which processes train which block of a study."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.looks: list[tuple[float, dict[str, dict[tuple[str, int], float]]]] = []
        """For each look, its moment; for each block, each process by its node and number there: its processor time."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def twice(self, attempts: dict[str, Any]) -> list[str]:
        """Return the blocks on which two processes computed at the same time, both since their attempts began.

        Before its attempt, a process imports its libraries and waits for the lock.
        """
        began = {
            (name, each["host"], each["pid"]): datetime.fromisoformat(each["start"]).timestamp()
            for name, row in attempts.items()
            for each in row["attempts"]
        }
        result = []
        for (moment, before), (_, after) in zip(self.looks, self.looks[1:], strict=False):
            for name, processes in after.items():
                earlier = before.get(name, {})
                busy = [key for key, seconds in processes.items() if seconds - earlier.get(key, seconds) > 0.3 * LOOK]
                if len([key for key in busy if began.get((name, *key), math.inf) <= moment]) > 1:
                    result.append(f"{name}: {busy}")
        return result

    def _go(self) -> None:
        while not self._over.wait(LOOK):
            look: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
            moment = time.time()
            for process in self.study.processes():
                with suppress(psutil.NoSuchProcess, OSError, KeyError):
                    words = process.cmdline()
                    if words[1:4] != ["-m", "practica", "train"]:
                        continue
                    name = "".join(words).split('"variant":"')[1].split('"')[0]
                    key = process.environ()["SLURMD_NODENAME"], number_inside(process)
                    look[name][key] = sum(process.cpu_times()[:2])
            self.looks.append((moment, look))


def number_inside(process: psutil.Process) -> int:
    """Return the number that a process has on its own host."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("NSpid:")).split()[-1])
