"""Subcommands that export a finished study to other programs."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from practica.cli.base import main, out_folder, quiet_tensorflow, results_options
from practica.config.study import Study
from practica.files import read_checked


@main.command()
@results_options
def sums(results: Path) -> None:
    """Write results/SHA256SUMS. In that folder, `sha256sum -c SHA256SUMS` checks the files."""
    from practica.exports.sums import write_sums

    click.echo(f"{results / 'SHA256SUMS'}: {write_sums(results)} files")


@main.command()
@results_options
def crate(results: Path) -> None:
    """Pack the study as results/crate.zip. A Workflow Run RO-Crate of code, settings and results."""
    from practica.exports.crate import write_crate

    click.echo(write_crate(_checked(results), results))


@main.command()
@results_options
def deposit(results: Path) -> None:
    """Gather what you publish in results/deposit. That is the crate, the reports and the metadata, ready for Zenodo."""
    from practica.exports.deposit import open_items, write_deposit

    study = _checked(results)
    click.echo(write_deposit(study, results))
    for line in open_items(study):
        click.echo(f"before you publish it: {line}: write it there, and make the deposit again", err=True)


@main.command()
@results_options
@out_folder("Folder to write to.  [default: tensorboard, in the results]")
def tensorboard(results: Path, out: Path | None) -> None:
    """Write the histories as event files for TensorBoard."""
    quiet_tensorflow(1)
    from practica.evidence.tables import check_tables
    from practica.exports.events import FOLDER, write_events

    study = Study.load(results / "study.json")
    folder = out or results / FOLDER
    count = write_events(check_tables(study, results, ["history.csv.gz"]).history, folder)
    click.echo(f"{count} files; to see them: tensorboard --logdir {shlex.quote(str(folder))}")


def _checked(results: Path) -> Study:
    """Return the study of results that others will read.

    Raises:
        InputError: a table, or the verdicts, are damaged; the message names the file.
    """
    from practica.evidence.tables import check_tables

    study = Study.load(results / "study.json")
    check_tables(study, results)
    if (claims := results / "claims.json").is_file():
        read_checked(claims)
    return study
