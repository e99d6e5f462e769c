"""The command line: one subcommand for each rule of the workflow, and for people at a terminal.

Imports of TensorFlow, pandas and matplotlib stay inside the subcommands: each costs seconds.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from practica.config import Block, Study, read_config
from practica.errors import InputError, RunError
from practica.files import write_json
from practica.wiring import check, run_code

PATH = click.Path(path_type=Path)


def study_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--study`` and ``--config``, and pass the command a study read from them."""

    @click.option("--study", "study_file", type=PATH, help="Resolved study, as results/study.json.")
    @click.option(
        "--config",
        "config_files",
        multiple=True,
        type=PATH,
        help="Configuration file; repeat it to merge more over it.  [default: config.yaml]",
    )
    @functools.wraps(command)
    def wrapper(study_file: Path | None, config_files: tuple[Path, ...], **options: Any) -> Any:
        return command(study=Study.load(study_file) if study_file else read_study(config_files), **options)

    return wrapper


def read_study(config_files: Sequence[str | Path]) -> Study:
    """Return the checked study of these configuration files, or of ``config.yaml``."""
    study = Study.resolve(read_config(list(config_files or ["config.yaml"])))
    check(study)
    return study


class Commands(click.Group):
    """Turn the project's errors into one sentence and the exit code of their kind."""

    def invoke(self, context: click.Context) -> Any:
        """Run the subcommand."""
        try:
            return super().invoke(context)
        except (InputError, RunError) as error:
            click.echo(f"practica: {error}", err=True)
            sys.exit(error.exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="practica")
def main() -> None:
    """Run the steps of the study one by one. The workflow calls these commands; so can you.

    Exit codes: 0 done, 1 a run failed, 2 bad input.
    """


@main.command()
@click.option("--json", "config", required=True, help="The configuration as JSON.")
@click.option("--out", type=PATH, required=True, help="File to write.")
def study(config: str, out: Path) -> None:
    """Write the resolved study: what the steps after training read."""
    write_json(out, dict(Study.resolve(json.loads(config)).config))


@main.command()
@click.argument("dataset")
@click.option("--folder", type=PATH, default=Path("data"), help="Folder for data sets.")
@click.option("--mirror", envvar="PRACTICA_DATA_MIRROR", help="Folder or URL with the data as plain files.")
@click.option("--on-missing", type=click.Choice(["error", "stand-in"]), default="error", help="If it cannot be had.")
def prepare(dataset: str, folder: Path, mirror: str | None, on_missing: str) -> None:
    """Fetch, verify and prepare a data set, once for all runs."""
    from practica import data

    if dataset not in data.NAMES:
        raise InputError(f"unknown data set {dataset!r} (known: {', '.join(data.NAMES)})")
    info = data.prepare(dataset, folder, mirror=mirror or None, on_missing=on_missing)
    click.echo(f"{dataset}: {'STAND-IN' if info.stand_in else 'real'} data, fingerprint {info.fingerprint[:16]}")


@main.command()
@click.argument("exercise", required=False)
@click.argument("variant", required=False)
@click.option("--seeds", default="0", help="Seeds: 3, 0-4 or 0,2,5.")
@click.option("--spec", help="The block's whole specification as JSON, in place of names and configuration.")
@click.option("--config", "config_files", multiple=True, help="Configuration file.  [default: config.yaml]")
@click.option("--data", "data_folder", type=PATH, default=Path("data"), help="Folder of data sets.")
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
@click.option("--threads", type=click.IntRange(1), default=1, help="CPU threads; they are part of the result.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Stop before so many minutes have passed.")
@click.option("--checkpoint-every", type=click.FloatRange(0), default=60, help="Seconds between two checkpoints.")
@click.option(
    "--gpu", type=click.IntRange(0), default=0, help="GPUs that the job asked SLURM for: fail if none is seen."
)
def train(
    exercise: str | None,
    variant: str | None,
    seeds: str,
    spec: str | None,
    config_files: tuple[str, ...],
    data_folder: Path,
    results: Path,
    threads: int,
    minutes: float | None,
    checkpoint_every: float,
    gpu: int,
) -> None:
    """Train one block of seeds of one variant, for example: train ej08 dense --seeds 0-4."""
    if spec:
        block = Block.parse(spec)
    elif exercise and variant:
        block = read_study(config_files).block(exercise, variant, parse_seeds(seeds))
    else:
        raise click.UsageError("name an exercise and a variant, or give --spec")
    quiet_tensorflow(threads)
    from practica.training.job import run_job

    run_job(block, run_code(block.exercise), data_folder, results, threads, gpu, minutes, checkpoint_every)
    click.echo(f"{block.id}: done")


