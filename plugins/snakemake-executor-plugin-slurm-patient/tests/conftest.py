"""A SLURM of shell scripts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from snakemake_executor_plugin_slurm import Executor

from snakemake_executor_plugin_slurm_patient import patience
from snakemake_executor_plugin_slurm_patient.upstream import label


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Hide the real SLURM, and the plugin's own methods; return a function that says what a command prints."""
    monkeypatch.chdir(tmp_path)
    Path(".snakemake").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(patience, "POLL", 0.01)
    monkeypatch.setattr(patience, "_leaves", [])
    monkeypatch.setattr(Executor, "__post_init__", lambda self, test_mode: None)
    monkeypatch.setattr(Executor, "report_job_submission", lambda self, info, register: None)
    monkeypatch.setattr(Executor, "report_job_error", lambda self, info, msg, **_: self.told.append(msg))
    monkeypatch.setattr(Executor, "run_job", lambda self, job: self.told.append(f"submit {label(job)}"))
    monkeypatch.setattr(Executor, "get_partition_arg", lambda self, job: " -p gpu")

    def says(command: str, *lines: str, code: int = 0) -> None:
        text = "\n".join(["#!/bin/sh", f"echo {command} $* >> calls", *(f"echo '{line}'" for line in lines)])
        (tmp_path / command).write_text(f"{text}\nexit {code}\n")
        (tmp_path / command).chmod(0o755)

    says("squeue")
    says("scancel")
    return says
