"""Sum up a run in a few lines: what was trained, reused and failed, the verdicts, and where the reports are."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from csv import DictReader
from pathlib import Path

from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.rules import CONFIRMED, NOT_CONFIRMED, OVERALL, VERDICTS
from practica.files import read_json, write_text
from practica.jobs.progress import duration
from practica.plan.summary import gaps, gaps_text, known_blocks
from practica.plan.wiring import finished
from practica.words import report_name

NOTE = Path(".snakemake/practica_outcome.txt")
"""The lines of the last run, for scripts that print them again."""
DECIDED = (*OVERALL, CONFIRMED, NOT_CONFIRMED)
MOST = 5
"""Largest number of failed jobs that are named."""


def outcome(
    study: Study, trained_blocks: Collection[str], failed_jobs: Sequence[str], seconds: float, missing_jobs: int
) -> list[str]:
    """Return the outcome of a run.

    Args:
        study: the study.
        trained_blocks: the blocks that it trained, by their names.
        failed_jobs: the titles of its failed jobs.
        seconds: how long it took.
        missing_jobs: jobs that were neither done nor failed.
    """
    there = {block.id: finished(block, root) for block, root in known_blocks(study).values()}
    reused = sum(is_finished for name, is_finished in there.items() if name not in trained_blocks)
    state = "Not complete" if failed_jobs or missing_jobs else "Done"
    rest = f", {_jobs(missing_jobs)} not started or stopped" if missing_jobs else ""
    counts = f"{len(trained_blocks)} trained, {reused} reused, {_jobs(len(failed_jobs))} failed{rest}"
    lines = [f"{state} after {duration(seconds)}: {counts}"]
    lines += [f"    failed: {title}" for title in failed_jobs[:MOST]]
    lines += [f"    and {len(failed_jobs) - MOST} more"] if len(failed_jobs) > MOST else []
    if failed_jobs or missing_jobs:
        _, earlier = _places(study, time.time() - seconds)
        return [*lines, "The same command continues from there", *earlier]
    # A run of a part, such as that of `decide`, may judge the claims without building the reports.
    current, earlier = _places(study, _time_of_verdicts(study))
    lines += [gaps_text(names)] if (names := gaps(study)) else []
    return [*lines, *_verdicts(study), *current, *earlier]


def note_outcome(lines: Sequence[str]) -> None:
    """Keep the lines in ``NOTE``."""
    write_text(NOTE, "\n".join(lines) + "\n")


def nothing_to_do(study: Study) -> str:
    """Return the sentence on a run without jobs; Snakemake misses no results from which all that it makes is made."""
    try:
        with (study.results / "runs.csv").open(encoding="utf-8", newline="") as stream:
            ids = {
                f"{row['exercise']}/{row['variant']}/{row['block']}"
                for row in DictReader(stream)
                if row["status"] == "done"
            }
    except (OSError, ValueError, KeyError):  # nothing is collected, or it is damaged, which the next step says
        ids = set()
    missing = [block.id for block in study.blocks() if block.id in ids and not finished(block, study.results)]
    if not missing:
        return "Nothing to be done: everything is there and up to date"
    names = ", ".join(missing[:MOST]) + (f" and {len(missing) - MOST} more" if len(missing) > MOST else "")
    return (
        f"Nothing to be done: what is made from the runs is up to date; but results are gone of {names}. "
        "To train them again, add --forcerun collect"
    )


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


def _verdicts(study: Study) -> Iterator[str]:
    """Yield how many claims are decided, and how, if they have been judged."""
    try:
        claims = read_json(study.results / "claims.json")["claims"]
        counts = Counter(claim["verdict"] for claim in claims)
    except (InputError, LookupError, TypeError):
        return
    summary = ", ".join(f"{counts[verdict]} {verdict}" for verdict in (*OVERALL, *VERDICTS) if counts[verdict])
    decided = sum(counts[verdict] for verdict in DECIDED)
    if claims:
        yield f"Claims: {decided} of {len(claims)} decided: {summary}"


def _time_of_verdicts(study: Study) -> float:
    """Return when the claims were judged, in seconds since 1970; 0 if they were not."""
    file = study.results / "claims.json"
    return file.stat().st_mtime if file.is_file() else 0.0


def _places(study: Study, since: float) -> tuple[list[str], list[str]]:
    """Return a line for each kind of report that is there: those made since a time, and those of an earlier run."""
    page = study.results / "page" / "index.html"
    pdfs = [study.results / f"{report_name(language)}.pdf" for language in study.languages]

    def places(*, earlier: bool) -> Iterator[str]:
        def there(path: Path) -> bool:
            return path.is_file() and (path.stat().st_mtime < since) is earlier

        head = "From an earlier run: " if earlier else ""
        if reports := [str(path) for path in pdfs if there(path)]:
            yield f"{head}PDF report:   {', '.join(reports)}"
        if there(page):
            yield f"{head}Web pages:    {page}: open it in a browser"

    return list(places(earlier=False)), list(places(earlier=True))
