"""Subcommands that prepare data and train."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from practica.cli.base import (
    CONFIG,
    ITS,
    OUT_FILE,
    PATH,
    STUDY_FOLDER,
    main,
    own_place,
    places,
    quiet_tensorflow,
    read_study,
    study_options,
)
from practica.config.study import Block, Study
from practica.errors import DivergedError, InputError
from practica.files import write_json
from practica.plan.digests import run_code
from practica.study_folder import place, use
from practica.yamlfiles.spelling import seeds as seeds_of

SECONDS = click.FloatRange(0, min_open=True)
MOST_SEEDS = 1000  # as many as the configuration allows in seeds_per_job


@main.command()
@click.option("--json", "config", required=True, help="The resolved configuration as JSON.")
@click.option("--out", type=PATH, required=True, help="File to write.")
def study(config: str, out: Path) -> None:
    """Write the resolved study. The steps after training read it."""
    write_json(out, dict(study_of(config).config))


def study_of(config: str) -> Study:
    """Return the checked study of a resolved configuration in JSON.

    Raises:
        InputError: the text is not JSON, or not a configuration.
    """
    try:
        content = json.loads(config)
    except (ValueError, RecursionError) as error:
        raise InputError(f"--json is not valid JSON: {error}") from error
    return Study.resolve(content, resolved=True)


@main.command()
@click.argument("dataset")
@click.option("--folder", type=PATH, help=f"Folder for data sets.{ITS}")
@click.option("--mirror", envvar="PRACTICA_DATA_MIRROR", help=f"Folder or URL with the data as plain files.{ITS}")
@click.option("--on-missing", type=click.Choice(["error", "stand-in"]), help=f"If the data are not available.{ITS}")
@click.option("--connect-timeout", type=SECONDS, help=f"Seconds to wait for a connection.{ITS}")
@click.option("--answer-timeout", type=SECONDS, help=f"Seconds to wait for the first byte of a file.{ITS}")
@click.option("--retries", type=click.IntRange(0), help=f"How often to continue a broken transfer.{ITS}")
@click.option("--road", default="", hidden=True)
@click.option("--refusal", type=PATH, hidden=True)
@STUDY_FOLDER
@CONFIG
def prepare(
    dataset: str,
    folder: Path | None,
    mirror: str | None,
    on_missing: str | None,
    connect_timeout: float | None,
    answer_timeout: float | None,
    retries: int | None,
    road: str,
    refusal: Path | None,
    study_folder: Path | None,
    config_files: tuple[str, ...],
) -> None:
    """Download, verify and prepare a data set, once for all runs."""
    if study_folder:
        use(study_folder)
    configuration = {} if study_folder else places(config_files)
    from practica import data
    from practica.data.store.fetch import Patience
    from practica.data.store.registry import spec_of
    from practica.plan.refusals import recording

    spec_of(dataset)  # report an unknown name before reading anything
    own_place("--folder", folder)
    options: dict[str, Any] = {
        "folder": folder,
        "mirror": mirror,
        "on_missing": on_missing,
        "connect_timeout": connect_timeout,
        "answer_timeout": answer_timeout,
        "retries": retries,
    }
    if None in options.values():
        overrides = {key: value for key, value in options.items() if value is not None}
        options = {**(configuration or places(config_files))["data"], **overrides}
        if study_folder:  # the configuration has opened its own
            use(study_folder)
    folder, mirror, on_missing = Path(options["folder"]), options["mirror"], options["on_missing"]
    patience = Patience(options["connect_timeout"], options["answer_timeout"], options["retries"])
    with recording(refusal):
        info = data.prepare(dataset, folder, mirror=mirror or None, on_missing=on_missing, patience=patience, road=road)
    click.echo(f"{dataset}: {'STAND-IN' if info.stand_in else 'real'} data, fingerprint {info.fingerprint[:16]}")


@main.command()
@click.argument("exercise", required=False)
@click.argument("variant", required=False)
@click.option("--seeds", default="0", help="Seeds: a range (0-4), a list (0,1,7 or [0, 1, 7]), or a single seed (3).")
@click.option("--spec", help="The whole specification of the block as JSON, instead of names and configuration.")
@STUDY_FOLDER
@CONFIG
@click.option("--data", "data_folder", type=PATH, help=f"Folder of data sets, or the dataset.json of one of them.{ITS}")
@click.option("--results", type=PATH, help=f"Folder of the results, or the metrics.json of this block in it.{ITS}")
@click.option("--threads", type=click.IntRange(1), default=1, help="CPU threads; they affect the last digits.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Stop before this many minutes have passed.")
@click.option("--checkpoint-every", type=click.FloatRange(0), default=60, help="Seconds between two checkpoints.")
@click.option(
    "--gpu", type=click.IntRange(0), default=0, help="GPUs that the job requested from SLURM: fail if none is visible."
)
@click.option(
    "--tensorboard",
    is_flag=True,
    envvar="PRACTICA_TENSORBOARD",
    help="Write event files for TensorBoard during training.",
)
def train(
    exercise: str | None,
    variant: str | None,
    seeds: str,
    spec: str | None,
    study_folder: Path | None,
    config_files: tuple[str, ...],
    data_folder: Path | None,
    results: Path | None,
    threads: int,
    minutes: float | None,
    checkpoint_every: float,
    gpu: int,
    tensorboard: bool,
) -> None:
    """Train one block of seeds of one variant. For example: train digits dense --seeds 0-4."""
    own_place("--results", results)
    if spec:
        use(study_folder or place(None))
        block = Block.parse(spec)
        configuration = {} if results and data_folder else places(config_files)
    elif exercise and variant:
        study = read_study(config_files)
        block, configuration = study.block(exercise, variant, parse_seeds(seeds)), study.config
    else:
        raise click.UsageError("name an exercise and a variant, or give --spec")
    results = results or Path(configuration["results"])
    data_folder = data_folder or Path(configuration["data"]["folder"])
    if spec and not gpu:  # TensorFlow would take all the memory of one that another job has asked for
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    quiet_tensorflow(threads)
    from practica.exports.events import EventFiles
    from practica.jobs.job import run_job
    from practica.jobs.journal import note_divergence
    from practica.jobs.progress import telling

    if data_folder.name == "dataset.json":
        data_folder = data_folder.parents[2]
    if results.name == "metrics.json":
        results = results.parents[len(block.folder(Path()).parts)]
    try:
        code = run_code(block.exercise)
        follower = EventFiles(results, block) if tensorboard or configuration.get("tensorboard") else None
        with telling(block.id) as tell:
            run_job(
                block,
                code,
                data_folder,
                results,
                threads,
                gpu,
                minutes,
                checkpoint_every,
                own_process=True,
                by_hand=spec is None,
                tell=tell,
                follower=follower,
            )
    except DivergedError as error:
        if not block.trial:
            raise
        note_divergence(block, results, str(error))
        click.echo(f"{block.id}: diverged: {error}")
    else:
        click.echo(f"{block.id}: done")


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds of one block, written as in the configuration; a single number is the seed itself.

    Raises:
        InputError: the text names no seeds, or more than a block may have.
    """
    value = seeds_of(text, "--seeds", counted=False)
    seeds = tuple(sorted(value)) if isinstance(value, list) else (value,)
    if len(seeds) > MOST_SEEDS:
        raise InputError(f"--seeds {text}: more than {MOST_SEEDS:,} seeds in one block")
    return seeds


