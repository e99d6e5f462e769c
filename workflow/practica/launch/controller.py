"""Run Snakemake itself as a small SLURM job, so that nothing needs to keep running on the login node.

Each controller first submits its successor, which SLURM holds back until the controller has ended, for whatever reason:
its time limit, a kill, or a lost node. The successor takes over the study's jobs. A controller whose Snakemake has
finished, successfully or not, cancels its successor.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from practica.errors import InputError, RunError
from practica.files import read_json, write_json
from practica.launch.allocation import minutes
from practica.launch.shutdown import CONTROLLER
from practica.yamlfiles.reading import read_yaml
from snakemake_executor_plugin_slurm_patient import AT_WORK, left_at_work, queue

FOLDER = Path(".snakemake/controller")
LOG = FOLDER / "log"
STATE = FOLDER / "state.json"
SETTINGS = "controller.yaml"
"""File in a profile's folder with the resources of the controller's job."""
OPTIONS = {
    "partition": "--partition={}",
    "account": "--account={}",
    "qos": "--qos={}",
    "constraint": "--constraint={}",
    "mem_mb": "--mem={}M",
    "runtime": "--time={}",
    "threads": "--cpus-per-task={}",
}
DEFAULTS: Mapping[str, Any] = {"mem_mb": 4000, "runtime": 1440, "threads": 2}
GRACE = 60
"""Seconds before its time limit at which SLURM tells a controller to end."""
PATIENCE, POLL = 60, 10.0
"""How often a controller tries to submit its successor, and the seconds between two attempts."""
SHORT, MOST_SHORT = 60.0, 5
"""Seconds below which a controller's life counts as short, and how many in a row end the chain."""


class Job(NamedTuple):
    """A controller's job."""

    number: str
    name: str


def submit(arguments: Sequence[str], settings: Mapping[str, Any]) -> Job:
    """Submit a controller that runs Snakemake with these arguments in this folder.

    Args:
        arguments: of Snakemake, including ``--profile``.
        settings: the resources of the controller's job: keys of ``OPTIONS``.

    Raises:
        InputError: a controller is already at work here.
        RunError: SLURM does not answer, or refuses the job.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _alone():
        jobs = at_work()
        if jobs:
            raise InputError(
                f"controller {jobs[0].number} is already running here: see `python -m practica submit --status`, or "
                "end it with --stop"
            )
        state = {"arguments": list(arguments), "settings": dict(settings), "jobs": [], "lives": [], "end": None}
        write_json(STATE, state)
        return _sbatch(state)


def settings_of(profile: Path) -> dict[str, Any]:
    """Return the resources of the controller's job, from the profile's folder or the defaults.

    Raises:
        InputError: a key is unknown, or a value has the wrong type.
    """
    file = profile / SETTINGS
    entries = read_yaml(file) if file.is_file() else {}
    for key, value in entries.items():
        if key not in OPTIONS:
            raise InputError(f"{file}: there is no {key!r}; it may say {', '.join(OPTIONS)}")
        number = isinstance(value, int) and not isinstance(value, bool) and value > 0
        if not (number if key in DEFAULTS else isinstance(value, str)):
            raise InputError(
                f"{file}: {key}: {value!r} is not {'a whole number above 0' if key in DEFAULTS else 'text'}"
            )
    return {**DEFAULTS, **entries}


def within_limit(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resources with no more time than their partition allows: with more, SLURM never starts the job."""
    partition = settings.get("partition")
    with contextlib.suppress(InputError, RunError):  # SLURM says why when it gets the job
        lines = _call(["sinfo", "--noheader", "--format=%P|%l", *([f"--partition={partition}"] if partition else [])])
        rows = [line.split("|") for line in lines.splitlines()]
        limits = [minutes(limit) for name, limit in rows if partition or name.endswith("*")]
        most = [limit for limit in limits if limit is not None]
        if most and len(most) == len(limits):
            return {**settings, "runtime": min(settings["runtime"], int(max(most)))}
    return dict(settings)


def at_work() -> list[Job]:
    """Return the controllers that wait or run, the running one first.

    Raises:
        RunError: SLURM does not answer.
    """
    jobs = [Job(*job) for job in _state().get("jobs", [])]
    if not jobs:
        return []
    states = _queue()
    controllers = [job for job in jobs if states.get(job) in AT_WORK]
    return sorted(controllers, key=lambda job: (states[job] != "RUNNING", int(job.number)))


def control() -> int:
    """Be the controller: submit the successor, run Snakemake, and record how it ended.

    Returns:
        The exit code of Snakemake; 1 if it was ended from outside.
    """
    number = os.environ["SLURM_JOB_ID"]
    with _alone():
        state = _state()
        if state["end"] is not None:
            return 0
        state["lives"] = [*state["lives"], [number, time.time(), None]]
        write_json(STATE, state)
        short = [end - start < SHORT for _, start, end in state["lives"][:-1] if end]
        if len(short) >= MOST_SHORT and all(short[-MOST_SHORT:]):
            return _finish(state, 1, f"{MOST_SHORT} controllers in a row have ended within {SHORT:.0f} s")
        successor = _patiently(lambda: _sbatch(state, after=number))
    _say(f"controller {number} on {os.uname().nodename}; job {successor.number} takes over if it ends early")
    signals: list[int] = []
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_"))}
    command = [sys.executable, "-m", "snakemake", *state["arguments"]]
    with subprocess.Popen(command, env={**environment, CONTROLLER: number}) as snakemake:

        def pass_on(signal_number: int, frame: Any) -> None:
            signals.append(signal_number)
            snakemake.send_signal(signal_number)

        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, pass_on)
        code = snakemake.wait()
    with _alone():
        state = _state()
        state["lives"][-1][2] = time.time()
        write_json(STATE, state)
        if signal.SIGINT in signals:
            return _finish(state, 1, "stopped")
        if signal.SIGTERM in signals or code < 0:
            _say(f"controller {number} ends before Snakemake has finished; job {successor.number} goes on")
            return 1
        return _finish(state, code, "done" if code == 0 else "Snakemake failed; see above")


