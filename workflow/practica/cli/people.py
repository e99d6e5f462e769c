"""Subcommands for people at a terminal."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import shlex
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
    RESULTS,
    configured,
    main,
    places,
    quiet_tensorflow,
    read_study,
    resolved,
    results_options,
)
from practica.config.study import Study
from practica.errors import InputError, RunError
from practica.launch.merging import BASE
from practica.plan.checks import check_places, clear_results

if TYPE_CHECKING:
    from practica.jobs.status import Status


@main.command()
@click.argument("exercise", required=False)
@CONFIG
@READ
@click.option("--attempts", is_flag=True, help="List every attempt: where, from when to when, and why it ended.")
@click.option("--watch", "watched", is_flag=True, help="Show the table as it changes, until nothing runs.")
@click.option("--every", type=click.FloatRange(0.5), default=5.0, help="Seconds between two looks, with --watch.")
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
    """Show which runs are done, running, waiting or failed. Also while Snakemake is at work."""
    from rich.console import Console

    from practica.jobs.status_table import show, watch

    study, folder = _as_run(config_files, results)
    if exercise not in (None, *study.exercises):
        raise InputError(f"no exercise {exercise!r} in the study (in it: {', '.join(study.exercises)})")
    look = _look_at(study, folder, exercise)
    rows, left = look()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))
    elif watched:
        with contextlib.suppress(KeyboardInterrupt):
            watch(look, every, Console())
    else:
        show(rows, attempts=attempts, left=left)


def _as_run(config_files: tuple[str, ...], results: Path | None) -> tuple[Study, Path]:
    """Return the study, as it was run where nobody names another configuration, and the folder of its results."""
    if results is None or config_files or not (results / "study.json").is_file():
        study = read_study(config_files)
        results = results or study.results
    if not config_files and (results / "study.json").is_file():
        study = Study.load(results / "study.json")
    return study, results


def _look_at(
    study: Study, results: Path, exercise: str | None = None
) -> Callable[[], tuple[list[Status], float | None]]:
    """Return a function that looks how far all blocks are, and how long those that are not done still take."""
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
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on; 0: any that is free.")
def watch_study(config_files: tuple[str, ...], results: Path | None, port: int) -> None:
    """Serve a page of the running study. On this machine alone; it follows by itself, until Ctrl-C."""
    import getpass
    import socket

    from practica.page.watch import Server

    study, folder = _as_run(config_files, results)
    with Server(study, folder, _look_at(study, folder), port) as server:
        here = f"{getpass.getuser()}@{socket.gethostname()}"
        click.echo(f"Open this address in a browser; whoever has it sees the page:\n  {server.address}")
        tunnel = f"{server.server_port}:127.0.0.1:{server.server_port}"
        click.echo(f"From another machine, first type there:\n  ssh -NL {tunnel} {here}")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


@main.command()
@click.option("--profile", type=PATH, help="Profile of Snakemake that the run would have.")
@CONFIG
@click.option("--check", is_flag=True, help="Compare the estimates of earlier plans with what the trainings took.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def plan(profile: Path | None, config_files: tuple[str, ...], check: bool, as_json: bool) -> None:
    """Show what a run would train, where, for how long and why. Nothing is run."""
    from practica.plan.checked import check_estimates, comparison_table
    from practica.plan.dry_run import ask_snakemake, with_arithmetic
    from practica.plan.estimates import UNKNOWN
    from practica.plan.plan_table import as_table

    if check:
        compared = check_estimates(resolved(config_files, profile))
        click.echo(json.dumps([asdict(each) for each in compared], indent=1) if as_json else comparison_table(compared))
        return
    merged = configured(config_files)
    made = ask_snakemake(merged.files, merged.words, profile)
    if any(each.source == UNKNOWN for each in made.trainings):
        quiet_tensorflow(1)
        made = with_arithmetic(made, resolved(config_files, profile))
    click.echo(json.dumps(made.as_json(), indent=1, ensure_ascii=False) if as_json else as_table(made, sys.stdout))


@main.command()
@click.option(
    "--profile", type=PATH, help="Profile of Snakemake to check, with its configuration.  [default: profiles/slurm]"
)
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(profile: Path | None, config_files: tuple[str, ...], as_json: bool) -> None:
    """Check what a long run needs of this machine. Profile, data, LaTeX, GPU, SLURM, disk, packages."""
    from practica.doctor import PROFILE, examine, show

    study = resolved(config_files, profile)
    check_places(study.places)
    findings = list(examine(study, profile or PROFILE))
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
    else:
        show(findings)
    if failed := [finding.what for finding in findings if finding.level == "fail"]:
        raise RunError(f"not ready for a run: {', '.join(failed)}")


@main.command()
@click.argument("name")
@CONFIG
@RESULTS
def adopt(name: str, config_files: tuple[str, ...], results: Path | None) -> None:
    """Write a variant's best trial into the configuration. For example: adopt digits/dense."""
    from practica.tuning.adopt import adopt as adopt_winner

    merged = configured(config_files)
    results = results or resolved([*merged.files, *merged.words]).results
    done = adopt_winner(name, [Path(file) for file in merged.files], results, merged.words)
    values = ", ".join(f"{key}: {value}" for key, value in done.values.items())
    click.echo(f"{done.file}: {name} {'now has' if done.changed else 'has already'} {values} ({done.remark})")
    for other in done.shared:
        click.echo(f"{done.file}: {other} shares these settings and changed too")


