# What jobs need to know of the data: that they are prepared, and their content; not when, nor from where.
from practica.data.store.forecast import plan
from practica.plan.wiring import trained_on


def expected(dataset):
    """Return what to expect of a data set."""
    return plan(dataset, study.data, lambda name: trained_on(study, name))


@per_job
def prepared_for(wildcards):
    """Return the data set that a job needs."""
    return prepared(block_of(wildcards).dataset)


def prepared(dataset):
    """Return the description of a data set: its content counts, not its time, unless the data will be replaced."""
    file = f"{DATA}/prepared/{dataset}/dataset.json"
    return file if expected(dataset).goes else ancient(file)


def content(dataset):
    """Return the fingerprint of a data set."""
    return expected(dataset).fingerprint


@per_job
def content_of(wildcards):
    """Return the fingerprint of the data that a job needs."""
    return content(block_of(wildcards).dataset)
