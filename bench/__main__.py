"""Run the measurements: ``python -m bench``, or ``make bench``."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import click

from bench.against import Against, WholeAgainst, check_commit, checkout, is_first
from bench.cases import CASES, FASTER, ON_REQUEST, Case, quick
from bench.orchestration import DryRun, Overhead, QuickStudy
from bench.report import as_json, machine, show
from bench.rows import DIFFERENT, FAILED, Goal, Row
from bench.sides import ROOT, compile_code
from bench.training import TrainingCase
from practica.config.reader import read_config
from practica.config.study import Study
from practica.errors import InputError
from practica.files import write_json

Compared = Case | Against | WholeAgainst
NAMES = [case.name for case in CASES]


def keep(
    path: Path,
    compared: Sequence[Compared],
    outcomes: Mapping[str, list[Any]],
    where: Mapping[str, Any],
    study: Study,
) -> dict[str, list[Row]]:
    """Write everything measured so far, and return the report."""
    rows = {case.name: case.rows(study, outcomes[case.name]) for case in compared if outcomes[case.name]}
    raw = {case.name: [case.record(each) for each in outcomes[case.name]] for case in compared}
    write_json(path, {"schema": 1, "machine": dict(where), "rows": as_json(rows), "measured": raw})
    return rows


def chosen(names: Sequence[str]) -> list[Case]:
    """Return the cases of these names, in the harness's order; without names, all except those that take hours.

    Raises:
        InputError: there is no such case.
    """
    for name in names:
        if name not in NAMES:
            raise InputError(f"there is no case {name!r}; there are {', '.join(NAMES)}")
    return [case for case in CASES if (case.name in names if names else case.name not in ON_REQUEST)]


def beside(cases: Sequence[Case], before: Path, goals: Mapping[str, Goal], study: Study) -> list[Compared]:
    """Return the cases set beside another checkout, without those that have no such side."""
    compared: list[Compared] = []
    for case in cases:
        if isinstance(case, DryRun | Overhead | QuickStudy):
            compared.append(WholeAgainst(case, before, goals.get(case.name)))
        elif isinstance(case, TrainingCase) and (both := Against(case, before)).jobs(study):
            compared.append(both)
    return compared


@click.command(context_settings={"show_default": True})
@click.option(
    "--cases",
    multiple=True,
    help=f"Cases, separated by blanks, or repeated: {', '.join(NAMES)}.  [default: all but {', '.join(ON_REQUEST)}]",
)
@click.option("--against", default="", metavar="COMMIT", help="Set ours at this commit beside ours of today.")
@click.option("--quick", "is_quick", is_flag=True, help="One repetition of few epochs: shows that all works.")
@click.option("--repetitions", type=click.IntRange(1), default=3, help="Of each case, in turn.")
@click.option("--minutes", type=click.FloatRange(0), default=60, help="Begin no repetition after so many minutes.")
@click.option("--data", type=click.Path(path_type=Path), default=ROOT / "data", help="Folder of the data sets.")
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "bench/results", help="Folder of the results.")
def main(
    cases: tuple[str, ...], against: str, is_quick: bool, repetitions: int, minutes: float, data: Path, out: Path
) -> None:
    """Measure the study against plain Keras scripts and a bare Snakefile, or against another commit of itself."""
    try:
        selection = chosen(" ".join(cases).split())
        check_commit(against)
    except InputError as error:
        raise click.UsageError(str(error)) from error
    compile_code(ROOT)
    study = Study.resolve(read_config([ROOT / "config.yaml"]))
    if is_quick:
        selection, repetitions = [quick(case, study) for case in selection], 1
    with ExitStack() as stack:
        compared: list[Compared] = [*selection]
        if against:
            goals = FASTER if is_first(against) and not is_quick else {}
            compared = beside(selection, stack.enter_context(checkout(against)), goals, study)
        _measure(compared, repetitions, minutes, study, data.absolute(), out)


def _measure(
    compared: Sequence[Compared], repetitions: int, minutes: float, study: Study, data: Path, out: Path
) -> None:
    """Measure the cases in turn, and save and report everything after each."""
    for name in sorted({name for case in compared for name in case.datasets(study)}):
        subprocess.run([sys.executable, "-m", "practica", "prepare", name, "--folder", data], cwd=ROOT, check=True)
    where = machine()
    path = out / f"{where['started'].replace(':', '')}.json"
    start = time.monotonic()
    outcomes: dict[str, list[Any]] = {case.name: [] for case in compared}
    rows: dict[str, list[Row]] = {}
    for number in range(repetitions):
        for case in compared:
            elapsed = (time.monotonic() - start) / 60
            if number and elapsed > minutes:
                continue
            click.echo(f"[{elapsed:4.1f} min] {case.name}, repetition {number + 1} of {repetitions}")
            outcomes[case.name].append(case.repeat(number, study, data))
            rows = keep(path, compared, outcomes, where, study)
    show(rows, where)
    click.echo(path)
    if any(row.verdict in (DIFFERENT, FAILED) for row in chain.from_iterable(rows.values())):
        sys.exit(1)


if __name__ == "__main__":
    main()