@main.command()
@click.option("--profile", type=PATH, help="Profile of Snakemake whose configuration counts too.")
@CONFIG
def notify(profile: Path | None, config_files: tuple[str, ...]) -> None:
    """Send a notice in every way that the configuration names. To see whether it arrives."""
    from practica.launch import notices

    settings = resolved(config_files, profile).config["notify"]
    if not (ways := notices.ways(settings)):
        raise InputError("configuration: notify names no command, webhook or mail; docs/configuration.md shows each")
    if failed := notices.notify(settings, notices.TEST, f"practica in {Path.cwd().name}: a notice to try it"):
        raise RunError("; ".join(failed))
    click.echo(f"told {' and '.join(ways)}")


@main.command()
@click.argument("what", type=click.Choice(["results", "data"]))
@click.option("--profile", type=PATH, help="Profile of Snakemake whose configuration counts too.")
@CONFIG
def where(what: str, profile: Path | None, config_files: tuple[str, ...]) -> None:
    """Print the folder of the results or of the data sets."""
    said = places(config_files, profile)
    click.echo(said["results"] if what == "results" else said["data"]["folder"])


@main.command()
@CONFIG
def clean(config_files: tuple[str, ...]) -> None:
    """Remove the results. Data sets, and what no study makes, stay."""
    folder = Path(places(config_files)["results"])
    there = folder.is_dir()
    if left := clear_results(folder):
        click.echo(f"{folder}: removed but for {', '.join(path.name for path in left)}, which no study makes")
    elif there:
        click.echo(f"{folder}: removed")


@main.command()
@click.argument("folder", type=PATH)
@functools.partial(results_options, option=READ)
@click.option("--differing", is_flag=True, help="Leave out the lines that agree.")
def compare(folder: Path, results: Path, differing: bool) -> None:
    """Compare the results with others, line by line. For example: compare reference."""
    from practica.reference.compare import compare as compare_studies
    from practica.reference.compare_table import show

    found = compare_studies(results, folder)
    show(found, differing=differing)
    if not found.agrees:
        raise click.exceptions.Exit(RunError.exit_code)


@main.command()
@results_options
@click.option("--out", type=PATH, default=Path("reference"), help="Folder to write.")
def reference(results: Path, out: Path) -> None:
    """Condense the results into a folder. Others can compare theirs with it."""
    from practica.evidence.together import check_tables
    from practica.reference.condense import make_reference
    from practica.words import report_name

    study = Study.load(results / "study.json")
    check_tables(study, results)
    for name in make_reference(study, results, out, [f"{report_name(language)}.pdf" for language in study.languages]):
        click.echo(out / name)


