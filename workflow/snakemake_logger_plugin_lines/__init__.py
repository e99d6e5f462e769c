"""Log a Snakemake run as a line for each job that begins or ends: ``snakemake --logger lines``.

Snakemake finds the plugin by the name of this package. The complete log is still in ``.snakemake/log``.
"""

from __future__ import annotations

import contextlib
import getpass
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from practica.config.block import Block
from practica.errors import InputError
from practica.files import write_json
from practica.jobs.progress import duration
from practica.launch import notices, snakemake_internals
from practica.launch.merging import profile_file, tree
from practica.launch.profiles import problems, refused
from practica.launch.shutdown import planned_beside, told_to_end, why_locked
from practica.plan import summary
from practica.plan.dry_run import FILE, plan_of
from practica.plan.estimate_check import Expectations
from practica.plan.outcome import note_outcome, nothing_to_do, outcome
from practica.plan.plan_table import as_table
from practica.plan.wiring import opened, touching
from practica.yamlfiles.reading import read_yaml
from snakemake_logger_plugin_lines.display import Display, Job, Work

TAIL = 8
FAILED = "FAILED: "
ENDING = "Terminating processes on user request"
"""What Snakemake says before it ends its jobs."""
SAID_ELSEWHERE = (
    "CalledProcessError",  # the job's own line says so, with its log
    "no backup found",  # about an output that a failed job should have updated, and that did not exist before
    "Missing metadata for file",  # about a run by hand; Snakemake's report has no time for it
    "provenance/metadata so that it in part cannot be used",  # and the same in a dry run
)
OF_EVERY_RUN = (
    "Adding ",  # a file is added to a report
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Complete log(s):",
    "Could not detect mimetype",
    "Conda environments: ignored",
    "Config file ",  # our first line says more
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
"""How messages begin that Snakemake prints in every run, or that the line of a job replaces."""
TARGETS = "the targets are files and the rules that `snakemake --list-target-rules` lists"
EXECUTOR = "snakemake_executor_plugin_"
"""In the path of code that reports how every job is submitted."""


class LogHandler(LogHandlerBase):
    """Print a line for each job that begins or ends, the end of the log if it fails, and unusual messages.

    At a terminal, a block below the lines shows the running jobs; in a log, an occasional line does.
    """

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Check and prepare what Snakemake reads, and begin without jobs."""
        # Of our code in a run, the logger comes first.
        _name_user()
        _check_cache()
        _name_bad_files()
        _read_nested_words()
        _say_bad_input()
        self._work = Work()
        self._planned_jobs: list[summary.Job] = []
        self._blocks: dict[tuple[str, ...], tuple[Block, Path]] = {}
        self._expectations: Expectations | None = None
        self._has_failed = False
        self._is_ending = False
        self._trained_blocks: set[str] = set()
        settings = self.common_settings
        stream = sys.stdout if settings.stdout else sys.stderr
        self._quiet = any(each.name in ("PROGRESS", "ALL") for each in settings.quiet or ())
        self._display = Display(
            cast(TextIO, _Unbroken(stream)), self._work, opened, colour=not settings.nocolor, quiet=self._quiet
        )
        self._tell: dict[LogEvent, Callable[[Any], None]] = {
            LogEvent.RUN_INFO: self._begin,
            LogEvent.JOB_INFO: self._plan if settings.dryrun else self._start,
            LogEvent.JOB_FINISHED: self._finish,
            LogEvent.JOB_ERROR: self._fail,
            LogEvent.GROUP_ERROR: self._fail,
            LogEvent.SHELLCMD: self._show_command,
            LogEvent.DEBUG_DAG: self._show_choice,
        }

    def emit(self, record: logging.LogRecord) -> None:
        """Print what a record says, unless it is left out."""
        event = getattr(record, "event", None)
        self._is_ending = self._is_ending or ENDING in record.getMessage()
        if event in self._tell:
            self._tell[event](record)
        elif any(words in record.getMessage() for words in SAID_ELSEWHERE):
            return
        elif event == LogEvent.ERROR or (event is None and record.levelno >= logging.WARNING):
            self._say(record.getMessage())
        elif event is None and record.getMessage().strip() not in ("", "None"):
            self._pass_on(record)

    def close(self) -> None:
        """Print the outcome of the run."""
        self._display.end()
        if self._work.total and not self.common_settings.dryrun:
            self._sum_up()
            self._work.total = 0  # a handler may be closed twice
        super().close()

    def _sum_up(self) -> None:
        """Print the outcome of the run as its last lines, and record it."""
        work = self._work
        if not opened:
            return
        with contextlib.suppress(OSError, InputError):
            lines = outcome(
                opened[0],
                self._trained_blocks,
                [*work.failed.values()],
                self._display.seconds,
                work.total - work.done - len(work.failed),
            )
            note_outcome(lines)
            for line in ["", *lines]:
                self._say(line)
            if work.total:
                self._display.tell(notices.END, "\n".join(lines))

    def _begin(self, record: Any) -> None:
        if self._work.total:  # a dry run repeats the event at its end
            self._show_plan()
            return
        self._work.total = record.stats.get("total", 0)
        self._work.trainings = sum(record.stats.get(rule, 0) for rule in summary.TRAINING_RULES)
        jobs = "1 job" if self._work.total == 1 else f"{self._work.total} jobs"
        self._say(f"{jobs} to {'do (dry run)' if self.common_settings.dryrun else 'do'}")
        if not self.common_settings.dryrun:
            self._expectations = Expectations(opened[0]) if opened and self._work.trainings else None
            for sentence in notices.lacking(opened[0].config["notify"]) if opened else []:
                self._say(sentence, "yellow")
            self._display.begin()

    def _plan(self, record: Any) -> None:
        """Keep a job of a dry run for the end, when all jobs are known."""
        asks = {name: value for name, value in record.resources.items() if not name.startswith("_")}
        asks["threads"] = record.threads
        command = str(record.shellcmd or "")
        self._planned_jobs.append(
            summary.Job(record.rule_name, _title(record), _names(record), str(record.reason), asks, command)
        )

    def _show_plan(self) -> None:
        """Print the summary of the plan, and then its jobs, in the order of the work."""
        jobs, self._planned_jobs = self._planned_jobs, []
        if opened:
            plan = plan_of(opened[0], jobs)
            if file := os.environ.get(FILE):
                write_json(file, asdict(plan))
                return
            self._say(as_table(plan, sys.stdout))
        lines = []
        for job in summary.in_order(jobs):
            lines.append(f"  {job.title}  ({job.reason.split(':')[0].lower()})")
            if self.common_settings.printshellcmds and job.command:
                lines.append(f"    {job.command}")
        self._say("\n".join(lines))  # at once: there may be thousands

    def _pass_on(self, record: logging.LogRecord) -> None:
        """Print a message that the user asked for, such as that of ``--unlock``; leave out those of every run."""
        message = record.getMessage().strip()
        if message.startswith("Nothing to be done"):
            self._say(nothing_to_do(opened[0]) if opened else message)
            if os.environ.get(FILE):
                self._show_plan()
            elif not self.common_settings.dryrun:
                self._sum_up()
        elif message.startswith("Error: Directory cannot be locked"):  # of a dry run, which goes on
            self._say(planned_beside())
        elif self.common_settings.verbose or not _of_every_run(message, record.pathname):
            self._say(message)

    def _start(self, record: Any) -> None:
        title, work = _title(record), self._work
        block, results = self._trained(record)
        if block and self._expectations:
            self._expectations.note(block.id)
        work.jobs[record.jobid] = Job(title, time.monotonic(), block, results)
        if work.failed.pop(record.jobid, None) and block:
            work.trainings += 1
        work.most_at_once = max(work.most_at_once, sum(job.block is not None for job in work.jobs.values()))
        if not (self._display.is_live or self._quiet):
            self._say(f"{' ' * (2 * len(str(work.total)) + 3)} {title} begins")

    def _trained(self, record: Any) -> tuple[Block | None, Path]:
        """Return the block that a job trains, and its folder of results."""
        if record.rule_name not in summary.TRAINING_RULES or not opened:
            return None, Path()
        if not self._blocks:
            self._blocks = summary.known_blocks(opened[0])
        return self._blocks.get(_names(record), (None, Path()))

    def _finish(self, record: Any) -> None:
        self._work.done += 1
        self._end(record.job_id, "")

    def _end(self, number: int, mark: str) -> str:
        """Print the line of a job that ends, and return its title."""
        work = self._work
        job = work.jobs.pop(number, None) or Job(f"job {number}", time.monotonic())
        if mark == FAILED:
            work.failed[number] = job.title
        elif job.block and not mark and not any(touching):
            self._trained_blocks.add(job.block.id)
        if job.block:
            work.trainings -= 1
        width = len(str(work.total))
        took = duration(time.monotonic() - job.begin)
        if mark or not self._quiet:
            self._say(f"[{work.done:{width}}/{work.total}] {mark}{job.title}  {took}", "red" if mark == FAILED else "")
        return job.title

    def _fail(self, record: Any) -> None:
        # The job was stopped, and will continue from its checkpoint; it may end before Snakemake says that it ends.
        if self._is_ending or any(map(told_to_end, (signal.SIGHUP, signal.SIGTERM))):
            self._end(getattr(record, "jobid", -1), "stopped: ")
            return
        title = self._end(getattr(record, "jobid", -1), FAILED)
        end: list[str] = []
        # What an executor says about the job: its state in SLURM, or why it could not be submitted.
        for line in (getattr(record, "rule_msg", None) or "").splitlines()[:2]:
            self._say(f"    {line.strip()}")
        for name in getattr(record, "log", None) or []:
            try:
                lines = Path(name).read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            end = _end_of(lines)
            self._say("\n".join(f"    {line}" for line in [*end, f"(the whole log: {name})"]))
        if not self._has_failed:
            self._has_failed = True
            self._display.tell(notices.FAILURE, "\n".join([f"failed: {title}", *end]))

    def _show_command(self, record: Any) -> None:
        if self.common_settings.printshellcmds and not self.common_settings.dryrun:
            self._say(f"    {record.shellcmd}")

    def _show_choice(self, record: Any) -> None:
        if self.common_settings.debug_dag:
            self._say(snakemake_internals.described_choice(record))

    def _say(self, text: str, style: str = "") -> None:
        self._display.say(text, style)


class _Unbroken:
    """A stream whose reader may stop reading."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, or drop it if the reader has ended, such as `head`; the run continues."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        """Flush the stream, if it still has a reader."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._drop()

    def _drop(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def _names(record: Any) -> tuple[str, ...]:
    """Return the values of a job's wildcards, in order."""
    return tuple(map(str, record.wildcards.values()))


def _title(record: Any) -> str:
    """Return the title of a job."""
    return str(record.rule_msg or " ".join([record.rule_name, *map(str, record.wildcards.values())]))


def _of_every_run(message: str, path: str) -> bool:
    """Return whether a message appears in every run, or reports the submission of a job."""
    return message.startswith(OF_EVERY_RUN) or EXECUTOR in path


def _end_of(lines: list[str]) -> list[str]:
    """Return the end of a job's log, from our own sentence if there is one: it sums up the lines before it."""
    last = lines[-TAIL:]
    return next((last[place:] for place, line in enumerate(last) if line.startswith("practica: ")), last)


def _name_user() -> None:
    """Set a name for a user without one, as in a container, because Snakemake asks for it."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = str(os.getuid())


def _check_cache() -> None:
    """End with a sentence if the folder of Snakemake's cache cannot be made: a user may have no home."""
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
    """Read words such as ``--config a.b=3`` before Snakemake does, which does not know dots."""

    def parse(words: Any) -> Any:
        try:
            return tree(words or [])
        except InputError as error:
            _refuse(str(error))

    snakemake_internals.parse_words_with(parse)


def _name_bad_profiles() -> None:
    """Name file and key of a mistake in a profile, which Snakemake reports below a hundred lines of options."""

    def see(profiles: Sequence[str]) -> None:
        try:
            for file in filter(None, map(profile_file, map(Path, profiles))):
                for problem in chain(problems(file), refused(file)):
                    _refuse(problem)
        except InputError as error:
            _refuse(str(error))

    snakemake_internals.see_refused_profiles(see)


def _say_bad_input() -> None:
    """End with one sentence if a rule finds bad input, no rule makes a target, or another run is at work."""

    def see(error: Exception) -> None:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, InputError):
                _refuse(str(cause))
            cause = cause.__cause__ or cause.__context__
        if snakemake_internals.is_locked(error):
            _refuse(why_locked())
        if sentence := snakemake_internals.missing_target(error):
            _refuse(f"{sentence[:1].lower()}{sentence[1:]}: {TARGETS}")
        if snakemake_internals.is_target_of_many(error):
            _refuse(f"a rule that makes many files cannot be a target: {TARGETS}")

    snakemake_internals.see_exceptions(see)


def _refuse(sentence: str) -> NoReturn:
    print(f"practica: {sentence}", file=sys.stderr, flush=True)
    sys.exit(InputError.exit_code)


_name_bad_profiles()  # Snakemake reads them after its plugins, and before it makes a logger
