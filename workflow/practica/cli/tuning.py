"""Subcommands that train and judge the trials of a tuning."""

from __future__ import annotations

import os
from pathlib import Path

import click

from practica.cli.base import (
    CONFIG,
    OUT_FILE,
    PATH,
    RESULTS,
    main,
    merged_configuration,
    quiet_tensorflow,
    resolve_study,
    study_options,
)
from practica.config.study import Study
from practica.errors import InputError
from practica.files import write_json
from practica.plan.digests import run_code


@main.command(hidden=True)
@click.argument("blocks", nargs=-1, required=True, metavar="EXERCISE/VARIANT/TRIAL/BLOCK...")
@study_options
@click.option("--data", "data_file", type=PATH, required=True, help="The dataset.json of the data set.")
@click.option("--results", type=PATH, required=True, help="Folder of the trials' results.")
@click.option("--threads", type=click.IntRange(1), default=1, help="CPU threads.")
@click.option("--gpu", type=click.IntRange(0), default=0, help="GPUs that the job requested from SLURM.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Stop before this many minutes have passed.")
@click.option("--checkpoint-every", type=click.FloatRange(0), default=60, help="Seconds between two checkpoints.")
@OUT_FILE
def train_trials(
    blocks: tuple[str, ...],
    study: Study,
    data_file: Path,
    results: Path,
    threads: int,
    gpu: int,
    minutes: float | None,
    checkpoint_every: float,
    out: Path | None,
) -> None:
    """Train trials that differ in rates and penalties in one graph, for the jobs that write their results."""
    if not gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    quiet_tensorflow(threads)
    from practica.config.trials import trial_blocks
    from practica.jobs.progress import telling
    from practica.jobs.together import run_together

    blocks_by_id = {block.id: block for block in trial_blocks(study)}
    if strange := [name for name in blocks if name not in blocks_by_id]:
        raise InputError(f"the study has no trial {strange[0]}")
    selection = [blocks_by_id[name] for name in blocks]
    data = data_file.parents[2]
    name = f"{selection[0].exercise}/{selection[0].variant}, {len(selection)} trials together"
    with telling(name) as tell:
        code = run_code(selection[0].exercise)
        rest = run_together(selection, code, data, results, threads, gpu, minutes, checkpoint_every, tell)
    if out:
        write_json(out, {"together": [each.id for each in selection if each.id not in rest], "alone": rest})
    click.echo(f"{name}: done, {len(rest)} left to their own jobs")


@main.command()
@click.argument("name")
@study_options
@RESULTS
def trials(name: str, study: Study, results: Path) -> None:
    """Judge the trials of a variant and draw them. Uses validation data only; for example: trials digits/dense."""
    from practica.config.trials import folder, parse, table_file, trial_blocks
    from practica.figures.style import save
    from practica.figures.trials import draw_trials
    from practica.jobs.states import discard_checkpoints
    from practica.tuning.judge import lines, may_go_on, write_trials

    exercise, variant = parse(study, name)
    table = write_trials(study, exercise, variant, results)
    figure = draw_trials(table, name, study.languages[0])
    save(figure, table_file(results, exercise, variant).with_suffix(""), captioned=False)
    click.echo("\n".join(lines(table)))
    going_on = may_go_on(table)
    for block in trial_blocks(study):
        if (block.exercise, block.variant) == (exercise, variant):
            discard_checkpoints(block, folder(results), but_last=block.trial in going_on)


@main.command()
@click.argument("name")
@CONFIG
@RESULTS
def adopt(name: str, config_files: tuple[str, ...], results: Path | None) -> None:
    """Write a variant's best trial into the configuration. For example: adopt digits/dense."""
    from practica.tuning.adopt import adopt as adopt_winner

    merged = merged_configuration(config_files)
    results = results or resolve_study([*merged.files, *merged.words]).results
    adoption = adopt_winner(name, [Path(file) for file in merged.files], results, merged.words)
    values = ", ".join(f"{key}: {value}" for key, value in adoption.values.items())
    click.echo(
        f"{adoption.file}: {name} {'now has' if adoption.changed else 'has already'} {values} ({adoption.remark})"
    )
    for other in adoption.shared:
        click.echo(f"{adoption.file}: {other} shares these settings and changed too")
