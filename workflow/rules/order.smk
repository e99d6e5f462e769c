# Every training waits until all of them have been tried on a few samples.
from practica.plan.gpus import Gpus
from practica.plan.rehearsals import STUDY, Rehearsals
from practica.plan.rehearsals import TUNING as TRIED
from practica.launch.snakemake_internals import made_otherwise, plans
from practica.launch.snakemake_internals import targets, waits_for


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


REHEARSALS = Rehearsals(
    study,
    {STUDY: RUNS, TRIED: TRIALS},
    is_trained,
    content=content,
    alone=lambda: any("/runs/" in target for target in targets(workflow)),
)


GPUS = Gpus(study, content)


@per_job
def rehearsal_before(wildcards):
    """Return the rehearsal that a training waits for; a cluster job is submitted only after it."""
    if not plans(workflow):
        return []
    return [waits_for(file) for file in REHEARSALS.before(block_of(wildcards))]


@per_job
def gpu_for(wildcards, input):
    """Return the GPUs that a training asks for; its rehearsal may have to count first."""
    return GPUS.of(block_of(wildcards), input.rehearsal)


def rehearsed(wildcards):
    """Return the blocks to rehearse."""
    return REHEARSALS.due(wildcards.part).values()
