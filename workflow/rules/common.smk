# The checked study, and helpers that several rule files use.
import json

from practica.code.digest import code_digest
from practica.code.syntax import data_sets
from practica.config.trials import folder as tuning_folder, trial_blocks
from practica.launch.snakemake_internals import is_job, per_job
from practica.plan.digests import run_code
from practica.plan.refusals import forget_refusals, refusal_file, refuse
from practica.plan.wiring import Entries, finished, open_study, part_of
from practica.plan.wiring import prepare_jobs, study_rules

prepare_jobs(on_cluster=is_job(workflow))
study = open_study(config)
RESULTS = str(study.results)
DATA = study.data["folder"]
LOGS = f"{RESULTS}/logs"
TUNING = str(tuning_folder(RESULTS))
PARTIAL = study.config["partial"]
RUNS, TRIALS = study.blocks(), trial_blocks(study)
BLOCKS = Entries("block of seeds", {b.path.parts: b for b in [*RUNS, *TRIALS]})


wildcard_constraints:
    exercise="[a-z][a-z0-9_]*",
    variant="[a-z][a-z0-9_]*(@[a-z][a-z0-9_]*)?",
    trial=r"t[0-9a-f]+(_\d+)?",
    block=r"s\d[\d_-]*",
    dataset="|".join(data_sets()),


def block_of(wildcards):
    """Return the block that a job trains."""
    return BLOCKS[tuple(wildcards)]


def decided_by(block):
    """Return what decides a block's result: its specification, and the digest of the code that it depends on."""
    return [block.specification(), run_code(block.exercise)]


@per_job
def run_of(wildcards):
    """Return what decides a job's result."""
    return decided_by(block_of(wildcards))


def need(name, *, grows=False):
    """Return a function for a training job's request; memory and time, which fail most, grow per attempt."""

    def of(wildcards):
        return study.resources(wildcards.exercise, wildcards.variant)[name]

    def of_attempt(wildcards, attempt):
        return grown(of(wildcards), attempt)

    return per_job(of_attempt if grows else of)


def grown(need, attempt):
    """Return an attempt's request: doubled, then tripled, no more; later ones follow failed nodes, and sites limit it."""
    return need * min(attempt, 3)


def run_files(name):
    """Return the files called ``name`` of all blocks; in a partial report, only those of finished blocks."""
    blocks = [b for b in RUNS if not PARTIAL or finished(b, study.results)]
    return [f"{b.folder(RESULTS)}/{name}" for b in blocks]


def trial_files(wildcards):
    """Return the metrics of a variant's trials; in a partial report, only those of finished trials."""
    of = (wildcards.exercise, wildcards.variant)
    blocks = [b for b in TRIALS if (b.exercise, b.variant) == of]
    if PARTIAL:
        blocks = [b for b in blocks if finished(b, TUNING)]
    return [f"{b.folder(TUNING)}/metrics.json" for b in blocks]
