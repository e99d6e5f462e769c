"""The subcommand with which steps share their imports."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import click

import practica
from practica.cli.base import PATH, STUDY_FOLDER, main, quiet_tensorflow
from practica.code import memory
from practica.code.syntax import data_sets
from practica.config.about import about
from practica.config.study import Study
from practica.launch.forks import Forks, QuickEnd
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
        "practica.evidence.tables",
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
    end = QuickEnd()
    use(study_folder or place(None))
    if kind == "training":
        quiet_tensorflow(threads)
    for module in IMPORTS[kind]:
        import_module(module)
    # These calls cache what they read.
    for exercise in experiments():
        run_code(exercise) if kind == "training" else about(opened(), exercise)
    if kind == "training":
        from practica.training.provenance import git_state, versions

        data_sets()
        versions()
        git_state()
    else:
        _draw_once()
    memory.keep()  # not at the end: the run is over then, and its folder may be about to be removed
    code = [Path(practica.__file__).parent, opened()]
    arguments = Forks(owner, descriptor, address, code, read_ahead).serve()
    if arguments is not None:
        with end:
            main(args=arguments)


def _draw_once() -> None:
    """Have matplotlib import what it needs for the formats of figures, and find its fonts: it does so on first use."""
    from practica.figures.style import FORMATS, message, style

    with style():
        figure = message("", "")
        for kind in FORMATS:
            figure.savefig(io.BytesIO(), format=kind)


def read_ahead(arguments: Sequence[str]) -> None:
    """Read and check the tables that a figure or table needs: all steps forked from now on find it done."""
    command, *rest = arguments
    if command not in ("figure", "table"):
        return
    from practica.evidence.tables import check_tables
    from practica.figures.draw import NEEDS
    from practica.paper.tables import spec_named

    # The step itself meets the same mistake, and reports it.
    with contextlib.suppress(Exception):
        options = dict(zip(rest[1::2], rest[2::2], strict=True))
        file = Path(options["--study"])
        study = _loaded(file, file.stat().st_mtime_ns)
        needs = NEEDS if command == "figure" else spec_named(study, rest[0]).needs
        check_tables(study, Path(options["--results"]), needs)


@lru_cache(maxsize=1)
def _loaded(file: Path, stamp: int) -> Study:
    """Return a resolved study, read again when its file has another time stamp."""
    return Study.load(file)
