"""Check within seconds, before a run of hours, that this machine and its cluster have what the study needs."""

from __future__ import annotations

import getpass
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from practica.config.citation import PLACEHOLDER, citation
from practica.config.study import Study
from practica.data.store.forecast import plan
from practica.doctor.data import data_sets
from practica.doctor.finding import Finding
from practica.errors import InputError
from practica.launch.merging import profile_file
from practica.launch.profiles import problems, refused
from practica.paper.custom_latex import babel_file
from practica.plan.gpus import Gpus
from practica.plan.places import check_writable
from practica.startup import without_start_up_lines
from practica.yamlfiles.reading import read_yaml

ROOT = Path(__file__).parents[3]
PROFILE = ROOT / "profiles/slurm"
LITTLE_SPACE, NO_SPACE = 10, 1  # GB; data sets take 2, a whole study 1
NETWORK = ("nfs", "lustre", "gpfs", "beegfs", "ceph", "cifs", "fuse", "afs", "orangefs", "wekafs", "pvfs", "9p")


def examine(study: Study, profile: Path) -> Iterator[Finding]:
    """Yield every finding; those on SLURM, for which ``profile`` is meant, only if its commands are installed."""
    yield packages()
    yield from profile_files(profile)
    yield from folders(study)
    yield from data_sets(study)
    yield latex(study)
    yield citation_finding()
    cluster = shutil.which("sbatch") is not None
    yield gpu(study, cluster)
    if cluster:
        yield from slurm(study, profile)
    else:
        yield Finding("SLURM", "ok", "not installed here: the study runs on this machine")


def packages() -> Finding:
    """Compare the installed packages with the lock file that they were installed from."""
    name = "cpu" if importlib.util.find_spec("nvidia") is None else "gpu"
    lock = ROOT / f"envs/lock-{name}.txt"
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    wrong = [f"{package} {have or 'missing'}" for package, want in pins if (have := _version(package)) != want]
    if not wrong:
        return Finding("packages", "ok", f"{len(pins)} as in envs/{lock.name}")
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Finding(
        "packages", "warn", f"not as in envs/{lock.name}: {', '.join(wrong[:3])}{more}", f"run: make setup ENV={name}"
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def profile_files(profile: Path) -> Iterator[Finding]:
    """Check the profile against what Snakemake and the plugins of executors accept."""
    file = profile_file(profile)
    if file is None:
        yield Finding("profile", "fail", f"{_short(profile)} holds no config.yaml", "name the folder of a profile")
        return
    try:
        wrong = list(problems(file))
        wrong += refused(file, wrong)
        impatient = read_yaml(file).get("executor") == "slurm"
    except InputError as error:
        wrong, impatient = [str(error)], False
    for problem in wrong:
        yield Finding("profile", "fail", problem.replace(str(file.parent), _short(file.parent), 1), "correct it there")
    if not wrong:
        yield Finding("profile", "ok", f"{_short(file.parent)} has nothing that Snakemake or its executor refuses")
    if impatient:
        yield Finding(
            "executor",
            "warn",
            "executor: slurm gives up while SLURM's controller does not answer, and takes over no earlier job",
            "write executor: slurm-patient; all other settings stay the same",
        )


def folders(study: Study) -> Iterator[Finding]:
    """Check that the results and data folders are writable, have space, and are visible to the compute nodes."""
    for key, folder in study.places.items():
        try:
            check_writable(key, folder)
        except InputError as error:
            yield Finding(key, "fail", str(error).removeprefix(f"configuration: {key}: "), "see config.yaml")
            continue
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists()).resolve()
        free = shutil.disk_usage(there).free / 1e9
        kind = _file_system(there)
        status = f"{folder} can be written, {free:.0f} GB free"
        if free < LITTLE_SPACE:
            yield Finding(key, "fail" if free < NO_SPACE else "warn", status, "make room, or choose another disk")
        elif shutil.which("sbatch") and not kind.startswith(NETWORK):
            yield Finding(key, "warn", f"{status}, on {kind}", "make sure that the compute nodes see this folder too")
        else:
            yield Finding(key, "ok", status)


def _file_system(path: Path) -> str:
    """Return the type of the file system that holds ``path``."""
    mounts = [part for part in psutil.disk_partitions(all=True) if path.is_relative_to(part.mountpoint)]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "unknown"


def latex(study: Study) -> Finding:
    """Look for the programs and packages that make the study's PDFs."""
    files = [*filter(None, map(babel_file, study.languages)), "lmodern.sty", "booktabs.sty", "utmr8a.pfb"]
    commands = [name for name in ("latexmk", "pdflatex") if shutil.which(name) is None]
    if missing := commands or [name for name in files if not _output("kpsewhich", name)]:
        return Finding("LaTeX", "fail", "missing: " + ", ".join(missing), "run: make latex; see docs/add-a-language.md")
    return Finding("LaTeX", "ok", "latexmk and the packages of the report")


def citation_finding() -> Finding:
    """Look for placeholders in CITATION.cff, which the crate and the deposit repeat."""
    try:
        missing = citation().placeholders
    except InputError as error:
        return Finding("citation", "fail", str(error), "see docs/publish.md")
    if missing:
        advice = "write people and address into CITATION.cff before you publish; see docs/publish.md"
        return Finding("citation", "warn", f"CITATION.cff: still {PLACEHOLDER}: {', '.join(missing)}", advice)
    return Finding("citation", "ok", "CITATION.cff names people and address")


