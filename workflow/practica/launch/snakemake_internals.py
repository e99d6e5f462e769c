"""Every undocumented name of Snakemake, in one place: when Snakemake changes, change this file.

`tests/ground/test_snakemake_internals.py` names each of them and says what to do when it disappears. Snakemake is
imported inside the functions, because training jobs import the modules that use them, too.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from inspect import signature
from operator import attrgetter
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

ORDER = "order_only"
"""The flag of inputs that a job only waits for."""
OF_A_JOB = {
    **{name: attrgetter(name) for name in ("input", "output", "params", "threads", "resources", "log")},
    "wildcards": attrgetter("_format_wildcards"),
}
"""The names that most messages and commands ask for, and the attribute of Snakemake's job behind each."""


class ConfigurationParts(NamedTuple):
    """The parts of the configuration that Snakemake took from its command line and profiles."""

    files: Sequence[Path]
    words: Sequence[str]
    alone: bool
    """Whether they replace what the Snakefile names."""


def configures(workflow: Any) -> bool:
    """Return whether this workflow reads its configuration here: not inside a job of a run, nor as another's module."""
    return bool(workflow.is_main_process and not workflow.modifier.skip_configfile)


def plans(workflow: Any) -> bool:
    """Return whether this Snakemake plans a run: not inside one of its jobs, nor if it only touches files."""
    return bool(workflow.is_main_process and not only_touches(workflow))


def only_touches(workflow: Any) -> bool:
    """Return whether this Snakemake only touches files."""
    return bool(workflow.touch)


def report_ends(workflow: Any) -> None:
    """Let Snakemake tell its loggers that a job ends, which ``--quiet`` suppresses: the outcome counts them."""
    settings = workflow.output_settings
    settings.quiet = {each for each in settings.quiet or () if each.name != "PROGRESS"}


def is_job(workflow: Any) -> bool:
    """Return whether this Snakemake runs inside a job that an executor has submitted."""
    return bool(workflow.remote_exec)


def runs_here(workflow: Any) -> bool:
    """Return whether the jobs run on this machine, as children of this Snakemake."""
    return bool(workflow.local_exec)


def commands_here(workflow: Any) -> set[tuple[str, int]]:
    """Return the subcommands of ``python -m practica`` in the jobs that are about to run here, with their threads."""
    jobs = workflow.dag.needrun_jobs() if runs_here(workflow) else ()
    shells = {(job.rule.shellcmd or "", job.threads) for job in jobs}
    of = [(word, shell, threads) for shell, threads in shells for word in re.findall(r"-m practica ([\w-]+)", shell)]
    return {(word, threads if "--threads" in shell else 1) for word, shell, threads in of}


def given_configuration(workflow: Any) -> ConfigurationParts:
    """Return how Snakemake has understood files and words."""
    settings = workflow.config_settings
    return ConfigurationParts(settings.configfiles, tuple(settings.config_args or ()), settings.replace_workflow_config)


def set_configuration(workflow: Any, files: Sequence[Path], words: Sequence[str], config: Mapping[str, Any]) -> None:
    """Replace files and words; ``config`` is their content, merged over what the Snakefile names."""
    take_configuration_alone(workflow)
    settings = workflow.config_settings
    settings.configfiles = workflow.configfiles[:] = list(files)
    settings.config_args = list(words)
    settings.overwrite_config = config
    workflow.globals["config"] = copy.deepcopy(config)  # Snakemake has already merged in its own way here


def take_configuration_alone(workflow: Any) -> None:
    """Let what Snakemake was given replace what the Snakefile names; over that, removed keys would be back."""
    workflow.config_settings.replace_workflow_config = True


def per_job(function: Function) -> Function:
    """Cache a function's parameters: Snakemake asks for them three times a job, which is slower than the function."""
    from snakemake.common import overwrite_function_params

    overwrite_function_params(function, signature(function).parameters)
    return function


def hasten_resources() -> None:
    """Do the same for the method with which Snakemake calls each function of a resource."""
    from snakemake.resources import Resource

    per_job(Resource.evaluate)


