"""Ask Snakemake for its plan: a dry run, which the logger turns into the plan for people."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from practica.config.study import Study
from practica.config.trials import trial_blocks
from practica.errors import InputError, RunError
from practica.files import read_json, write_json
from practica.launch.executors import SLURM
from practica.launch.merging import BASE, with_snakefile
from practica.launch.placement import command_executor, partition_files
from practica.plan.estimates import UNKNOWN, Estimator, read_mapping
from practica.plan.summary import Job, Plan, Training, gpu_is_open, make_plan

FILE = "PRACTICA_PLAN"
"""Variable with the file to which the logger of a dry run writes the plan, in place of the terminal."""
REFERENCE = Path("reference")
MODELS = Path(".snakemake/practica_models.json")
"""The nets as described for a plan, before a run describes them."""


def estimator_of(study: Study, models: Mapping[str, Any] | None = None) -> Estimator:
    """Return the estimator of the study's trainings; it knows the nets of ``models``, or those that files describe."""
    if models is None:
        models = {**read_mapping(MODELS), **read_mapping(study.results / "models.json")}
    return Estimator(study.results, REFERENCE, Path(study.data["folder"]), models)


def plan_of(study: Study, jobs: Sequence[Job]) -> Plan:
    """Return the plan of the jobs that this Snakemake is about to run."""
    executor = command_executor()
    if executor not in SLURM:
        elsewhere = executor if executor and executor != "local" else None
        return make_plan(study, jobs, estimator_of(study), (lambda job: elsewhere) if elsewhere else None)
    from snakemake_executor_plugin_slurm_patient.upstream import partition_of  # this imports the plugin

    files = partition_files()

    def place(job: Job) -> str:
        choices = [{**job.asks, "gpu": gpu} for gpu in (0, 1)] if gpu_is_open(job) else [job.asks]
        return " or ".join(dict.fromkeys(partition_of(asks, int(asks["threads"]), files) for asks in choices))

    return make_plan(study, jobs, estimator_of(study), place)


def ask_snakemake(files: Sequence[str], words: Sequence[str], profile: Path | None) -> Plan:
    """Return the plan of a run with these configuration files and words, and this profile.

    Raises:
        InputError: Snakemake finds bad input.
        RunError: it fails in another way.
    """
    options = ["--profile", str(profile)] if profile else []
    if own := [file for file in files if file != BASE]:
        options += ["--configfile", *own]
    if words:
        options += ["--config", *words]
    command = [sys.executable, "-m", "snakemake", "--dry-run", *with_snakefile(options)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        process = subprocess.run(
            command, env={**os.environ, FILE: str(file)}, capture_output=True, text=True, check=False
        )
        if process.returncode or not file.is_file():
            sentences = [line for line in process.stderr.splitlines() if line.startswith("practica: ")]
            sentence = sentences[-1].removeprefix("practica: ") if sentences else process.stderr.strip()[-2000:]
            raise (InputError if process.returncode == InputError.exit_code else RunError)(
                sentence or process.stdout[-2000:]
            )
        content = read_json(file)
    return Plan(**{**content, "trainings": [Training(**each) for each in content["trainings"]]})


def with_arithmetic(plan: Plan, study: Study) -> Plan:
    """Return the plan with an estimate from the nets' arithmetic where nothing else is known; this builds the nets."""
    from practica.training.describe import describe_models  # this imports Keras

    models = describe_models(study, layers=True)
    write_json(MODELS, models)
    estimator = estimator_of(study, models)
    blocks = {block.id: block for block in [*study.blocks(), *trial_blocks(study)]}
    return replace(
        plan,
        trainings=[
            each.estimated(estimator.estimate(blocks[each.block])) if each.source == UNKNOWN else each
            for each in plan.trainings
        ],
    )
