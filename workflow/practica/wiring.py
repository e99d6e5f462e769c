"""What the Snakefile asks: the checked study, digests of code, and file names. Light: Snakemake parses in every job."""

from __future__ import annotations

import difflib
import gc
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from practica import exercises, names
from practica.allocation import end_with_job
from practica.checks import check
from practica.config import Block, Study
from practica.errors import InputError
from practica.evidence.measured import MEASURE, measured_file
from practica.figures import catalogue as figures
from practica.front import introduction
from practica.merging import command_partitions, command_profiles, note, take_over
from practica.page import words
from practica.page.address import address, parse
from practica.paper import settings
from practica.paper.catalogue import COLLECTED, TableSpec, tables_for
from practica.paper.known import check_names, no_prose
from practica.syntax import modules_defining

Function = TypeVar("Function", bound=Callable[..., Any])

# Snakemake reads braces in a section's name as wildcards, and writes the name unchanged into a script of its page.
HARMLESS = str.maketrans("<>{}", "‹›｛｝")


def merge_configuration(workflow: Any) -> Callable[[], None]:
    """Merge all files and words of the configuration, say which, and return what notes them for later commands.

    The jobs of a run get from it what is merged, and have nothing to say; a module gets its configuration from the
    workflow that uses it.
    """
    if not workflow.is_main_process or workflow.modifier.skip_configfile:
        return lambda: None
    from practica.profiles import check_profiles  # here, for training jobs import this module too

    try:
        check_profiles(command_profiles(), command_partitions())
        merged = take_over(workflow)
    except InputError as error:
        stop(error)
    print(f"Configuration: {merged}", file=sys.stderr, flush=True)
    return lambda: note(merged)


def prepare_jobs(*, on_cluster: bool) -> None:
    """Set how jobs are planned, what they inherit from Snakemake's environment, and the executor for SLURM."""
    if on_cluster:  # only there somebody enforces a job's time limit
        os.environ["PRACTICA_CLUSTER_JOB"] = "1"
        end_with_job()
    elif "snakemake_executor_plugin_slurm" in sys.modules:
        from practica.executor import install

        install()
    # Jobs run this very installation, also where its environment is not activated.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    # Let malloc keep freed memory: TensorFlow's batch buffers otherwise go back to the system and are paged in again
    # at every step, which makes convolutions on CPUs take twice as long.
    os.environ.setdefault("MALLOC_TOP_PAD_", str(64 * 2**20))
    _plan_fast()


def _plan_fast() -> None:
    """Spare Snakemake, which holds every job in memory, a fifth of its time to plan thousands of them."""
    from snakemake.resources import Resource  # here, for training jobs import this module too

    per_job(Resource.evaluate)  # through which it calls each function of a resource
    # What is imported stays to the end, as do the millions of objects of a plan: Python need not look for garbage in
    # the former, and less often in the latter.
    gc.freeze()
    gc.set_threshold(100_000)


def per_job(function: Function) -> Function:
    """Note a function's parameters: Snakemake asks for them three times a job, which takes longer than the function."""
    from snakemake.common import overwrite_function_params

    overwrite_function_params(function, signature(function).parameters)
    return function


def open_study(config: Mapping[str, Any]) -> Study:
    """Return the checked study, or end the process with one sentence and exit code 2."""
    try:
        study = Study.resolve(config)
        check(study)
        check_prose(study)
    except InputError as error:
        stop(error)
    return study


def stop(error: InputError) -> NoReturn:
    """Print the error's sentence and end the process with its exit code."""
    print(f"practica: {error}", file=sys.stderr, flush=True)
    sys.exit(error.exit_code)


def known_data_sets() -> tuple[str, ...]:
    """Return the names of all data sets that the project can prepare."""
    return modules_defining("study.data", "DATASET")


class Known(dict[Any, Any]):
    """What the study has of a kind, by name; to ask for another is bad input, such as a target that somebody types."""

    def __init__(self, kind: str, entries: Mapping[Any, Any]) -> None:
        super().__init__(entries)
        self.kind = kind

    def __missing__(self, key: Any) -> NoReturn:
        """Raise ``InputError`` that names what is most like it."""
        name, *known = ("/".join(each) if isinstance(each, tuple) else each for each in (key, *self))
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        raise InputError(f"the study has no {self.kind} {name} (it has {', '.join(close or known[:3]) or 'none'}, ...)")


def finished(block: Block, results: Path) -> bool:
    """Return whether the block's results are there."""
    return (block.folder(results) / "metrics.json").is_file()


def figure_inputs(study: Study, name: str) -> list[str]:
    """Return the files under the results folder that a figure is drawn from.

    Raises:
        InputError: there is no such figure, or what it shows is not in the study.
    """
    spec = figures.spec(study, name)
    files = (*COLLECTED, "claims.json") if spec.reads == "overview" else COLLECTED
    return [f"{study.results}/{file}" for file in files]


def table_inputs(study: Study, table: TableSpec) -> list[str]:
    """Return the files under the results folder that a table is made from."""
    return [f"{study.results}/{file}" for file in table.needs]


def measured_inputs(study: Study) -> list[str]:
    """Return the files of what exercises measure beside their runs, by rules of their own.

    In a partial report, those that are there.
    """
    files = [measured_file(study.results, exercise) for exercise in study.exercises if exercises.has(exercise, MEASURE)]
    return [str(file) for file in files if not study.config["partial"] or file.is_file()]


