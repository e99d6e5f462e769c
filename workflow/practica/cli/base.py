"""What all subcommands share: the group, its exit codes, and options.

TensorFlow, pandas and matplotlib are imported inside the subcommands, because each takes seconds.
"""

from __future__ import annotations

import functools
import gc
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from practica.config.schema import config_schema, with_defaults
from practica.config.study import Study
from practica.errors import InputError, RunError
from practica.launch.merging import BASE, Merged, from_command, last_merge, profile_file
from practica.plan.checks import check
from practica.plan.places import check_file, check_place, check_places
from practica.startup import uncollected, without_start_up_lines
from practica.study_folder import FOLDER_VARIABLE

PATH = click.Path(path_type=Path)
ITS = "  [default: the one in the configuration]"
BACKENDS = "set KERAS_BACKEND, or the backend in ~/.keras/keras.json, to tensorflow, or to jax where it is installed"
NEEDLESS = ("matplotlib", "sklearn")
"""Packages that Keras imports for its pictures and wrappers if they are installed, in a third of its start-up time."""


CONFIG = click.option(
    "--config",
    "config_files",
    multiple=True,
    metavar="FILE|KEY=VALUE",
    help="Configuration file or KEY=VALUE; repeat it to merge more on top.  [default: those of the last run here]",
)
STUDY_FOLDER = click.option(
    "--study-folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    envvar=FOLDER_VARIABLE,
    help=f"Folder with the study's code and texts.{ITS}",
)
READ = click.option("--results", type=PATH, help=f"Folder of the results.{ITS}")
RESULTS = click.option(
    "--results",
    type=PATH,
    callback=lambda _, __, path: own_place("--results", path),
    help=f"Folder of the results.{ITS}",
)


