"""The subcommands that run Snakemake in rounds: seeds for undecided claims, and trials for a search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from practica.cli.base import CONFIG, main, merged_configuration
from practica.errors import InputError
from practica.launch.merging import BASE, Merged, from_command, with_snakefile

if TYPE_CHECKING:
    from practica.deciding.outlook import Outlook

UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}


@main.command(context_settings={"ignore_unknown_options": True})
@click.option("--budget", required=True, help="Total time, such as 45min, 2h or 1.5d.")
@CONFIG
@click.argument("snakemake", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS OF SNAKEMAKE]")
def decide(budget: str, config_files: tuple[str, ...], snakemake: tuple[str, ...]) -> None:
    """Train more seeds for claims that are undecided. Stops when all are decided or the time is up.

    Trains through Snakemake, by default on all cores of this machine. You can add options of Snakemake:

    python -m practica decide --budget 12h -- --profile profiles/slurm
    """
    from practica.deciding.rounds import Rounds

    merged, options = _how(config_files, snakemake)
    rounds = Rounds(merged, options, _seconds(budget), click.echo)
    try:
        outlooks = rounds.run()
    except KeyboardInterrupt:
        click.echo("interrupted: run the command again to continue; finished trainings are kept", err=True)
        raise click.exceptions.Exit(130) from None
    for line in outlook_lines(outlooks):
        click.echo(line)
    click.echo(f"{rounds.file} holds the seeds; all later runs use them. Run snakemake to build the reports.")


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@CONFIG
@click.argument("snakemake", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS OF SNAKEMAKE]")
def search(name: str, config_files: tuple[str, ...], snakemake: tuple[str, ...]) -> None:
    """Search for settings of a variant, batch by batch. Needs method tpe or asha; for example: search digits/dense.

    Trains through Snakemake, by default on all cores of this machine. You can add options of Snakemake:

    python -m practica search digits/dense -- --profile profiles/slurm
    """
    from practica.deciding.search import Search
    from practica.tuning.judge import lines

    merged, options = _how(config_files, snakemake)
    try:
        table = Search(name, merged, options, click.echo).run()
    except KeyboardInterrupt:
        click.echo("interrupted: run it again to go on; what is trained stays", err=True)
        raise click.exceptions.Exit(130) from None
    click.echo("\n".join(lines(table)))
    click.echo(f"To write the winner into the configuration: python -m practica adopt {name}")


def _how(config_files: Sequence[str], snakemake: Sequence[str]) -> tuple[Merged, list[str]]:
    """Return the merged configuration, and the options with which Snakemake merges the same."""
    if snakemake:
        if config_files:
            raise InputError(
                "with options of Snakemake after --, name configuration files there, too: --configfile FILE, "
                "--config KEY=VALUE"
            )
        return from_command(snakemake), with_snakefile(snakemake)
    merged = merged_configuration(config_files)
    files = [file for file in merged.files if file != BASE]
    options = ["--cores", "all", *(["--configfile", *files] if files else [])]
    return merged, with_snakefile([*options, *(["--config", *merged.words] if merged.words else [])])


def _seconds(text: str) -> float:
    """Return the seconds of a time such as ``2h``.

    Raises:
        InputError: it is not a time.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", text)
    if not match or match[2] not in UNITS:
        raise InputError(f"--budget {text}: write a number and a unit ({', '.join(UNITS)}), as 45min, 2h or 1.5d")
    return float(match[1]) * UNITS[match[2]]


def outlook_lines(outlooks: Sequence[Outlook]) -> list[str]:
    """Return a line for each part: its verdict or, without one, what it would take."""
    width = max((len(each.name) for each in outlooks), default=0)
    return [f"{each.name:<{width}}  {_outlook_text(each)}" for each in outlooks]


def _outlook_text(each: Outlook) -> str:
    from practica.jobs.status_table import duration

    if not (each.open or each.why):
        return f"{each.verdict} (n = {each.n})"
    if each.why:
        return f"{each.verdict} (n = {each.n}): {each.why}" if each.verdict not in each.why else each.why
    if each.target is None:
        return (
            f"{each.verdict} (n = {each.n}): no number of seeds is likely to decide it; the effect may be at the bound"
        )
    takes = f", {duration(each.seconds)} of training" if each.seconds else ""
    return f"{each.verdict} (n = {each.n}): some {each.target} seeds would decide it{takes}"