@cache  # a second time, Snakemake would seem to be what has taken its place
def hasten_printing() -> None:
    """Format a job's command once when Snakemake prints it, not three times, and pass only the names that it asks for.

    Snakemake copies every global name of the Snakefile for each text, which takes longer than the formatting.
    """
    from snakemake.jobs import Job
    from snakemake.jobs import format as fill

    own_command, print_job, own_text = Job.shellcmd.fget, Job.log_info, Job.format_wildcards
    commands: dict[Any, str | None] = {}

    def shellcmd(job: Any) -> str | None:
        return commands[job] if job in commands else own_command(job)

    def log_info(job: Any, *arguments: Any, **options: Any) -> None:
        commands[job] = own_command(job)
        try:
            print_job(job, *arguments, **options)
        finally:
            del commands[job]

    def format_wildcards(job: Any, text: str, /, **variables: Any) -> Any:
        try:
            if not variables and (names := _names_in(text)) <= OF_A_JOB.keys():
                return fill(text, **{name: OF_A_JOB[name](job) for name in names})
        except Exception:  # Snakemake says what is wrong
            pass
        return own_text(job, text, **variables)

    Job.shellcmd, Job.log_info, Job.format_wildcards = property(shellcmd), log_info, format_wildcards


@cache
def _names_in(text: str) -> set[str]:
    """Return the names that a format string may ask for."""
    fields = [(field, spec) for _, field, spec, _ in Formatter().parse(text) if field is not None]
    names = {re.split(r"[.[]", field)[0] for field, _ in fields}
    return names.union(*(_names_in(spec) for _, spec in fields if spec))


def undetermined() -> Any:
    """Return the value of a resource that is known after other jobs: Snakemake plans without it and asks again then."""
    from snakemake.common.tbdstring import TBDString

    return TBDString()


def amount(name: str, text: str) -> Any:
    """Return the value of a resource such as ``mem`` that people write as ``4 GB``; others unchanged.

    Raises:
        Exception: of Snakemake, if the text is not a value.
    """
    from snakemake.resources import Resource

    return Resource.parse_human_friendly(name, text)


def read_profile(file: Path) -> None:
    """Parse a profile as Snakemake does.

    Raises:
        SystemExit: it is refused; the reason is on standard error.
    """
    _own_parser()(profiles=[str(file)]).parse_args([])


def options() -> list[str]:
    """Return the names of all options that a profile may set."""
    return re.findall(r"--([a-z][\w-]+)", _own_parser()().format_help())


@cache  # a second look would find what has taken its place
def _own_parser() -> Callable[..., Any]:
    from snakemake.cli import get_argument_parser

    return get_argument_parser


def see_refused_profiles(see: Callable[[Sequence[str]], None]) -> None:
    """Call ``see`` with the profiles of a command line that Snakemake refuses, before Snakemake prints its reason."""
    import snakemake.cli

    own = _own_parser()

    def get_argument_parser(profiles: Sequence[str] | None = None) -> Any:
        parser = own(profiles=profiles)
        parse, error = parser.parse_args, parser.error

        def parse_args(*arguments: Any, **options: Any) -> Any:
            try:
                return parse(*arguments, **options)
            except Exception:  # any error of Snakemake
                see(profiles or ())
                raise

        def refuse(message: str) -> None:
            see(profiles or ())
            error(message)

        parser.parse_args, parser.error = parse_args, refuse
        return parser

    snakemake.cli.get_argument_parser = get_argument_parser


def asset(name: str) -> str:
    """Return a text that Snakemake bundles for its reports, such as ``vega/vega.js``."""
    from snakemake.assets import Assets

    return str(Assets.get_content(name))


def find_stylesheet_from(folder: Path) -> None:
    """Look for a report's style sheet in ``folder``, where Snakemake was started, first.

    Snakemake resolves the path of one that a profile names relative to the profile.
    """
    from snakemake.report.html_reporter import Reporter

    begin = Reporter.__post_init__

    def look(reporter: Any) -> None:
        settings = reporter.settings
        if settings.stylesheet_path and (path := folder / settings.stylesheet_path).is_file():
            settings.stylesheet_path = path
        begin(reporter)

    Reporter.__post_init__ = look


def on_sigterm(handle: Callable[[int, Any], None]) -> None:
    """Let ``handle`` receive SIGTERM, in place of Snakemake's scheduler, which waits for running jobs."""
    from snakemake.scheduling.job_scheduler import JobScheduler

    JobScheduler.exit_gracefully = lambda _, number, frame: handle(number, frame)


def described_choice(record: Any) -> str:
    """Return the text of ``--debug-dag`` in a log record."""
    from snakemake.logging import DefaultFormatter

    return str(DefaultFormatter().format(record))


@cache  # a second look would find what has taken its place
def _own_reader() -> Callable[[Any], Any]:
    from snakemake.common.configfile import load_configfile

    reader: Callable[[Any], Any] = load_configfile
    return reader


def check_configfiles(check: Callable[[Any], None]) -> None:
    """Call ``check`` with the path of every configuration file before Snakemake reads it."""
    import snakemake.common.configfile
    import snakemake.settings.types

    own = _own_reader()

    def load(path: Any) -> Any:
        check(path)
        return own(path)

    snakemake.common.configfile.load_configfile = load
    snakemake.settings.types.load_configfile = load


