"""Executors of the profiles that no lock file pins: what their plugins read, as of a certain version.

If a plugin is installed, a test compares; Snakemake itself then also checks its options.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import NamedTuple


class Plugin(NamedTuple):
    """What the plugin of an executor reads.

    Attributes:
        version: of the package ``snakemake-executor-plugin-NAME`` from which this was taken.
        settings: its settings, as Python writes them.
        resources: resources of jobs that only this plugin understands.
    """

    version: str
    settings: tuple[str, ...]
    resources: tuple[str, ...]


EXECUTORS: Mapping[str, Plugin] = {
    "kubernetes": Plugin(
        "0.5.1",
        (
            *("namespace", "cpu_scalar", "service_account_name", "privileged"),
            *("persistent_volumes", "omit_job_cleanup"),
        ),
        ("gpu_manufacturer", "machine_type", "scale"),
    ),
    "lsf": Plugin(
        "0.3.3",
        (),
        (
            *("lsf_extra", "lsf_project", "lsf_queue", "cpus_per_node", "cpus_per_task", "mem_mb_per_cpu", "mpi"),
            *("ptile", "span", "time", "time_min", "walltime"),
        ),
    ),
}
"""By name."""
SLURM = ("slurm", "slurm-patient")
"""Executors that accept the settings and resources of the SLURM plugin."""


def missing(executor: object) -> str | None:
    """Return what to do if the plugin of one of these executors is not installed."""
    if not isinstance(executor, str) or executor not in EXECUTORS or find_spec(f"snakemake_executor_plugin_{executor}"):
        return None
    package = f"snakemake-executor-plugin-{executor}"
    return f"executor: {executor} needs a plugin: pip install {package} (checked here: {EXECUTORS[executor].version})"
