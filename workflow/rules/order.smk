# Every training waits until all of them have been tried on a few samples.
from practica.plan.gpus import Gpus
from practica.plan.rehearsals import STUDY, Rehearsals
from practica.plan.rehearsals import TUNING as TRIED
from practica.plan.together import Together
from practica.launch.snakemake_internals import made_otherwise, plans, runs_here
from practica.launch.snakemake_internals import targets, undetermined, waits_for


def home(block):
    """Return the folder of results that a block belongs to."""
    return TUNING if block.trial else RESULTS


def is_trained(block):
    """Return whether Snakemake will train a block; blocks whose results stay are not rehearsed."""
    if not finished(block, home(block)):
        return not PARTIAL
    file = f"{block.folder(home(block))}/metrics.json"
    params = [decided_by(block), content(block.dataset)]
    return made_otherwise(file, params, workflow)


def names_runs():
    """Return whether the plan is of single runs."""
    return any("/runs/" in target for target in targets(workflow))


REHEARSALS = Rehearsals(
    study, {STUDY: RUNS, TRIED: TRIALS}, is_trained, content=content, alone=names_runs
)


GPUS = Gpus(study, content)
TOGETHER = Together(study, TRIALS, is_trained, content)


def before(block):
    """Return the rehearsal that the training of a block waits for."""
    return [waits_for(file) for file in REHEARSALS.before(block)]


@per_job
def rehearsal_before(wildcards):
    """Return the rehearsal that a training waits for; a cluster job is submitted only after it."""
    return before(block_of(wildcards)) if plans(workflow) else []


@per_job
def together_before(wildcards):
    """Return the job of several trials that the job of one of them waits for."""
    if names_runs() or not plans(workflow):
        return []
    return [waits_for(file) for file in TOGETHER.before(block_of(wildcards), TUNING)]


def trials_of(wildcards):
    """Return the blocks of a variant's trials that train together."""
    return TOGETHER.due(wildcards.exercise, wildcards.variant)


@per_job
def rehearsal_of_trials(wildcards):
    """Return the rehearsal that the job of several trials waits for."""
    return before(trials_of(wildcards)[0]) if plans(workflow) else []


@per_job
def gpu_for(wildcards, input):
    """Return the GPUs that a training asks for; its rehearsal may have to count first."""
    gpu = GPUS.of(block_of(wildcards), input.rehearsal)
    return undetermined() if gpu is None else gpu


def gpu_for_trials(wildcards):
    """Return the GPUs that the job of several trials asks for: nets that share a graph are too small to be worth one."""
    gpu = study.resources(wildcards.exercise, wildcards.variant)["gpu"]
    return 0 if gpu == "auto" else gpu


def rehearsed(wildcards):
    """Return the blocks to rehearse."""
    return REHEARSALS.due(wildcards.part).values()
