"""Subcommands that show what a run will do and what it is doing, and that test its messages."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from practica.cli.base import (
    CONFIG,
    PATH,
    READ,
    main,
    merged_configuration,
    quiet_tensorflow,
    read_study,
    resolve_study,
)
from practica.config.study import Study
from practica.errors import InputError, RunError

if TYPE_CHECKING:
    from practica.jobs.status import Status


@main.command()
@click.argument("exercise", required=False)
@CONFIG
@READ
@click.option("--attempts", is_flag=True, help="List every attempt: where it ran, start, end, and why it ended.")
@click.option("--watch", "watched", is_flag=True, help="Update the table live until nothing runs.")
@click.option("--every", type=click.FloatRange(0.5), default=5.0, help="Seconds between updates, with --watch.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def status(
    exercise: str | None,
    config_files: tuple[str, ...],
    results: Path | None,
    attempts: bool,
    watched: bool,
    every: float,
    as_json: bool,
) -> None:
    """Show which runs are done, running, waiting or failed. Works while Snakemake runs, too."""
    from rich.console import Console

    from practica.jobs.status_table import show, watch
    from practica.launch.shutdown import at_work

    study, folder = _as_run(config_files, results)
    if exercise not in (None, *study.exercises):
        raise InputError(f"no exercise {exercise!r} in the study (it has: {', '.join(study.exercises)})")
    look = _look_at(study, folder, exercise)
    rows, seconds_left = look()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))
    elif watched:
        with contextlib.suppress(KeyboardInterrupt):
            watch(look, every, Console(), at_work)
    else:
        show(rows, attempts=attempts, seconds_left=seconds_left)


def _as_run(config_files: tuple[str, ...], results: Path | None) -> tuple[Study, Path]:
    """Return the study, as it was run unless another configuration is named, and the folder of its results."""
    if results is None or config_files or not (results / "study.json").is_file():
        study = read_study(config_files, writes=False)
        results = results or study.results
    if not config_files and (results / "study.json").is_file():
        study = Study.load(results / "study.json")
    return study, results


def _look_at(
    study: Study, results: Path, exercise: str | None = None
) -> Callable[[], tuple[list[Status], float | None]]:
    """Return a function that returns the status of all blocks, and the seconds that the unfinished ones still take."""
    from practica.jobs.status import RUNNING, gather
    from practica.plan.outlook import seconds_to_go

    def look() -> tuple[list[Status], float | None]:
        rows = [row for row in gather(study, results) if exercise in (None, row.exercise)]
        running = any(row.state == RUNNING for row in rows)
        return rows, seconds_to_go(study, rows) if running else None

    return look


@main.command("watch")
@CONFIG
@READ
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on; 0: any free port.")
def watch_study(config_files: tuple[str, ...], results: Path | None, port: int) -> None:
    """Serve a page that shows the running study. Only on this machine; it updates itself until you press Ctrl-C."""
    import getpass
    import socket

    from practica.page.watch import Server

    study, folder = _as_run(config_files, results)
    with contextlib.suppress(KeyboardInterrupt), Server(study, folder, _look_at(study, folder), port) as server:
        here = f"{getpass.getuser()}@{socket.gethostname()}"
        click.echo(f"Open this address in a browser; anyone who has it can see the page:\n  {server.address}")
        tunnel = f"{server.server_port}:127.0.0.1:{server.server_port}"
        click.echo(f"On another machine, first type:\n  ssh -NL {tunnel} {here}")
        server.serve_forever()


@main.command()
@click.option("--profile", type=PATH, help="Snakemake profile of the planned run.")
@CONFIG
@click.option("--check", is_flag=True, help="Compare each estimate, made when its training began, with the real time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def plan(profile: Path | None, config_files: tuple[str, ...], check: bool, as_json: bool) -> None:
    """Show what a run would train, where, for how long and why. Runs nothing."""
    from practica.plan.dry_run import ask_snakemake, with_arithmetic
    from practica.plan.estimate_check import check_estimates, comparison_table
    from practica.plan.estimates import UNKNOWN
    from practica.plan.plan_table import as_table

    if check:
        comparisons = check_estimates(resolve_study(config_files, profile))
        click.echo(
            json.dumps([asdict(each) for each in comparisons], indent=1) if as_json else comparison_table(comparisons)
        )
        return
    merged = merged_configuration(config_files)
    answer = ask_snakemake(merged.files, merged.words, profile)
    if any(each.source == UNKNOWN for each in answer.trainings):
        quiet_tensorflow(1)
        answer = with_arithmetic(answer, resolve_study(config_files, profile))
    click.echo(json.dumps(answer.as_json(), indent=1, ensure_ascii=False) if as_json else as_table(answer, sys.stdout))


@main.command()
@click.option("--profile", type=PATH, help="Snakemake profile whose configuration applies, too.")
@CONFIG
def notify(profile: Path | None, config_files: tuple[str, ...]) -> None:
    """Send a test message. Uses every way that the configuration names."""
    from practica.launch import notices

    settings = resolve_study(config_files, profile).config["notify"]
    if not (ways := notices.ways(settings)):
        raise InputError("configuration: notify names no command, webhook or mail; docs/configuration.md shows each")
    if errors := notices.notify(settings, notices.TEST, f"practica in {Path.cwd().name}: a test message"):
        raise RunError("; ".join(errors))
    click.echo(f"told {' and '.join(ways)}")
