"""Snakemake's SLURM executor with patience: ``snakemake --executor slurm-patient``, with all ``--slurm-*`` options.

Snakemake finds the plugin by the name of this package, and in it ``Executor``, ``ExecutorSettings`` and
``common_settings``. A workflow may also use ``leave_jobs_if``, ``left_at_work``, ``queue`` and ``AT_WORK``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from snakemake_interface_executor_plugins.settings import ExecutorSettingsBase

from snakemake_executor_plugin_slurm_patient.patience import PatientExecutor as Executor
from snakemake_executor_plugin_slurm_patient.patience import leave_jobs_if
from snakemake_executor_plugin_slurm_patient.register import AT_WORK, left_at_work, queue
from snakemake_executor_plugin_slurm_patient.upstream import common_settings, given_settings

__all__ = [
    "AT_WORK",
    "Executor",
    "ExecutorSettings",
    "common_settings",
    "leave_jobs_if",
    "left_at_work",
    "queue",
]


@dataclass
class ExecutorSettings(ExecutorSettingsBase):
    """One option of its own: Snakemake asks for an instance, and gets the settings of ``--slurm-*`` with it.

    A second name, ``--slurm-patient-*``, for each of those would have no effect.
    """

    runs_per_job: int = field(
        default=1,
        metadata={
            "help": "How many jobs of Snakemake may share one job of SLURM, side by side, if they are ready at the "
            "same time and ask for the same: it gets the memory and threads of all, the GPUs and time of one.",
            "type": int,
        },
    )

    def __new__(cls, runs_per_job: int = 1) -> Any:
        """Return the settings of the SLURM plugin, which is also what its executor expects."""
        return given_settings(runs_per_job=runs_per_job)
