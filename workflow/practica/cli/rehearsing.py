"""The subcommand that tries trainings before the first one begins."""

from __future__ import annotations

import os
from pathlib import Path

import click

from practica.cli.base import ITS, PATH, RESULTS, main, quiet_tensorflow, study_options
from practica.config.study import Block, Study
from practica.errors import InputError
from practica.side_by_side import side_by_side


@main.command()
@click.argument("variants", nargs=-1, metavar="[EXERCISE/VARIANT]...")
@click.option("--part", default="study", hidden=True)
@study_options
@RESULTS
@click.option("--data", "data_folder", type=PATH, help=f"Folder of data sets.{ITS}")
@click.option("--out", type=PATH, help="File that records what can be trained.")
@click.option("--processes", type=click.IntRange(1), default=1, help="How many to try at the same time.")
def rehearse(
    variants: tuple[str, ...],
    part: str,
    study: Study,
    results: Path,
    data_folder: Path | None,
    out: Path | None,
    processes: int,
) -> None:
    """Try every training on a few samples first.

    Splits the data, builds the net and makes one step, as the workflow does before the first training.

    Without names, tries all variants of the study. Skips those that were rehearsed before and have not changed.
    """
    # A few samples need no GPU; and only on a CPU is it an error to look up a word or a class out of range.
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    quiet_tensorflow(1)
    from practica.data import load
    from practica.plan.refusals import recording, refusal_file
    from practica.plan.rehearsals import candidates, key, memory_of, name_of, remember
    from practica.training.rehearsal import rehearse as try_out

    memory = memory_of(results)
    folder = data_folder or Path(study.data["folder"])

    def outcome_of(block: Block) -> tuple[str, int] | str:
        """Return the key of what can be trained, and the arithmetic of a step, or why it cannot."""
        dataset = load(block.dataset, folder, test=not block.trial)
        name = key(block, dataset.fingerprint)
        try:
            return name, memory[name] if name in memory else try_out(block, dataset.arrays)
        except InputError as error:
            return str(error)

    blocks = [block for block in candidates(study, part) if not variants or name_of(block) in variants]
    for dataset in sorted({block.dataset for block in blocks}):
        load(dataset, folder, test=False)  # report one that is missing or wrong once, and here
    outcomes = side_by_side(outcome_of, blocks, processes)
    counts = dict(each for each in outcomes if not isinstance(each, str))
    reasons = [each for each in outcomes if isinstance(each, str)]
    with recording(refusal_file(results, "rehearsal")):
        if reasons:
            remember(results, counts)
            raise InputError("\npractica: ".join(reasons))
    remember(results, counts, out)
    click.echo(f"{len(counts)} can be trained")
