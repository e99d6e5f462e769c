"""Snakemake's SLURM executor with patience: ``snakemake --executor slurm-patient``, with all ``--slurm-*`` options.

Snakemake finds the plugin by the name of this package, and in it ``Executor``, ``ExecutorSettings`` and
``common_settings``. A workflow may also use ``leave_jobs_if``, ``left_at_work``, ``queue`` and ``AT_WORK``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from snakemake_interface_executor_plugins.settings import ExecutorSettingsBase

from snakemake_executor_plugin_slurm_patient.patience import AT_WORK, leave_jobs_if, left_at_work, queue
from snakemake_executor_plugin_slurm_patient.patience import PatientExecutor as Executor
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
    """No options of its own: Snakemake asks for an instance, and gets the settings of ``--slurm-*``.

    Options of its own would be ``--slurm-patient-*``, a second name for each, one of which would have no effect.
    """

    def __new__(cls) -> Any:
        """Return the settings of the SLURM plugin, which is also what its executor expects."""
        return given_settings()