def stop(patience: float = 120.0) -> list[str]:
    """End the controllers and all their jobs, and return the numbers of the cancelled jobs.

    Raises:
        RunError: SLURM does not answer, or something is still at work when the patience has run out.
    """
    with _alone():
        controllers = at_work()
        state = _state()
        if state and state["end"] is None:
            _finish(state, 1, "stopped")
    for job in controllers:
        waiting = _queue().get(job) != "RUNNING"
        _call(["scancel", job.number] if waiting else ["scancel", "--batch", "--signal=INT", job.number])
    end = time.monotonic() + patience
    while (remaining := at_work()) and time.monotonic() < end:
        time.sleep(1)
    others = left_at_work()
    if numbers := [*others, *(job.number for job in remaining)]:
        _call(["scancel", *numbers])
    return [*(job.number for job in controllers), *others]


def summary() -> str:
    """Return a description of the controller for people: its job, since when, how it ended, its last lines.

    Raises:
        InputError: no controller was ever submitted here.
        RunError: SLURM does not answer.
    """
    state = _state()
    if not state:
        raise InputError("no controller was submitted in this folder: begin with `python -m practica submit`")
    lines = [f"snakemake {shlex.join(state['arguments'])}"]
    if controllers := at_work():
        numbers = ",".join(job.number for job in controllers)
        lines.append(_call(["squeue", f"--jobs={numbers}", "--format=%.10i %.10T %.12P %.12M %.12L %R"]).rstrip())
    elif state["end"] is None:
        lines.append(
            "The controllers are gone, and left no record of how they ended: submit again to continue the study"
        )
    if len(state["lives"]) > 1:
        lines.append(f"{len(state['lives'])} controllers so far")
    if state["end"] is not None:
        lines.append(f"Ended with exit code {state['end']['code']}: {state['end']['reason']}")
    with contextlib.suppress(OSError):
        lines += ["", f"{LOG}:", *LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-10:]]
    return "\n".join(lines)


def _finish(state: dict[str, Any], code: int, reason: str) -> int:
    """Record the end, and cancel the waiting controllers."""
    write_json(STATE, {**state, "end": {"code": code, "reason": reason, "at": time.time()}})
    states = queue() or {}
    pending = [number for number, name in state["jobs"] if states.get((number, name)) == "PENDING"]
    if pending:
        _call(["scancel", *pending])
    _say(f"the end: {reason} (exit code {code})")
    return code


def _sbatch(state: dict[str, Any], after: str | None = None) -> Job:
    """Submit a controller, to begin at once or after another's job, and record it."""
    name = f"practica-controller-{int(time.time())}"
    options = [OPTIONS[key].format(value) for key, value in state["settings"].items()]
    chain = [f"--dependency=afterany:{after}"] if after else []
    command = shlex.join([sys.executable, "-m", "practica", "control"])
    # The successor must not inherit the variables about this job's own resources.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_"))}
    number = _call(
        [
            *("sbatch", "--parsable", f"--job-name={name}", f"--output={LOG}", "--open-mode=append", "--no-requeue"),
            *(f"--signal=B:TERM@{GRACE}", f"--chdir={Path.cwd()}", *options, *chain, f"--wrap=exec {command}"),
        ],
        env=environment,
    )
    job = Job(number.strip().split(";")[0], name)
    state["jobs"] = [*state["jobs"], job]
    write_json(STATE, state)
    return job


def _patiently(call: Callable[[], Job]) -> Job:
    """Return the result of a call, which is repeated while SLURM's own controller does not answer."""
    for _ in range(PATIENCE):
        with contextlib.suppress(RunError):
            return call()
        time.sleep(POLL)
    return call()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Keep other processes in this folder from submitting or stopping in the meantime."""
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _state() -> dict[str, Any]:
    return read_json(STATE) if STATE.is_file() else {}


def _queue() -> dict[tuple[str, str], str]:
    states = queue()
    if states is None:
        raise RunError("SLURM does not answer: squeue has failed; try again when its controller is back")
    return states


def _call(command: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=env).stdout
    except FileNotFoundError as error:
        raise InputError(f"SLURM's {command[0]} cannot be found: load the site's SLURM module") from error
    except subprocess.CalledProcessError as error:
        raise RunError(f"{command[0]} failed: {' '.join(error.stderr.split())}") from error
    except subprocess.TimeoutExpired as error:
        raise RunError(f"{command[0]} has not answered for a minute; try again") from error


def _say(text: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}", flush=True)
