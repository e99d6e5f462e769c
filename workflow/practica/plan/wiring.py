"""Give the Snakefile what it needs: the checked study and file names. Light, because every job imports it."""

from __future__ import annotations

import atexit
import difflib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from practica import exercises
from practica.code import memory
from practica.config.study import Block, Study
from practica.errors import InputError
from practica.evidence.timings import MEASURE, measured_file
from practica.figures import catalogue as figures
from practica.files import read_json
from practica.launch.allocation import end_with_job
from practica.launch.merging import START, command_partitions, command_profiles, note, take_over
from practica.launch.shutdown import drop_dead_lock, end_when_told, note_owner, told_to_end
from practica.launch.snakemake_internals import (
    commands_here,
    configures,
    find_stylesheet_from,
    hasten_printing,
    hasten_resources,
    let_data_come_back,
    only_touches,
    report_ends,
    take_configuration_alone,
)
from practica.launch.warm import offer, start_for
from practica.paper import custom_latex
from practica.paper.catalogue import TABLE_FILES, TableSpec, tables_for
from practica.paper.names import check_names, no_prose
from practica.plan.checks import check
from practica.study_folder import FOLDER_VARIABLE
from practica.words import report_name

opened: list[Study] = []
"""The studies whose rules Snakemake has read, for the logger; jobs and modules open theirs as well."""
touching: list[bool] = [False]
"""Whether the run only touches files, for the logger."""


def merge_configuration(workflow: Any) -> Callable[[], None]:
    """Merge all files and words of the configuration, print which, and return a function to call when the run begins.

    It records them for later commands, what it found out about the code, and that this process runs here. A run also
    removes the lock of a dead one. Jobs get the merged configuration from the run, and print nothing; a module gets its
    configuration from the workflow that uses it.
    """
    if not configures(workflow):
        take_configuration_alone(workflow)
        return lambda: None
    from practica.launch.profiles import check_profiles  # here, because training jobs import this module too

    try:
        check_profiles(command_profiles(), command_partitions())
        merged = take_over(workflow)
        lines = [str(merged), *merged.idle()]
    except InputError as error:
        stop(error)
    for line in lines:
        print(f"Configuration: {line}", file=sys.stderr, flush=True)
    find_stylesheet_from(START)
    end_when_told()
    drop_dead_lock()
    report_ends(workflow)

    def begin() -> None:
        touching[:] = [only_touches(workflow)]
        note(merged)
        note_owner()
        memory.keep()
        if commands := commands_here(workflow):
            offer()
            start_for(commands)

    return begin


def prepare_jobs(*, on_cluster: bool) -> None:
    """Set how jobs are planned, what they inherit from Snakemake's environment, and when jobs of SLURM outlive it."""
    if on_cluster:  # only a cluster enforces a job's time limit
        os.environ["PRACTICA_CLUSTER_JOB"] = "1"
        end_with_job()
        end_when_told()
    elif "snakemake_executor_plugin_slurm_patient" in sys.modules:  # Snakemake imports all plugins
        from snakemake_executor_plugin_slurm_patient import leave_jobs_if

        leave_jobs_if(lambda: told_to_end(signal.SIGTERM))  # as all processes are when a machine shuts down
    # Jobs run this installation even if its environment is not activated.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    # Let malloc keep freed memory: TensorFlow's batch buffers otherwise go back to the system and are paged in again
    # at every step, which makes convolutions on CPUs take twice as long.
    os.environ.setdefault("MALLOC_TOP_PAD_", str(64 * 2**20))
    _plan_fast()
    let_data_come_back()


def _plan_fast() -> None:
    """Save much of the time that Snakemake, which keeps every job in memory, needs to plan thousands of jobs."""
    hasten_resources()
    hasten_printing()
    # Modules stay to the end, as do the millions of objects of a plan: Python need not look for garbage in the former,
    # less often in the latter, and in neither when the process ends.
    gc.freeze()
    gc.set_threshold(1_000_000)
    atexit.register(gc.freeze)


def open_study(config: Mapping[str, Any]) -> Study:
    """Return the checked study, or end the process with one sentence and exit code 2."""
    try:
        study = Study.resolve(config)
        check(study)
        check_prose(study)
    except InputError as error:
        stop(error)
    os.environ[FOLDER_VARIABLE] = str(study.folder)
    if study.config["tensorboard"]:  # not in a job's command or parameters: it is no reason to train again
        os.environ["PRACTICA_TENSORBOARD"] = "1"
    opened.append(study)
    return study


def stop(error: InputError) -> NoReturn:
    """Print the error's sentence and end the process with its exit code."""
    print(f"practica: {error}", file=sys.stderr, flush=True)
    sys.exit(error.exit_code)


