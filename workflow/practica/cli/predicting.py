"""The subcommand that predicts with a saved net."""

from __future__ import annotations

from pathlib import Path

import click

from practica.address import parts
from practica.cli.base import CONFIG, ITS, OUT_FILE, PATH, main, places, quiet_tensorflow
from practica.config.study import Block
from practica.files import atomic_path, read_json
from practica.texts import holds_text


@main.command()
@click.argument("name", metavar="EXERCISE/VARIANT")
@click.option("--seed", type=click.IntRange(0), default=0, help="Seed of the run.")
@click.option("--fold", type=click.IntRange(0), help="Fold of the run, if it has folds.")
@click.option(
    "--input",
    "source",
    type=PATH,
    required=True,
    help="An array, or one for each input of the net (npz); rows of numbers (csv); a folder of images; "
    "or texts (npz, csv, one per line).",
)
@click.option("--as-inputs", is_flag=True, help="The samples are already the net's inputs: skip to_input.")
@OUT_FILE
@CONFIG
@click.option("--data", "data_folder", type=PATH, help=f"Folder of data sets.{ITS}")
@click.option("--results", type=PATH, help=f"Folder of the results.{ITS}")
def predict(
    name: str,
    seed: int,
    fold: int | None,
    source: Path,
    as_inputs: bool,
    out: Path | None,
    config_files: tuple[str, ...],
    data_folder: Path | None,
    results: Path | None,
) -> None:
    """Predict with the net that a run kept. For example: predict digits/conv --seed 0 --input digits.npz.

    Give the samples as the exercise stores them, before its to_input. If the exercise transforms whole data sets, for
    example standardises them, do that first.
    """
    exercise, variant = parts(name)
    folders = {} if results and data_folder else places(config_files)
    results, data_folder = results or Path(folders["results"]), data_folder or Path(folders["data"]["folder"])
    quiet_tensorflow(1)
    from practica import data, exercises
    from practica.feed import as_float
    from practica.training.block import problem_of, settings_of
    from practica.training.kept_models import (
        inputs_of,
        kept_model,
        predictions,
        read_inputs,
        read_several,
        read_texts,
        several,
    )

    exercises.load(exercise)  # registers its own layers
    net, manifest = kept_model(results, exercise, variant, seed, fold)
    like = net_takes = inputs_of(net)
    to_input = None
    if not as_inputs:
        fields = read_json(manifest)
        block = Block(
            exercise, variant, (seed,), fields["model"], fields["provenance"]["data"]["name"], fields["settings"]
        )
        arrays = data.load(block.dataset, data_folder).arrays
        problem = problem_of(block, arrays, settings_of(block), (seed, fold))
        to_input, like = problem.to_input, problem.train.inputs
    if several(like):
        names, inputs = read_several(source, like)
    elif holds_text(like):
        names, inputs = read_texts(source)
    else:
        shapes = [tuple(getattr(each, "shape", ())[1:]) for each in (net_takes, like)]
        size = next((shape for shape in shapes if len(shape) in (2, 3)), shapes[0])  # that of images
        names, inputs = read_inputs(source, size)
    table = predictions(net, names, inputs, to_input or as_float)
    if out:
        with atomic_path(out) as part:
            table.to_csv(part, index=False)
        click.echo(f"{out}: {len(table)} predictions of {name}, seed {seed}")
    else:
        click.echo(table.to_csv(index=False), nl=False)
