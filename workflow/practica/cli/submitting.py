"""Subcommands that run Snakemake itself as a SLURM job."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from practica.cli.base import main
from practica.errors import InputError

PROFILE = "profiles/slurm"


class PassesOn(click.Command):
    """A command whose arguments are passed on to another program, including the separator ``--``."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Parse; add one ``--``, because click drops the first."""
        first = args.index("--") if "--" in args else len(args)
        return super().parse_args(context, [*args[:first], *["--"][: len(args) - first], *args[first:]])


@main.command(cls=PassesOn, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS OF SNAKEMAKE]...")
@click.option("--status", "ask", is_flag=True, help="Show the controller, how it ended, and the last lines of its log.")
@click.option("--stop", "end", is_flag=True, help="Stop the controller and cancel all jobs of this folder.")
def submit(arguments: tuple[str, ...], ask: bool, end: bool) -> None:
    """Run Snakemake as a SLURM job, so that you can log out.

    Takes Snakemake's options, for example: submit --profile profiles/slurm --config only=digits. Without a profile it
    uses profiles/slurm. The profile's controller.yaml says what this job requests from SLURM.

    The job, called controller, runs only Snakemake and quick steps. If it reaches its time limit, is
    killed or loses its node, the next controller takes over its jobs.
    """
    from practica.launch import controller
    from practica.launch.merging import with_snakefile

    if ask and end:
        raise click.UsageError("--status and --stop exclude each other")
    if (ask or end) and arguments:
        raise click.UsageError(f"{'--status' if ask else '--stop'} takes no options of Snakemake")
    if ask:
        click.echo(controller.summary())
    elif end:
        jobs = controller.stop()
        click.echo(f"Cancelled: {', '.join(jobs)}" if jobs else "Nothing was at work")
    else:
        profile = _profile(arguments)
        command = with_snakefile(arguments if profile else ("--profile", PROFILE, *arguments))
        settings = controller.settings_of(Path(profile or PROFILE))
        _check(command)
        resources = controller.within_limit(settings)
        if resources["runtime"] < settings["runtime"]:
            click.echo(
                f"The partition allows {resources['runtime']} minutes: each controller asks for that instead of "
                f"{settings['runtime']}, and the next one takes over",
                err=True,
            )
        job = controller.submit(command, resources)
        click.echo(
            f"Submitted controller {job.number}: see `python -m practica submit --status`, "
            f"or follow it with tail -F {controller.LOG}"
        )


@main.command(hidden=True)
def control() -> None:
    """Be the controller that ``submit`` has submitted."""
    from practica.launch import controller

    sys.exit(controller.control())


def _profile(arguments: tuple[str, ...]) -> str | None:
    """Return the first profile that the options name."""
    for place, word in enumerate(arguments):
        if word == "--profile" and place + 1 < len(arguments):
            return arguments[place + 1]
        if word.startswith("--profile="):
            return word.removeprefix("--profile=")
    return None


def _check(arguments: Sequence[str]) -> None:
    """Let Snakemake plan the run, so that mistakes appear now and not in the log of a job.

    Raises:
        InputError: Snakemake refuses; its message is on standard error.
    """
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet=all", *arguments]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        raise InputError("nothing is submitted: Snakemake cannot plan this run, see above")
