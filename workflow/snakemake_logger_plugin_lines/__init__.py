"""Log a Snakemake run as one line per finished job: ``snakemake --logger lines``.

Snakemake finds the plugin by the name of this package. The complete log is still in ``.snakemake/log``.
"""

from __future__ import annotations

import getpass
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from practica.errors import InputError
from practica.launch import snakemake_internals
from practica.launch.ending import why_locked
from practica.launch.merging import tree
from practica.yamlfiles.reading import read_yaml

TAIL = 8
SAID_ELSEWHERE = (
    "CalledProcessError",  # the job's own line says so, with its log
    "Missing metadata for file",  # of a run by hand; Snakemake's report has no time for it
    "provenance/metadata so that it in part cannot be used",  # and the same in a dry run
)
OF_EVERY_RUN = (
    "Adding ",  # a file to a report
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Complete log(s):",
    "Could not detect mimetype",
    "Conda environments: ignored",
    "Config file ",  # the first line says more
    "DAG of jobs will be updated after completion",
    "Elapsed time:",
    "Execute ",
    "Finished jobid:",
    "Group jobs: inactive",
    "Job stats:",
    "Job rate limit reached",
    "Processed ",
    "Provided ",
    "Reasons:",
    "Rules with ",  # missing metadata, outdated metadata, provenance triggered jobs
    "Select jobs to execute",
    "Singularity containers: ignored",
    "Some jobs were triggered by provenance information",
    "The run involves",
    "This was a dry-run",
    "Trying to restart job",
    "Using shell:",
    "host:",
)
"""What Snakemake says whatever it does, or what a line of a job says in its place."""
EXECUTOR = "snakemake_executor_plugin_"
"""In the path of code that tells of every job how it is submitted."""


class LogHandler(LogHandlerBase):
    """Print one line for each job that ends, the end of the log of each that fails, and what is not of every run."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Begin with no job seen."""
        # A logger is the first thing of ours that a run makes.
        _name_user()
        _check_cache()
        _name_bad_files()
        _read_nested_words()
        _say_bad_input()
        self._jobs: dict[int, tuple[str, float]] = {}
        self._done = 0
        self._total = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Print what the record tells, if anything."""
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO and not self._total:  # a dry run tells it again at its end
            self._total = record.stats.get("total", 0)  # type: ignore[attr-defined]
            self._say(f"{self._total} jobs to {'do (dry run)' if self.common_settings.dryrun else 'do'}")
        elif event == LogEvent.JOB_INFO:
            self._start(record)
        elif event == LogEvent.JOB_FINISHED:
            self._done += 1
            self._end(record.job_id, "")  # type: ignore[attr-defined]
        elif event in (LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR):
            self._fail(record)
        elif any(words in record.getMessage() for words in SAID_ELSEWHERE):
            return
        elif event == LogEvent.ERROR or (event is None and record.levelno >= logging.WARNING):
            self._say(record.getMessage())
        elif event == LogEvent.SHELLCMD:
            if self.common_settings.printshellcmds:
                self._say(f"    {record.shellcmd}")  # type: ignore[attr-defined]
        elif event == LogEvent.DEBUG_DAG:
            if self.common_settings.debug_dag:
                self._say(snakemake_internals.described_choice(record))
        elif event is None and record.getMessage().strip() not in ("", "None"):
            self._pass_on(record)

    def _pass_on(self, record: logging.LogRecord) -> None:
        """Print what is asked for, such as what ``--unlock`` did, and leave out what is said in every run."""
        message = record.getMessage().strip()
        if message.startswith("Nothing to be done"):
            self._say("Nothing to be done: everything is there and up to date")
        elif self.common_settings.verbose or not _of_every_run(message, record.pathname):
            self._say(message)

    def _start(self, record: Any) -> None:
        title = record.rule_msg or " ".join([record.rule_name, *map(str, record.wildcards.values())])
        self._jobs[record.jobid] = (title, time.monotonic())
        if self.common_settings.dryrun:
            self._say(f"  {title}  ({str(record.reason).split(':')[0].lower()})")

    def _end(self, job: int, mark: str) -> None:
        title, start = self._jobs.get(job, (f"job {job}", time.monotonic()))
        width = len(str(self._total))
        self._say(f"[{self._done:{width}}/{self._total}] {mark}{title}  {time.monotonic() - start:.0f} s")

    def _fail(self, record: Any) -> None:
        self._end(getattr(record, "jobid", -1), "FAILED: ")
        # What an executor says of the job, such as its state in SLURM, or why it could not be submitted.
        for line in (getattr(record, "rule_msg", None) or "").splitlines()[:2]:
            self._say(f"    {line.strip()}")
        for name in getattr(record, "log", None) or []:
            try:
                lines = Path(name).read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            self._say("\n".join(f"    {line}" for line in [*_end_of(lines), f"(the whole log: {name})"]))

    def _say(self, text: str) -> None:
        stream = sys.stdout if self.common_settings.stdout else sys.stderr
        try:
            print(text, file=stream, flush=True)
        except BrokenPipeError:  # whoever reads has seen enough, as `head`; the run goes on
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _of_every_run(message: str, path: str) -> bool:
    """Return whether a message tells what every run does, or of how every job is submitted."""
    return message.startswith(OF_EVERY_RUN) or EXECUTOR in path


def _end_of(lines: list[str]) -> list[str]:
    """Return the end of a job's log, from our own sentence on where there is one: it says what is before it."""
    last = lines[-TAIL:]
    return next((last[place:] for place, line in enumerate(last) if line.startswith("practica: ")), last)


def _name_user() -> None:
    """Give a user whom the system does not know, as in a container, a name: Snakemake asks for it."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = str(os.getuid())


def _check_cache() -> None:
    """Name the folder of Snakemake's cache where it cannot be made: a user may have no home."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    try:
        (cache / "snakemake").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _refuse(
            f"cannot write to {cache}, for Snakemake's cache ({error.strerror}): set HOME or XDG_CACHE_HOME to a "
            "folder of yours"
        )


def _name_bad_files() -> None:
    """Read configuration files before Snakemake does, which names neither file nor line of a bad one."""

    def check(path: Any) -> None:
        try:
            read_yaml(path)
        except InputError as error:
            _refuse(str(error))

    snakemake_internals.check_configfiles(check)


def _read_nested_words() -> None:
    """Read ``--config a.b=3`` and its like before Snakemake does, which knows no dots."""

    def parse(words: Any) -> Any:
        try:
            return tree(words or [])
        except InputError as error:
            _refuse(str(error))

    snakemake_internals.parse_words_with(parse)


def _say_bad_input() -> None:
    """End with one sentence where a rule finds bad input, no rule makes a target, or another run is at work."""

    def see(error: Exception) -> None:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, InputError):
                _refuse(str(cause))
            cause = cause.__cause__ or cause.__context__
        if snakemake_internals.is_locked(error):
            _refuse(why_locked())
        if asked := snakemake_internals.missing_target(error):
            _refuse(f"{asked[:1].lower()}{asked[1:]}: the targets are rules, which `snakemake --list` lists, and files")

    snakemake_internals.see_exceptions(see)


def _refuse(sentence: str) -> NoReturn:
    print(f"practica: {sentence}", file=sys.stderr, flush=True)
    sys.exit(InputError.exit_code)