def gpu(study: Study, cluster: bool) -> Finding:
    """Check whether TensorFlow sees a GPU here, if runs ask for one."""
    requests = _asking_for_gpus(study)
    if not requests:
        return Finding("GPU", "ok", "no run asks for one")
    devices = _gpus_seen()
    if devices:
        return Finding("GPU", "ok", f"TensorFlow sees {devices}")
    if cluster:
        return Finding("GPU", "ok", "none on this machine; a job that SLURM gives one fails if it cannot use it")
    runs = ", ".join(dict.fromkeys(requests))
    return Finding("GPU", "warn", f"TensorFlow sees none; {runs} will train on the CPU", "run: make setup ENV=gpu")


def _asking_for_gpus(study: Study) -> list[str]:
    """Return the exercise of each variant that asks for a GPU; before the rehearsal, of each that may."""
    gpus = Gpus(study, lambda dataset: plan(dataset, study.data).fingerprint)
    return [e for e, v in study.in_play if gpus.of(study.block(e, v, study.seed_groups(e, v)[0]))]


def _gpus_seen() -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with without_start_up_lines():
        from practica.backend import gpus

        return len(gpus())


def slurm(study: Study, profile: Path) -> Iterator[Finding]:
    """Check commands, partitions and account against the profile."""
    missing = [name for name in ("sbatch", "squeue", "scancel", "scontrol", "sinfo", "srun") if not shutil.which(name)]
    if missing:
        yield Finding("SLURM", "fail", f"missing: {', '.join(missing)}", "load the site's SLURM module")
        return
    if not _output("scontrol", "show", "config"):
        yield Finding("SLURM", "fail", "the controller does not answer", "try `scontrol ping`; ask the site's support")
        return
    yield Finding("SLURM", "ok", "commands installed, the controller answers")
    file = profile_file(profile)
    try:
        settings = read_yaml(file) if file else {}
    except InputError:  # the profile's own line says so
        return
    if file and (partition_file := settings.get("slurm-partition-config")):
        yield from _partitions(study, file.parent / str(partition_file))
    resources = settings.get("default-resources") or {}
    if isinstance(resources, list):  # of words such as `slurm_account=mine`
        resources = dict(str(word).partition("=")[::2] for word in resources)
    yield _account(resources.get("slurm_account"))


def _partitions(study: Study, file: Path) -> Iterator[Finding]:
    """Check the partitions that the profile names, and that one has GPUs if runs ask for them."""
    try:
        partitions = read_yaml(file).get("partitions")
    except InputError:  # the profile's own line says so
        return
    if not isinstance(partitions, dict) or not all(isinstance(limits, dict | None) for limits in partitions.values()):
        yield Finding("partitions", "fail", f"{_short(file)} lists none", "write them as docs/cluster.md shows")
        return
    lines = [line.split("|") for line in _output("sinfo", "--noheader", "--format=%R|%a|%G").splitlines()]
    up = {name for name, state, _ in lines if state == "up"}
    with_gpus = {name for name, _, resources in lines if "gpu" in resources}
    for name, limits in partitions.items():
        gpus = _gpus_of(limits)
        if name not in up:
            names = ", ".join(sorted(up))
            yield Finding(f"partition {name}", "fail", f"not there, or down (up: {names})", f"edit {_short(file)}")
        elif gpus and name not in with_gpus:
            yield Finding(f"partition {name}", "fail", "has no GPUs", f"set its max_gpu to 0 in {_short(file)}")
        else:
            yield Finding(f"partition {name}", "ok", "up, with GPUs" if name in with_gpus else "up")
    if _asking_for_gpus(study) and not any(map(_gpus_of, partitions.values())):
        yield Finding("partitions", "fail", "runs ask for a GPU and no partition has one", f"edit {_short(file)}")


def _gpus_of(limits: dict[str, Any] | None) -> int:
    return most if isinstance(most := (limits or {}).get("max_gpu", 0), int) else 0


def _short(file: Path) -> str:
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)


def _account(account: str | None) -> Finding:
    """Check the account that jobs are charged to."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # the system does not know this user, as in a container
        user = str(os.getuid())
    answer = _output("sacctmgr", "--noheader", "--parsable2", "list", "association", f"user={user}", "format=account")
    accounts = sorted(set(answer.split()))
    advice = "set slurm_account in the profile's default-resources"
    if account and accounts and account not in accounts:
        return Finding("account", "fail", f"{account} is not one of yours: {', '.join(accounts)}", advice)
    if account:
        return Finding("account", "ok", f"{account}{'' if accounts else ' (this site keeps no list to check it)'}")
    if len(accounts) > 1:
        return Finding("account", "warn", f"not set; yours are {', '.join(accounts)}", advice)
    return Finding("account", "ok", "the default one")


def show(findings: list[Finding]) -> None:
    """Print the findings as a table."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    styles = {"ok": "green", "warn": "yellow", "fail": "red"}
    for finding in findings:
        text = finding.found + (f"\n-> {finding.advice}" if finding.advice else "")
        table.add_row(Text(finding.level, styles[finding.level]), Text(finding.what), Text(text))
    Console(highlight=False).print(table)


def _output(*command: str) -> str:
    """Return the output of a command; empty if it is missing, fails or is slow."""
    try:
        process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout if process.returncode == 0 else ""
