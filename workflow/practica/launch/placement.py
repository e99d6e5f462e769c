"""Where the jobs of this command line go: the executor, and the file of partitions."""

from __future__ import annotations

from pathlib import Path

from practica.launch.merging import command_options, command_partitions, command_profiles
from practica.yamlfiles.reading import read_yaml


def command_executor() -> str | None:
    """Return the executor that this command line or its profiles name; None: jobs run on this machine."""
    executors = [value for file in command_profiles() if (value := read_yaml(file).get("executor"))]
    return command_options().executor or (str(executors[-1]) if executors else None)


def partition_files() -> list[Path]:
    """Return the files of SLURM partitions for this command line; the last of them counts."""
    of_profiles = [
        place if (place := file.parent / str(name)).exists() else Path(str(name))
        for file in command_profiles()
        if (name := read_yaml(file).get("slurm-partition-config"))
    ]
    return of_profiles + command_partitions()[:1]