class Entries(dict[Any, Any]):
    """The study's entries of a kind, by name; any other name is bad input, such as a mistyped target."""

    def __init__(self, kind: str, entries: Mapping[Any, Any]) -> None:
        super().__init__(entries)
        self.kind = kind

    def __missing__(self, key: Any) -> NoReturn:
        """Raise ``InputError``, naming similar entries."""
        name, *keys = ("/".join(each) if isinstance(each, tuple) else each for each in (key, *self))
        close = difflib.get_close_matches(name, keys, n=3, cutoff=0.4)
        raise InputError(f"the study has no {self.kind} {name} (it has {', '.join(close or keys[:3]) or 'none'}, ...)")


def finished(block: Block, results: Path) -> bool:
    """Return whether the block's results exist."""
    return (block.folder(results) / "metrics.json").is_file()


def trained_on(study: Study, dataset: str) -> Mapping[str, Any]:
    """Return what a finished block records about the data set that it was trained on; empty if there is none."""
    for block in study.blocks():
        if block.dataset == dataset and finished(block, study.results):
            with suppress(InputError, LookupError, TypeError, ValueError):
                data: Mapping[str, Any] = read_json(block.folder(study.results) / "manifest.json")["provenance"]["data"]
                return data if isinstance(data["origin"], Mapping) else {}
    return {}


def figure_inputs(study: Study, name: str) -> list[str]:
    """Return the files below the results folder from which a figure is drawn.

    Raises:
        InputError: there is no such figure, or what it shows is not in the study.
    """
    spec = figures.spec(study, name)
    files = (*TABLE_FILES, "claims.json") if spec.reads in ("overview", "claims") else TABLE_FILES
    return [f"{study.results}/{file}" for file in files]


def table_inputs(study: Study, table: TableSpec) -> list[str]:
    """Return the files below the results folder from which a table is made."""
    return [f"{study.results}/{file}" for file in table.needs]


def measured_inputs(study: Study) -> list[str]:
    """Return the files of measurements that exercises make beside their runs, with their own rules.

    In a partial report, only those that exist.
    """
    files = [measured_file(study.results, exercise) for exercise in study.exercises if exercises.has(exercise, MEASURE)]
    return [str(file) for file in files if not study.config["partial"] or file.is_file()]


def part_of(study: Study, exercise: str, variants: Sequence[str]) -> dict[str, Any]:
    """Return the part of the configuration that decides how some variants of an exercise are trained and measured."""
    entry = study.config["exercises"][exercise]
    selection = {name: each for name, each in entry["variants"].items() if name in variants}
    common = {name: study.config[name] for name in ("study", "timing") if name in study.config}
    return {"exercises": {exercise: {**entry, "variants": selection}}, **common}


def study_rules(study: Study) -> list[str]:
    """Return the rule files of the exercises in play."""
    return [str(path) for exercise in study.exercises for path in sorted((study.folder / exercise).glob("*.smk"))]


def in_every_language(study: Study, kind: str, files: Iterable[str]) -> list[str]:
    """Return the paths of ``figures`` or ``tables`` with these names, in every language of the report."""
    names = list(files)
    shelves = [study.shelf(kind, language) for language in study.languages]
    return [f"{study.results}/{shelf}/{name}" for shelf in shelves for name in names]


def reports(study: Study) -> dict[str, str]:
    """Return the languages of the PDFs by their file names, without the suffix."""
    return {report_name(language): language for language in study.languages}


def prose_inputs(study: Study, language: str) -> list[str]:
    """Return the written files of the report in a language: prose, references, and the study's own LaTeX files."""
    works = study.folder / "references.bib"
    files = [*study.prose(language).values(), *([works] if works.is_file() else []), *custom_latex.files(study)]
    return [os.path.relpath(path) for path in files]


def check_prose(study: Study) -> None:
    """Check that every exercise in play has prose in every language of the report, and that its names are valid.

    Raises:
        InputError: a file is missing, or it uses an unknown name; the message names it.
    """
    for language in study.languages:
        for exercise, file in study.prose(language).items():
            if not file.is_file():
                raise InputError(no_prose(file, language))
            # A job on a cluster does not need the report.
            if "PRACTICA_CLUSTER_JOB" not in os.environ:
                check_names(study, file, exercise)


def page_inputs(study: Study) -> list[str]:
    """Return the files from which the pages of the HTML report are made, besides the drawn figures."""
    files = [file for name in figures.report_figures(study) for file in figure_inputs(study, name)]
    files += [file for table in tables_for(study) for file in table_inputs(study, table)]
    templates = sorted((Path(__file__).parents[3] / "report/page").iterdir())
    others = [f"{study.results}/{name}" for name in ("history.csv.gz", "claims.json", "costs.csv")]
    return list(dict.fromkeys([*files, *others, *map(os.path.relpath, templates)]))