@main.command()
@click.argument("exercise", required=False)
@click.option("--config", "config_files", multiple=True, help="Configuration file.  [default: the last study's]")
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
@click.option("--attempts", is_flag=True, help="List every attempt: where, from when to when, and why it ended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def status(exercise: str | None, config_files: tuple[str, ...], results: Path, attempts: bool, as_json: bool) -> None:
    """Show which runs are done, running, waiting or failed; also while Snakemake is at work."""
    from practica.evidence.status import gather
    from practica.evidence.status_table import show

    resolved = results / "study.json"
    study = Study.load(resolved) if resolved.is_file() and not config_files else read_study(config_files)
    if exercise not in (None, *study.exercises):
        raise InputError(f"no exercise {exercise!r} in the study (in it: {', '.join(study.exercises)})")
    rows = [row for row in gather(study, results) if exercise in (None, row.exercise)]
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))
    else:
        show(rows, attempts=attempts)


def quiet_tensorflow(threads: int) -> None:
    """Fix TensorFlow's threads and hush its start-up, through variables it reads when it is imported."""
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(threads)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds named by ``3``, ``0-4`` or ``0,2,5``.

    Raises:
        InputError: the text is none of these.
    """
    if match := re.fullmatch(r"(\d+)-(\d+)", text):
        seeds = tuple(range(int(match[1]), int(match[2]) + 1))
    elif re.fullmatch(r"\d+(,\d+)*", text):
        seeds = tuple(sorted({int(seed) for seed in text.split(",")}))
    else:
        seeds = ()
    if not seeds:
        raise InputError(f"--seeds {text}: write 3, 0-4 or 0,2,5")
    return seeds


@main.command()
@study_options
@click.option("--layers", is_flag=True, help="List the layers too.")
@click.option("--out", type=PATH, help="File to write instead of the terminal.")
def models(study: Study, layers: bool, out: Path | None) -> None:
    """Print the parameters of every model as JSON, counted on the built model."""
    quiet_tensorflow(1)
    from practica.training.describe import describe_models

    described = describe_models(study, layers=layers)
    if out:
        write_json(out, described)
    else:
        click.echo(json.dumps(described, indent=1))


@main.command()
@study_options
@click.option("--data", "data_folder", type=PATH, default=Path("data"), help="Folder of data sets.")
@click.option("--threads", type=click.IntRange(1), default=1, help="CPU threads.")
@click.option("--out", type=PATH, required=True, help="File to write.")
def timing(study: Study, data_folder: Path, threads: int, out: Path) -> None:
    """Time the Keras nets of ej02 against their hand-written twins."""
    quiet_tensorflow(threads)
    from practica import data
    from practica.training.timing import time_twins

    datasets = {name: data.load(name, data_folder) for name in ("cifar10", "xor")}
    nets = time_twins(study, lambda name: datasets[name].arrays)
    stand_in = any(dataset.info.stand_in for dataset in datasets.values())
    write_json(
        out,
        {
            "schema": 1,
            "stand_in": stand_in,
            "threads": threads,
            "repetitions": study.config["timing"]["repetitions"],
            "nets": nets,
        },
    )


@main.command()
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def collect(study: Study, results: Path) -> None:
    """Collect the metrics and histories of all runs into tidy tables, with statistics."""
    from practica.evidence.collect import collect as collect_runs
    from practica.training.attempt import discard_checkpoints

    collect_runs(study, results)
    for block in study.blocks():
        discard_checkpoints(block, results)


@main.command()
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def claims(study: Study, results: Path) -> None:
    """Evaluate what the source claims: write claims.json and print a line for each verdict."""
    from practica.evidence.claims import declared
    from practica.evidence.verdicts import lines, write_claims

    click.echo("\n".join(lines(write_claims(study, results, declared()))))


@main.command()
@click.argument("name")
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def figure(name: str, study: Study, results: Path) -> None:
    """Draw one figure as PDF and PNG, for example: figure fig13a."""
    from practica.figures.draw import draw
    from practica.figures.style import save

    save(draw(name, study, results, study.report["language"]), results / "figures" / name)


@main.command()
@click.argument("name")
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def table(name: str, study: Study, results: Path) -> None:
    """Make one table as LaTeX, CSV and HTML, for example: table table2."""
    from practica.paper.tables import write_table

    write_table(study, results, name, study.report["language"])


@main.command()
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def paper(study: Study, results: Path) -> None:
    """Put prose, figures and tables together and compile the PDF."""
    from practica.paper.document import build

    click.echo(build(study, results, study.report["language"]))


@main.command()
@click.option("--config", "config_files", multiple=True, help="Configuration file.  [default: config.yaml]")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(config_files: tuple[str, ...], as_json: bool) -> None:
    """Check before a long run what the study needs: data, LaTeX, GPU, SLURM, disk, packages."""
    from practica.doctor import PROFILE, examine, show

    study = Study.resolve(read_config(list(config_files or ["config.yaml"])))
    findings = list(examine(study, PROFILE))
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
    else:
        show(findings)
    if failed := [finding.what for finding in findings if finding.level == "fail"]:
        raise RunError(f"not ready for a run: {', '.join(failed)}")
