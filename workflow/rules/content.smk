# What jobs need of the data: that they are prepared, and what they hold; not when, nor where from.
from practica.data.store.planned import plan
from practica.plan.wiring import trained_on


def expected(dataset):
    """Return what is expected of a data set."""
    return plan(dataset, study.data, lambda name: trained_on(study, name))


@per_job
def prepared_for(wildcards):
    """Return the data set that a job needs."""
    return prepared(block_of(wildcards).dataset)


def prepared(dataset):
    """Return the description of a data set: not its time counts, but what it holds, unless that goes."""
    file = f"{DATA}/prepared/{dataset}/dataset.json"
    return file if expected(dataset).goes else ancient(file)


def content(dataset):
    """Return the fingerprint of a data set."""
    return expected(dataset).fingerprint


@per_job
def content_of(wildcards):
    """Return the fingerprint of the data that a job needs."""
    return content(block_of(wildcards).dataset)
