"""Subcommands for people at a terminal."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import shlex
from pathlib import Path

import click

from practica.cli.base import (
    CONFIG,
    PATH,
    READ,
    main,
    merged_configuration,
    out_folder,
    own_file,
    places,
    resolve_study,
    results_options,
)
from practica.config.study import Study
from practica.errors import InputError, RunError
from practica.launch.merging import BASE, SNAKEFILE, has_snakefile
from practica.plan.places import check_places, clear_results
from practica.study_folder import opened


@main.command()
@click.option(
    "--profile", type=PATH, help="Snakemake profile to check, with its configuration.  [default: profiles/slurm]"
)
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(profile: Path | None, config_files: tuple[str, ...], as_json: bool) -> None:
    """Check whether this machine is ready for a long run. Checks profile, data, LaTeX, GPU, SLURM, disk, packages."""
    from practica.doctor import PROFILE, examine, show

    study = resolve_study(config_files, profile)
    check_places(study.places)
    findings = list(examine(study, profile or PROFILE))
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
    else:
        show(findings)
    if failures := [finding.what for finding in findings if finding.level == "fail"]:
        raise RunError(f"not ready for a run: {', '.join(failures)}")


@main.command()
@click.argument("what", type=click.Choice(["results", "data"]))
@click.option("--profile", type=PATH, help="Snakemake profile whose configuration applies, too.")
@CONFIG
def where(what: str, profile: Path | None, config_files: tuple[str, ...]) -> None:
    """Print the folder of the results or of the data sets."""
    folders = places(config_files, profile)
    click.echo(folders["results"] if what == "results" else folders["data"]["folder"])


@main.command()
@CONFIG
def clean(config_files: tuple[str, ...]) -> None:
    """Remove the results. Keeps data sets and files that no study makes."""
    folder = Path(places(config_files)["results"])
    there = folder.is_dir()
    if others := clear_results(folder):
        click.echo(f"{folder}: removed, except for {', '.join(path.name for path in others)}, which no study makes")
    elif there:
        click.echo(f"{folder}: removed")


@main.command()
@click.argument("folder", type=PATH)
@functools.partial(results_options, option=READ)
@click.option("--differing", is_flag=True, help="Leave out the lines that agree.")
def compare(folder: Path, results: Path, differing: bool) -> None:
    """Compare the results with another study, line by line. For example: compare reference."""
    from practica.reference.compare import compare as compare_studies
    from practica.reference.compare_table import show

    comparison = compare_studies(results, folder)
    show(comparison, differing=differing)
    if not comparison.agrees:
        raise click.exceptions.Exit(RunError.exit_code)


@main.command()
@results_options
@out_folder("Folder to write.", usual=Path("reference"), mark="manifests.json")
@click.option("--replace", is_flag=True, help="Replace a reference that holds runs which the results lack.")
def reference(results: Path, out: Path, replace: bool) -> None:
    """Condense the results into a folder. Others can compare their results with it."""
    from practica.evidence.tables import check_tables
    from practica.reference.condense import make_reference
    from practica.words import report_name

    study = Study.load(results / "study.json")
    check_tables(study, results)
    reports = [f"{report_name(language)}.pdf" for language in study.languages]
    for name in make_reference(study, results, out, reports, replace=replace):
        click.echo(out / name)


@main.command()
@click.argument("folder", type=PATH)
@results_options
def restore(folder: Path, results: Path) -> None:
    """Restore the runs of a reference as results. You can then build its reports without training."""
    from practica.reference.archive import ARCHIVE
    from practica.reference.archive import restore as restore_runs

    blocks = restore_runs(folder / ARCHIVE, results)
    click.echo(f"{results}: the files of {blocks} blocks of runs")


@main.command()
@click.argument("exercise")
@click.option("--dataset", required=True, help="Data set to learn from.")
@click.option("--title", help="Title in the reports.  [default: the data set]")
def new(exercise: str, dataset: str, title: str | None) -> None:
    """Start a new exercise, ready to run. Writes its folder in the study and its block in config.yaml."""
    from practica.scaffold import is_untranslated, new_exercise

    for path in new_exercise(exercise, dataset, title):
        click.echo(f"wrote {path}{', in English: translate it' if is_untranslated(path) else ''}")
    click.echo(
        f"Now try it:\n  python -m practica prepare {dataset}\n  python -m practica train {exercise} dense\n"
        f"  {_snakemake(Path())} --config only={exercise}\n"
        "Then make it yours: net and data in experiment.py, names, figures and claims in about.yaml, text in the prose."
    )


@main.command("new-study")
@click.argument("folder", type=PATH)
@click.option("--title", default="A study of our own", show_default=True, help="Title of the reports.")
def new_study_folder(folder: Path, title: str) -> None:
    """Start a study of your own, ready to run. Writes a config.yaml and a folder study."""
    from practica.scaffold import new_study

    for path in new_study(folder, title):
        click.echo(f"wrote {path}")
    run = _snakemake(folder)
    click.echo(
        f"Now run it, to results/report_en.pdf and results/page/index.html:\n  cd {shlex.quote(str(folder))}\n  {run}\n"
        f"and for the HTML report in one file:\n  {run} --report results/report.zip\n"
        "Then make it yours: study.yaml and intro.en.tex say what it is, each folder in study is an exercise, "
        "config.yaml\nsays what runs, and `python -m practica check` what is wrong with it."
    )


@main.command("check")
@click.option("--profile", type=PATH, help="Snakemake profile whose configuration applies, too.")
@CONFIG
def check_study(profile: Path | None, config_files: tuple[str, ...]) -> None:
    """List all mistakes in the study, in seconds. One line each, with file and line, whatever `only` selects."""
    from practica.examine.study import examine

    merged = merged_configuration(config_files, profile)
    config = merged.read()
    findings = examine(config, merged.files)
    for finding in findings:
        click.echo(f"note: {finding.text}" if finding.note else finding.text)
    wrong = sum(not finding.note for finding in findings)
    if wrong:
        raise InputError(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong with the study")
    study = Study.resolve({**config, "only": []})  # what has been examined
    runs = {
        "exercise": len(study.exercises),
        "variant": sum(len(study.every_variant(exercise)) for exercise in study.exercises),
        "job": len(study.blocks()),
    }
    summary = ", ".join(f"{count} {what}{'s' * (count != 1)}" for what, count in runs.items())
    click.echo(f"nothing is wrong with the study: {summary}")


@main.command()
@click.option("--out", type=PATH, help="File to write instead of the terminal.")
@click.option("--schema", type=PATH, help="File for the JSON schema that editors read; written as well.")
@CONFIG
def configuration(out: Path | None, schema: Path | None, config_files: tuple[str, ...]) -> None:
    """Print every key of the configuration. With type, default, meaning and example; the study's own settings, too."""
    from practica.config.reference import page
    from practica.config.schema import study_schema
    from practica.files import write_json, write_text
    from practica.study_folder import folder_of, use

    use(folder_of(merged_configuration(config_files).read() if config_files or Path(BASE).exists() else None))
    # Page and schema may be renewed, and the schema begun, even inside the project; a file with other content stays.
    if schema:
        head = {key: study_schema()[key] for key in ("$schema", "title")}
        _renewable("--schema", schema, json.dumps(head, indent=1).removesuffix("\n}"))
    if out:
        _renewable("--out", out, page().partition("\n")[0])
    if schema:
        write_json(schema, study_schema())
    if out:
        write_text(out, page())
    else:
        click.echo(page(), nl=False)


def _snakemake(folder: Path) -> str:
    """Return the command that runs the study in a folder; it names the Snakefile of the project if none is there."""
    snakefile = "" if has_snakefile(folder) else f" --snakefile {shlex.quote(str(SNAKEFILE))}"
    return f"snakemake{snakefile} --cores all"


def _renewable(option: str, file: Path, begin: str) -> None:
    """Refuse a file of the project, unless it begins like the new content, or is new in the folder of the study."""
    new = not os.path.lexists(file) and file.parent.resolve() == opened().resolve()
    if not (new or (file.is_file() and file.read_bytes().startswith(begin.encode()))):
        own_file(option, file)
