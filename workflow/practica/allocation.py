"""What SLURM gave this job: a GPU that the run asked for must be one that TensorFlow sees."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from practica.errors import RunError

GRANTS = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS")
"""Variables in which SLURM names the GPUs of a job step, and of a job."""

ALLOW = "PRACTICA_ALLOW_NO_GPU"
"""Variable that turns the error into a warning; for test clusters whose GPUs exist in SLURM only."""


def granted_gpus(environment: Mapping[str, str]) -> str | None:
    """Return the GPUs that SLURM gave this job, by index, or None."""
    return next((environment[name] for name in GRANTS if environment.get(name)), None)


def check_gpu(asked: int) -> None:
    """Refuse to train on the CPU in silence, as TensorFlow would, where a run asked SLURM for a GPU and got it.

    Outside SLURM nothing is checked: a study that asks for GPUs runs on a machine without one too.

    Raises:
        RunError: SLURM gave a GPU and TensorFlow sees none.
    """
    granted = granted_gpus(os.environ)
    if not asked or granted is None:
        return
    from practica.backend import gpus

    if gpus():
        return
    reason = f"SLURM gave this job GPU {granted}, but TensorFlow sees none"
    if os.environ.get(ALLOW) != "1":
        raise RunError(
            f"{reason}: install the packages with `make setup ENV=gpu`, see whether `nvidia-smi` works on this node, "
            "or ask for none with resources: {gpu: 0}"
        )
    print(f"practica: warning: {reason}; training on the CPU, as {ALLOW}=1 allows", file=sys.stderr)