def parse_words_with(parse: Callable[[Sequence[str] | None], Mapping[str, Any]]) -> None:
    """Let ``parse`` read the words after ``--config``."""
    import snakemake.cli

    snakemake.cli.parse_config = parse


def see_exceptions(see: Callable[[Exception], None]) -> None:
    """Call ``see`` with every error that ends a run before Snakemake prints it."""
    from snakemake.api import SnakemakeApi

    show = SnakemakeApi.print_exception

    def print_exception(api: Any, error: Exception) -> None:
        see(error)
        show(api, error)

    SnakemakeApi.print_exception = print_exception


def missing_target(error: Exception) -> str | None:
    """Return Snakemake's message about a target that no rule makes; None if the error is another."""
    from snakemake.exceptions import MissingRuleException

    if not isinstance(error, MissingRuleException):
        return None
    return str(error).split(" (if you use input functions")[0].strip()


def is_target_of_many(error: Exception) -> bool:
    """Return whether an error says that the target is a rule that makes many files."""
    return str(error).startswith("Target rules may not contain wildcards")


def is_locked(error: Exception) -> bool:
    """Return whether an error says that the folder is locked."""
    from snakemake.exceptions import LockException

    return isinstance(error, LockException)


def let_data_come_back() -> None:
    """Keep prepared data that come back from triggering training: ``ancient`` input counts as such even while missing.

    Snakemake reruns everything that depends on such a file if it has to be made first.
    """
    from snakemake.io import Mtime, _IOFile, is_flagged

    there, time = _IOFile.exists, _IOFile.mtime_uncached

    def comes_back(file: Any) -> bool:
        # Inputs that a job only waits for must be made: if they seemed to exist, Snakemake would leave their job out.
        return bool(file.is_ancient) and not is_flagged(file, ORDER)

    async def exists(file: Any) -> bool:
        return comes_back(file) or await there(file)

    async def mtime(file: Any, **options: Any) -> Any:
        return await time(file, **options) if await there(file) or not comes_back(file) else Mtime(local=0)

    _IOFile.exists, _IOFile.mtime_uncached = exists, mtime
    _look_behind_ancient_inputs()


@cache
def _look_behind_ancient_inputs() -> None:
    """Make Snakemake plan missing outputs even if the only inputs to be remade are ``ancient`` ones.

    Snakemake assumes that everything that depends on a running job runs as well, and looks no further; it then leaves
    out what such inputs hold back, including missing outputs.
    """
    import snakemake.api  # noqa: F401, first, because Snakemake's modules import each other in a circle
    from snakemake.dag import DAG

    walk = DAG.bfs

    def bfs(dag: Any, direction: Any, *jobs: Any, **options: Any) -> Any:
        plans_runs = direction is dag.depending and not any(map(dag.in_omitfrom, jobs))
        ways = _Renewing(direction) if plans_runs else direction
        return walk(dag, ways, *jobs, **options)

    DAG.bfs = bfs


class _Renewing:
    """The jobs that depend on each job through inputs other than ``ancient`` ones."""

    def __init__(self, dependents: Mapping[Any, Mapping[Any, Any]]) -> None:
        self._dependents = dependents

    def __getitem__(self, job: Any) -> dict[Any, Any]:
        return {other: files for other, files in self._dependents[job].items() if not all(f.is_ancient for f in files)}


def waits_for(file: str) -> Any:
    """Return an input that must exist before a job runs, but that Snakemake does not record."""
    from snakemake.io import ancient, flag  # here, because training jobs import this module too

    _take_no_note()
    return flag(ancient(file), ORDER)


def made_otherwise(file: str, params: list[Any], workflow: Any) -> bool:
    """Return whether Snakemake has recorded that a file was made with other parameters than ``params``.

    A file without a record counts as good.
    """
    from snakemake.io import IOFile

    record = workflow.persistence.params(IOFile(file))
    return record is not None and not {repr(value) for value in params} <= set(record)


def targets(workflow: Any) -> frozenset[str]:
    """Return the rules and files that were requested by name."""
    settings = workflow.dag_settings
    return frozenset(map(str, settings.targets)) if settings else frozenset()


@lru_cache
def _take_no_note() -> None:
    """Leave files that a job only waits for out of the inputs that Snakemake records and compares."""
    from snakemake.io import is_flagged
    from snakemake.persistence import PersistenceBase

    original = PersistenceBase._input

    @lru_cache
    def inputs(self: Any, job: Any) -> list[str]:
        waits = {str(file) for file in job.input if is_flagged(file, ORDER)}
        return [file for file in original(self, job) if str(file) not in waits]

    PersistenceBase._input = inputs
