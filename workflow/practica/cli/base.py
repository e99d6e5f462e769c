"""What every subcommand shares: the group, its exit codes, and options.

Imports of TensorFlow, pandas and matplotlib stay inside the subcommands: each costs seconds.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from practica.config import Study, read_config
from practica.errors import InputError, RunError
from practica.wiring import check

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


def quiet_tensorflow(threads: int) -> None:
    """Fix TensorFlow's threads and kernels and hush its start-up, through variables it reads when it is imported."""
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(threads)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow chooses oneDNN by itself only on newer processors; one with AVX2 alone trains ej08's and ej10's
    # convolutions in 40 to 60 % less time with it, too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