def study_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--study`` and ``--config``, and pass the command the study read from them, and its results folder."""

    @click.option("--study", "study_file", type=PATH, help="Resolved study, such as results/study.json.")
    @CONFIG
    @functools.wraps(command)
    def wrapper(study_file: Path | None, config_files: tuple[str, ...], **options: Any) -> Any:
        study = Study.load(study_file) if study_file else read_study(config_files)
        if "results" in options:
            options["results"] = options["results"] or study.results
        return command(study=study, **options)

    return wrapper


def results_options(command: Callable[..., Any], option: Callable[..., Any] = RESULTS) -> Callable[..., Any]:
    """Add ``--results`` and ``--config``, and pass the command the results folder."""

    @option
    @CONFIG
    @functools.wraps(command)
    def wrapper(results: Path | None, config_files: tuple[str, ...], **options: Any) -> Any:
        return command(results=results or Path(places(config_files)["results"]), **options)

    return wrapper


def own_place(option: str, path: Path | None) -> Path | None:
    """Return a folder that an option names, if a command may write there."""
    if path is not None:
        check_place(option, path)
    return path


def own_file(option: str, path: Path | None) -> Path | None:
    """Return a file that an option names, if a command may write it."""
    if path is not None:
        check_file(option, path)
    return path


def out_folder(help_text: str, *, usual: Path | None = None, mark: str = "") -> Callable[..., Any]:
    """Return the option ``--out`` for a folder that does not belong to the project.

    Allowed are also the ``usual`` folder, and one that the same command has written, recognised by the file ``mark`` in
    it.
    """

    def check_out(_: object, __: object, path: Path | None) -> Path | None:
        again = path is not None and bool(mark) and (path / mark).is_file()
        return path if path == usual or again else own_place("--out", path)

    return click.option("--out", type=PATH, default=usual, callback=check_out, help=help_text)


OUT_FILE = click.option(
    "--out",
    type=PATH,
    callback=lambda _, __, path: own_file("--out", path),
    help="File to write instead of the terminal.",
)


def merged_configuration(config: Sequence[str], profile: Path | None = None) -> Merged:
    """Return the files and words of ``--config``; by default those of the last run here, or config.yaml.

    It says so if it uses those of the last run. With a profile, return what Snakemake would merge with this profile.

    Raises:
        InputError: the record of the last run is damaged.
    """
    words = tuple(word for word in config if "=" in word and not Path(word).exists())
    files = tuple(word for word in config if word not in words)
    if profile and profile_file(profile) is None:
        raise InputError(f"{profile} holds no config.yaml or profile.yaml: name the folder of a profile")
    if profile:
        options = [("--profile", str(profile)), *(("--configfile", file) for file in files)]
        options += [("--config", word) for word in words]
        return from_command([part for option in options for part in option])
    if config:
        return Merged(files or (BASE,), words)
    last = last_merge()
    if last is not None and last != Merged((BASE,)):
        click.echo(f"Configuration: {last}, as in the last run here (others: --config)", err=True)
    return last or Merged((BASE,))


def resolve_study(config: Sequence[str], profile: Path | None = None) -> Study:
    """Return the study of these configuration files and words; by default that of the last run here.

    Raises:
        InputError: it has a mistake, or it is a part that is meant to lie over another file.
    """
    merged = merged_configuration(config, profile)
    try:
        return Study.resolve(merged.read())
    except InputError as error:
        if "is a required property" not in str(error) or BASE in merged.files:
            raise
        first = " ".join(f"--config {shlex.quote(file)}" for file in (BASE, *merged.files))
        raise InputError(f"{error}; to lay one file over another, name both: {first}") from error


def read_study(config: Sequence[str], *, writes: bool = True) -> Study:
    """Return the study of these configuration files and words, checked against the outside things that it names.

    Unless the command ``writes``, its folders may be read-only, as somebody else's results are.
    """
    study = resolve_study(config)
    check(study, writes=writes)
    return study


def places(config: Sequence[str] = (), profile: Path | None = None) -> Mapping[str, Any]:
    """Return a configuration for its folders only; all defaults if there is no configuration."""
    if not (config or profile) and not Path(BASE).exists() and last_merge() is None:
        return with_defaults({"data": {"mirror": os.environ.get("PRACTICA_DATA_MIRROR")}}, config_schema())
    study = resolve_study(config, profile)
    check_places(study.places)
    return study.config


class Commands(click.Group):
    """Turn the project's errors, and those of the file system, into one sentence and an exit code."""

    def invoke(self, context: click.Context) -> Any:
        """Run the subcommand."""
        try:
            return super().invoke(context)
        except (InputError, RunError) as error:
            click.echo(f"practica: {error}", err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:  # the reader of the output has seen enough: click ends quietly
            raise
        except OSError as error:
            # For a rename, the second name is the one that people know.
            name = error.filename2 or error.filename
            click.echo(f"practica: {f'{name}: ' if name else ''}{error.strerror or error}", err=True)
            sys.exit(InputError.exit_code if name else RunError.exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="practica")
def main() -> None:
    """Run single steps of the study. The workflow calls these commands, and you can, too.

    Exit codes: 0 done, 1 a run failed, 2 bad input.
    """


def quiet_tensorflow(threads: int) -> None:
    """Set TensorFlow's threads and kernels, through variables that it reads when imported, and import it quietly.

    Raises:
        InputError: Keras is set to another backend, or to one that is not installed.
    """
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(threads)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow chooses oneDNN by itself only on newer processors; one with AVX2 alone trains
    # convolutions in 40 to 60 % less time with it, too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # XLA compiles a stack in four fifths of the time at this level, and the code it makes is as fast.
    if os.environ.get("KERAS_BACKEND") != "jax":
        os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")
    try:
        with uncollected(), without_start_up_lines(), _without_packages(NEEDLESS):
            import keras
    except (ValueError, ImportError) as error:
        raise InputError(f"Keras cannot be imported ({error}): {BACKENDS}") from error
    gc.freeze()  # what was imported lives to the end, and need not be traversed again and again
    if (backend := keras.backend.backend()) not in ("tensorflow", "jax"):
        raise InputError(f"Keras is to run on {backend}: {BACKENDS}")


@contextmanager
def _without_packages(names: Sequence[str]) -> Iterator[None]:
    """Make packages that are not imported yet appear not to be installed."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # what is None there cannot be imported
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
