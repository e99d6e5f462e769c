"""Every name of Snakemake that it does not document, in one place: when Snakemake changes, this is the file to change.

`tests/ground/test_snakemake_internals.py` names each of them and says what to do when it goes. Snakemake is imported in
the functions, for training jobs import the modules that use them, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

NOT_ASKED_OF_SLURM = ("_nodes", "tmpdir")
"""Resources that Snakemake gives to every job by itself."""


class Given(NamedTuple):
    """What a run of Snakemake took from its command line and profiles for the configuration."""

    files: Sequence[Path]
    words: Sequence[str]
    alone: bool
    """Whether they replace what the Snakefile names."""


def configures(workflow: Any) -> bool:
    """Return whether the workflow reads its configuration here: no job of a run does, and no module of another."""
    return bool(workflow.is_main_process and not workflow.modifier.skip_configfile)


def is_job(workflow: Any) -> bool:
    """Return whether this is the Snakemake inside a job that an executor has submitted."""
    return bool(workflow.remote_exec)


def given_configuration(workflow: Any) -> Given:
    """Return what Snakemake has understood of files and words."""
    settings = workflow.config_settings
    return Given(settings.configfiles, tuple(settings.config_args or ()), settings.replace_workflow_config)


def set_configuration(workflow: Any, files: Sequence[Path], words: Sequence[str], config: Mapping[str, Any]) -> None:
    """Let other files and words count; ``config`` is what they say, laid over what the Snakefile names."""
    settings = workflow.config_settings
    settings.configfiles = workflow.configfiles[:] = list(files)
    settings.config_args = list(words)
    settings.overwrite_config = config


def per_job(function: Function) -> Function:
    """Note a function's parameters: Snakemake asks for them three times a job, which takes longer than the function."""
    from snakemake.common import overwrite_function_params

    overwrite_function_params(function, signature(function).parameters)
    return function


def hasten_resources() -> None:
    """Do the same for the method through which Snakemake calls each function of a resource."""
    from snakemake.resources import Resource

    per_job(Resource.evaluate)


def amount(name: str, text: str) -> Any:
    """Return the value of a resource such as ``mem`` that people write as ``4 GB``; others as they are.

    Raises:
        Exception: of Snakemake's own, where it cannot be one.
    """
    from snakemake.resources import Resource

    return Resource.parse_human_friendly(name, text)


def read_profile(file: Path) -> None:
    """Parse a profile as Snakemake does.

    Raises:
        SystemExit: it is refused; the reason is on the standard error.
    """
    from snakemake.cli import get_argument_parser

    get_argument_parser(profiles=[str(file)]).parse_args([])


def asset(name: str) -> str:
    """Return a text that comes with Snakemake for its reports, such as ``vega/vega.js``."""
    from snakemake.assets import Assets

    return str(Assets.get_content(name))


def told_to_end(workflow: Any) -> bool:
    """Return whether a SIGTERM has come: Snakemake then waits for its executor, and starts no more jobs."""
    return bool(getattr(getattr(workflow, "scheduler", None), "_user_kill", None))


def described_choice(record: Any) -> str:
    """Return what ``--debug-dag`` says in a record of the log."""
    from snakemake.logging import DefaultFormatter

    return str(DefaultFormatter().format(record))


@cache  # a second look would find what has taken its place
def _own_reader() -> Callable[[Any], Any]:
    from snakemake.common.configfile import load_configfile

    reader: Callable[[Any], Any] = load_configfile
    return reader


def check_configfiles(check: Callable[[Any], None]) -> None:
    """Let ``check`` see the path of every configuration file before Snakemake reads it."""
    import snakemake.common.configfile
    import snakemake.settings.types

    own = _own_reader()

    def load(path: Any) -> Any:
        check(path)
        return own(path)

    snakemake.common.configfile.load_configfile = load
    snakemake.settings.types.load_configfile = load


def parse_words_with(parse: Callable[[Sequence[str] | None], Mapping[str, Any]]) -> None:
    """Let ``parse`` read what stands behind ``--config``."""
    import snakemake.cli

    snakemake.cli.parse_config = parse


def see_exceptions(see: Callable[[Exception], None]) -> None:
    """Let ``see`` have every error that ends a run before Snakemake prints it."""
    from snakemake.api import SnakemakeApi

    show = SnakemakeApi.print_exception

    def print_exception(api: Any, error: Exception) -> None:
        see(error)
        show(api, error)

    SnakemakeApi.print_exception = print_exception


def missing_target(error: Exception) -> str | None:
    """Return what Snakemake says of a target that no rule makes; None where the error is another."""
    from snakemake.exceptions import MissingRuleException

    return (
        str(error).split(" (if you use input functions")[0].strip() if isinstance(error, MissingRuleException) else None
    )
