"""Subcommands that prepare data and train."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from practica.cli.base import PATH, main, quiet_tensorflow, read_study, study_options
from practica.config import Block, Study
from practica.errors import DivergedError, InputError
from practica.files import write_json
from practica.wiring import run_code

SECONDS = click.FloatRange(0, min_open=True)
MOST_SEEDS = 1000  # as many as the configuration allows in seeds_per_job


@main.command()
@click.option("--json", "config", required=True, help="The configuration as JSON.")
@click.option("--out", type=PATH, required=True, help="File to write.")
def study(config: str, out: Path) -> None:
    """Write the resolved study. The steps after training read it."""
    write_json(out, dict(study_of(config).config))


def study_of(config: str) -> Study:
    """Return the checked study of a configuration in JSON.

    Raises:
        InputError: the text is not JSON, or no configuration.
    """
    try:
        content = json.loads(config)
    except (ValueError, RecursionError) as error:
        raise InputError(f"--json is not valid JSON: {error}") from error
    return Study.resolve(content)


@main.command()
@click.argument("dataset")
@click.option("--folder", type=PATH, default=Path("data"), help="Folder for data sets.")
@click.option("--mirror", envvar="PRACTICA_DATA_MIRROR", help="Folder or URL with the data as plain files.")
@click.option("--on-missing", type=click.Choice(["error", "stand-in"]), default="error", help="If it cannot be had.")
@click.option(
    "--connect-timeout", type=SECONDS, default=5, show_default=True, help="Seconds for a server to accept a connection."
)
@click.option(
    "--answer-timeout",
    type=SECONDS,
    default=30,
    show_default=True,
    help="Seconds for a file's first byte to come.",
)
@click.option(
    "--retries", type=click.IntRange(0), default=2, show_default=True, help="How often a broken transfer is continued."
)
@click.option("--road", default="", hidden=True)
def prepare(
    dataset: str,
    folder: Path,
    mirror: str | None,
    on_missing: str,
    connect_timeout: float,
    answer_timeout: float,
    retries: int,
    road: str,
) -> None:
    """Fetch, verify and prepare a data set, once for all runs."""
    from practica import data
    from practica.data.store.beginning import first_fingerprint
    from practica.data.store.fetch import Patience
    from practica.data.store.spec import Published

    if dataset not in data.NAMES:
        raise InputError(f"unknown data set {dataset!r} (known: {', '.join(data.NAMES)})")
    spec = data.DATASETS[dataset]
    if isinstance(spec, Published) and not spec.fingerprint:
        raise InputError(first_fingerprint(spec, folder / "raw", mirror))
    patience = Patience(connect_timeout, answer_timeout, retries)
    info = data.prepare(dataset, folder, mirror=mirror or None, on_missing=on_missing, patience=patience, road=road)
    click.echo(f"{dataset}: {'STAND-IN' if info.stand_in else 'real'} data, fingerprint {info.fingerprint[:16]}")


@main.command()
@click.argument("exercise", required=False)
@click.argument("variant", required=False)
@click.option("--seeds", default="0", help="Seeds: 3, 0-4 or 0,2,5.")
@click.option("--spec", help="The block's whole specification as JSON, in place of names and configuration.")
@click.option("--config", "config_files", multiple=True, help="Configuration file.  [default: config.yaml]")
@click.option(
    "--data", "data_folder", type=PATH, default=Path("data"), help="Folder of data sets, or dataset.json of one in it."
)
@click.option(
    "--results", type=PATH, default=Path("results"), help="Folder of the results, or metrics.json of these in it."
)
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
    """Train one block of seeds of one variant. For example: train ej08 dense --seeds 0-4."""
    if spec:
        block = Block.parse(spec)
    elif exercise and variant:
        block = read_study(config_files).block(exercise, variant, parse_seeds(seeds))
    else:
        raise click.UsageError("name an exercise and a variant, or give --spec")
    quiet_tensorflow(threads)
    from practica.training.job import run_job
    from practica.training.journal import note_divergence

    if data_folder.name == "dataset.json":
        data_folder = data_folder.parents[2]
    if results.name == "metrics.json":
        results = results.parents[len(block.folder(Path()).parts)]
    try:
        run_job(block, run_code(block.exercise), data_folder, results, threads, gpu, minutes, checkpoint_every)
    except DivergedError as error:
        if not block.trial:
            raise
        note_divergence(block, results, str(error))
        click.echo(f"{block.id}: diverged: {error}")
    else:
        click.echo(f"{block.id}: done")


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds named by ``3``, ``0-4`` or ``0,2,5``.

    Raises:
        InputError: the text is none of these.
    """
    if match := re.fullmatch(r"(\d{1,9})-(\d{1,9})", text):
        first, last = int(match[1]), int(match[2])
        if last - first >= MOST_SEEDS:
            raise InputError(f"--seeds {text}: more than {MOST_SEEDS:,} seeds in one block")
        seeds = tuple(range(first, last + 1))
    elif re.fullmatch(r"\d{1,9}(,\d{1,9})*", text):
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
    """Count the parameters of every model, as JSON. On the built model."""
    quiet_tensorflow(1)
    from practica.training.describe import describe_models

    described = describe_models(study, layers=layers)
    if out:
        write_json(out, described)
    else:
        click.echo(json.dumps(described, indent=1))


@main.command()
@click.option("--json", "config", help="The configuration as JSON.  [default: config.yaml]")
@click.option("--data", "data_folder", type=PATH, default=Path("data"), help="Folder of data sets.")
@click.option("--threads", type=click.IntRange(1), default=1, help="CPU threads.")
@click.option("--out", type=PATH, required=True, help="File to write.")
def timing(config: str | None, data_folder: Path, threads: int, out: Path) -> None:
    """Time the nets of ej02 against their hand-written twins."""
    quiet_tensorflow(threads)
    from practica import data
    from practica.training.timing import time_twins

    study = study_of(config) if config else read_study(())
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