@main.command()
@click.argument("folder", type=PATH)
@results_options
def restore(folder: Path, results: Path) -> None:
    """Lay out the runs of a reference as results. Reports are then built of them without training."""
    from practica.reference.archive import ARCHIVE
    from practica.reference.archive import restore as restore_runs

    blocks = restore_runs(folder / ARCHIVE, results)
    click.echo(f"{results}: the files of {blocks} blocks of runs")


@main.command()
@click.argument("exercise")
@click.option("--dataset", required=True, help="Data set that it learns from.")
@click.option("--title", help="Title in the reports.  [default: the data set]")
def new(exercise: str, dataset: str, title: str | None) -> None:
    """Begin an exercise that is ready to run. Writes its folder in the study, and its block in config.yaml."""
    from practica.scaffold import new_exercise

    for path in new_exercise(exercise, dataset, title):
        click.echo(f"wrote {path}")
    click.echo(
        f"Now try it:\n  python -m practica prepare {dataset}\n  python -m practica train {exercise} dense\n"
        f"  snakemake --cores all --config only={exercise}\n"
        "Then make it yours: net and data in experiment.py, names, figures and claims in about.yaml, text in the prose."
    )


@main.command("new-study")
@click.argument("folder", type=PATH)
@click.option("--title", default="A study of our own", show_default=True, help="Title of its reports.")
def new_study_folder(folder: Path, title: str) -> None:
    """Begin a study of your own. Writes a config.yaml and a folder study that run at once."""
    from practica.plan.checks import ROOT
    from practica.scaffold import new_study

    for path in new_study(folder, title):
        click.echo(f"wrote {path}")
    run = f"snakemake --snakefile {shlex.quote(str(ROOT / 'Snakefile'))} --cores all"
    click.echo(
        f"Now run it, to results/report_en.pdf and results/page/index.html:\n  cd {shlex.quote(str(folder))}\n  {run}\n"
        f"and for the HTML report in one file:\n  {run} --report results/report.zip\n"
        "Then make it yours: study.yaml and intro.en.tex say what it is, each folder in study is an exercise, "
        "config.yaml\nsays what runs, and `python -m practica check` what is wrong with it."
    )


@main.command("check")
@click.option("--profile", type=PATH, help="Profile of Snakemake whose configuration counts too.")
@CONFIG
def check_study(profile: Path | None, config_files: tuple[str, ...]) -> None:
    """Say all that is wrong with the study. One line each, with file and line, in seconds."""
    from practica.examine.study import examine

    merged = configured(config_files, profile)
    config = merged.read()
    findings = examine(config, merged.files)
    for finding in findings:
        click.echo(f"note: {finding.text}" if finding.note else finding.text)
    wrong = sum(not finding.note for finding in findings)
    if wrong:
        raise InputError(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong with the study")
    study = Study.resolve(config)
    runs = {
        "exercise": len(study.exercises),
        "variant": sum(len(study.every_variant(exercise)) for exercise in study.exercises),
        "job": len(study.blocks()),
    }
    said = ", ".join(f"{count} {what}{'s' * (count != 1)}" for what, count in runs.items())
    click.echo(f"nothing is wrong with the study: {said}")


@main.command()
@click.option("--out", type=PATH, help="File to write instead of the terminal.")
@click.option("--schema", type=PATH, help="File for the JSON schema that editors read, to write too.")
@CONFIG
def configuration(out: Path | None, schema: Path | None, config_files: tuple[str, ...]) -> None:
    """Print every key of the configuration. With type, default, meaning and example; the study's own settings too."""
    from practica.config.reference import page
    from practica.config.schema import study_schema
    from practica.files import write_json, write_text
    from practica.study_folder import folder_of, use

    use(folder_of(configured(config_files).read() if config_files or Path(BASE).exists() else None))
    if schema:
        write_json(schema, study_schema())
    if out:
        write_text(out, page())
    else:
        click.echo(page(), nl=False)