@main.command()
@study_options
@click.option("--layers", is_flag=True, help="List the layers too.")
@OUT_FILE
def models(study: Study, layers: bool, out: Path | None) -> None:
    """Count the parameters of every model, as JSON. Builds each model for it."""
    quiet_tensorflow(1)
    from practica.training.describe import describe_models

    models_by_variant = describe_models(study, layers=layers)
    if out:
        write_json(out, models_by_variant)
    else:
        click.echo(json.dumps(models_by_variant, indent=1))


@main.command()
@click.argument("exercise")
@click.option("--json", "config", help="The resolved configuration as JSON.  [default: that of the last run here]")
@click.option("--data", "data_folder", type=PATH, help=f"Folder of data sets.{ITS}")
@click.option("--threads", type=click.IntRange(1), default=1, help="CPU threads.")
@click.option("--out", type=PATH, required=True, help="File to write.")
def measure(exercise: str, config: str | None, data_folder: Path | None, threads: int, out: Path) -> None:
    """Time what an exercise measures beside its runs. Writes rows like those of metrics.csv."""
    quiet_tensorflow(threads)
    from practica import data, exercises
    from practica.evidence.collect import write_table
    from practica.evidence.timings import MEASURE, timed_rows

    study = study_of(config) if config else read_study(())
    folder = data_folder or Path(study.data["folder"])
    datasets: dict[str, data.Dataset] = {}

    def load(name: str) -> Mapping[str, Any]:
        datasets[name] = datasets.get(name) or data.load(name, folder)
        return datasets[name].arrays

    module = exercises.load(exercise, MEASURE)
    values = list(module.measure(study, load))
    stand_ins = {name for name, dataset in datasets.items() if dataset.info.stand_in}
    write_table(out, timed_rows(study, exercise, module.METRIC, values, stand_ins))
