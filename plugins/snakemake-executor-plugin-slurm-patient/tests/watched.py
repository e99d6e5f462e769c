"""The executor without Snakemake around it, and jobs as it gets them."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from snakemake_executor_plugin_slurm_patient.patience import PatientExecutor

NAME = "name_of_now"


class Watched(PatientExecutor):
    """An executor without Snakemake around it, which writes down what it would tell it."""

    def __init__(self, **settings: Any) -> None:
        usual = {"init_seconds_before_status_checks": 30, "keep_successful_logs": False}
        settings = {**usual, "requeue": False, "array_jobs": None, **settings}
        self.workflow = SimpleNamespace(executor_settings=SimpleNamespace(**settings))
        self.told: list[str] = []
        self.logger = SimpleNamespace(warning=self.told.append)
        self.run_uuid = NAME
        self._partitions = []
        self.slurm_logdir = Path("logs")
        self._tmpdir = ".snakemake/tmp.jobs"
        Path(self._tmpdir).mkdir(exist_ok=True)
        self.lock, self.wait, self.wait_thread = threading.Lock(), True, threading.Thread()
        self.wait_thread.start()
        self._job_submission_executor = ThreadPoolExecutor()
        self.__post_init__()

    def report_job_success(self, job_info: SubmittedJobInfo) -> None:
        self.told.append(f"{job_info.external_jobid} done")

    def _report_job_submission_threadsafe(self, job_info: SubmittedJobInfo) -> None:
        self.report_job_submission(job_info)

    def look(self, *jobs: SubmittedJobInfo) -> list[str]:
        """Return the numbers of the jobs that go on."""

        async def collect() -> list[str]:
            return [info.external_jobid async for info in self.check_active_jobs(list(jobs))]

        return asyncio.run(collect())


def job(output: str | list[str] = "a.json", **changes: Any) -> Any:
    """Return a job of Snakemake."""
    fields = {
        "output": [output] if isinstance(output, str) else output,
        "params": {"spec": "1"},
        "resources": Resources(mem_mb=1000, runtime=60, tmpdir="x"),
        "name": "train",
        "is_group": lambda: False,
        "rule": SimpleNamespace(name="train", shellcmd="train {input}"),
        "threads": 1,
        "attempt": 1,
    }
    return SimpleNamespace(**(fields | changes))


class Resources(SimpleNamespace):
    """Resources as Snakemake has them: both attributes and items."""

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self, name, default)

    def items(self) -> Any:
        return vars(self).items()


def submitted(by: Watched, number: str = "7", of: Any = None) -> SubmittedJobInfo:
    """Let a job be submitted."""
    of = of or job()
    by.run_job(of)
    by.told.clear()
    info = SubmittedJobInfo(of, number, {"slurm_logfile": Path(f"{number}.log")})
    by.report_job_submission(info)
    return info