def part_of(study: Study, exercise: str, variants: Sequence[str]) -> dict[str, Any]:
    """Return the part of the configuration that says how some variants of an exercise are trained and measured."""
    entry = study.config["exercises"][exercise]
    chosen = {name: each for name, each in entry["variants"].items() if name in variants}
    kept = {name: study.config[name] for name in ("study", "timing") if name in study.config}
    return {"exercises": {exercise: {**entry, "variants": chosen}}, **kept}


def study_rules(study: Study) -> list[str]:
    """Return the files of rules that the exercises in play bring along."""
    return [str(path) for exercise in study.exercises for path in sorted((study.folder / exercise).glob("*.smk"))]


def in_every_language(study: Study, kind: str, files: Iterable[str]) -> list[str]:
    """Return ``figures`` or ``tables`` of these names under the results folder, in every language of the report."""
    names = list(files)
    shelves = [study.shelf(kind, language) for language in study.languages]
    return [f"{study.results}/{shelf}/{name}" for shelf in shelves for name in names]


def reports(study: Study) -> dict[str, str]:
    """Return the languages of the PDFs by their file names, without the suffix."""
    return {names.report_name(language): language for language in study.languages}


def prose_inputs(study: Study, language: str) -> list[str]:
    """Return what people write for the report in a language: its prose, and the works that it cites."""
    works = study.folder / "references.bib"
    files = [*study.prose(language).values(), *([works] if works.is_file() else [])]
    return [os.path.relpath(path) for path in files]


def check_prose(study: Study) -> None:
    """Check that every exercise in play is written about in every language of the report, with names that are known.

    Raises:
        InputError: a file is missing, or a name in it is of nothing; the message names it.
    """
    for language in study.languages:
        for exercise, file in study.prose(language).items():
            if not file.is_file():
                raise InputError(no_prose(file, language))
            # A job that trains need not know what the report will say.
            if "PRACTICA_CLUSTER_JOB" not in os.environ:
                check_names(study, file, exercise)


def section(study: Study, exercise: str | None) -> str:
    """Return the section of the HTML report that shows an exercise; what belongs to none stands beside the paper."""
    if not exercise:
        return "0. Informe"
    language = study.languages[0]
    title = names.title(study, exercise, language)
    return f"{exercise}. {title.translate(HARMLESS)}"


def figure_labels(study: Study, name: str) -> dict[str, str]:
    """Return the label of a figure in the HTML report.

    One label only: of two, the report turns one with two values into a switch, and fails on the combinations that
    do not exist.
    """
    return {"contenido": f"{name}: {figures.spec(study, name).title[study.languages[0]]}"}


def captions(
    study: Study, caption: Mapping[str, str], exercise: str | None, variants: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return, in every language, a caption and with which settings and how many seeds the variants are trained."""
    told = {}
    for language in study.languages:
        ran = settings.ran(study, exercise, variants, language) if exercise and variants else ""
        told[language] = {"text": caption[language], "ran": f"{words.WORDS[language]['ran']}: {ran}" if ran else ""}
    return told


def page_inputs(study: Study) -> list[str]:
    """Return the files that the pages of the HTML report are made from, beside the drawn figures."""
    made = [file for name in figures.report_figures(study) for file in figure_inputs(study, name)]
    made += [file for table in tables_for(study) for file in table_inputs(study, table)]
    templates = sorted((Path(__file__).parents[2] / "report/page").iterdir())
    others = [f"{study.results}/{name}" for name in ("history.csv.gz", "claims.json")]
    return list(dict.fromkeys([*made, *others, *map(os.path.relpath, templates)]))


def page_section(study: Study, name: str) -> tuple[str, str]:
    """Return the section and its part of the HTML report that list a page; what no exercise owns stands in front."""
    page, language = parse(study, name)
    said = words.WORDS[study.languages[0]]
    part = "files" if page == "vega" else "read" if language == study.languages[0] else "translated"
    exercise = page.removesuffix("_runs")
    return section(study, exercise if exercise in study.exercises else None), said[part]


def page_labels(study: Study, name: str) -> dict[str, str]:
    """Return the label of a page in the HTML report, in its language; one only, as for figures."""
    page, language = parse(study, name)
    said = words.WORDS[language]
    names = {"index": "shell_page", "vega": "shell_script"}
    kind = names.get(page, "shell_runs" if page.endswith("_runs") else "shell_exercise")
    return {"contenido": said[kind]}


def paper_labels(study: Study, language: str) -> dict[str, str]:
    """Return the label of a PDF in the HTML report: the report's own language stands first."""
    return {"contenido": f"{study.languages.index(language) + 2}. {words.WORDS[language]['shell_paper']}"}


def page_captions(study: Study) -> dict[str, str]:
    """Return a sentence about each page, in its language."""
    captions = {"vega": f"{words.WORDS[study.languages[0]]['shell_script']}."}
    captions |= {f"title {language}": study.heading(language) for language in study.languages}
    for language in study.languages:
        said = words.WORDS[language]
        about = {"index": introduction(study, language) or study.heading(language)}
        for exercise in study.exercises:
            about[exercise] = f"{exercise}: {said['curves_hint']}"
            about[f"{exercise}_runs"] = f"{said['runs_of'].format(exercise)}."
        captions |= {address(study, page, language).removesuffix(".html"): text for page, text in about.items()}
    return captions


def table_labels(study: Study, table: TableSpec) -> dict[str, str]:
    """Return the label of a table in the HTML report; one only, as for figures."""
    return {"contenido": f"{table.name}: {re.split('[.:]', table.caption[study.languages[0]])[0]}"}
