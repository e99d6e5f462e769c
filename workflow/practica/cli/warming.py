"""The subcommand with which steps share their imports."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

import practica
from practica.cli.base import PATH, STUDY_FOLDER, main, quiet_tensorflow
from practica.config.about import about
from practica.launch.forks import Forks
from practica.launch.warm import KINDS
from practica.plan.digests import run_code
from practica.study_folder import experiments, opened, place, use

IMPORTS = {
    "training": (
        "practica.data",
        "practica.data.store.npz",
        "practica.data.store.pickles",
        "practica.data.store.tables",
        "practica.jobs.job",
        "practica.training.block",
        "sklearn.model_selection",
    ),
    "evidence": (
        "practica.evidence.collect",
        "practica.evidence.together",
        "practica.evidence.verdicts",
        "practica.figures.draw",
        "practica.figures.style",
        "practica.paper.tables",
        "scipy.stats",
    ),
}
"""What the commands of each kind import."""


@main.command(hidden=True)
@click.argument("kind", type=click.Choice(sorted(set(KINDS.values()))))
@click.argument("owner", type=int)
@click.argument("descriptor", type=int)
@click.argument("address", type=PATH)
@click.option("--threads", type=click.IntRange(1), default=1)
@STUDY_FOLDER
def warm(kind: str, owner: int, descriptor: int, address: Path, threads: int, study_folder: Path | None) -> None:
    """Import what a kind of step needs, and fork for each step that comes at the socket."""
    use(study_folder or place(None))
    if kind == "training":
        quiet_tensorflow(threads)
    for module in IMPORTS[kind]:
        import_module(module)
    # Both calls cache what they read.
    for exercise in experiments():
        run_code(exercise) if kind == "training" else about(opened(), exercise)
    code = [Path(practica.__file__).parent, opened()]
    arguments = Forks(owner, descriptor, address, code).serve()
    if arguments is not None:
        main(args=arguments)
