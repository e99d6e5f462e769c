"""Sum up a run in a few lines: what was trained, reused and failed, the verdicts, and where the reports are."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.rules import CONFIRMED, NOT_CONFIRMED, OVERALL, VERDICTS
from practica.files import read_json, write_text
from practica.jobs.telling import duration
from practica.plan.planned import known_blocks
from practica.plan.wiring import finished
from practica.words import report_name

NOTE = Path(".snakemake/practica_outcome.txt")
"""The lines of the last run, for scripts that print them again."""
DECIDED = (*OVERALL, CONFIRMED, NOT_CONFIRMED)
MOST = 5
"""Largest number of failed jobs that are named."""


def outcome(study: Study, trained: Collection[str], failed: Sequence[str], seconds: float, missing: int) -> list[str]:
    """Return the outcome of a run.

    Args:
        study: the study.
        trained: the blocks that it trained, by their names.
        failed: the titles of its failed jobs.
        seconds: how long it took.
        missing: jobs that were neither done nor failed.
    """
    there = {block.id: finished(block, root) for block, root in known_blocks(study).values()}
    reused = sum(done for name, done in there.items() if name not in trained)
    state = "Not complete" if failed or missing else "Done"
    left = f", {_jobs(missing)} not started or stopped" if missing else ""
    made = f"{len(trained)} trained, {reused} reused, {_jobs(len(failed))} failed{left}"
    lines = [f"{state} after {duration(seconds)}: {made}"]
    lines += [f"    failed: {title}" for title in failed[:MOST]]
    lines += [f"    and {len(failed) - MOST} more"] if len(failed) > MOST else []
    if not (failed or missing):
        return [*lines, *_verdicts(study), *_places(study)]
    # Reports that this run did not reach come from an earlier run.
    earlier = [f"From an earlier run: {line}" for line in _places(study, before=time.time() - seconds)]
    return [*lines, "The same command continues from there", *earlier]


def note_outcome(lines: Sequence[str]) -> None:
    """Keep the lines in ``NOTE``."""
    write_text(NOTE, "\n".join(lines) + "\n")


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


def _places(study: Study, before: float | None = None) -> Iterator[str]:
    """Yield the locations of existing reports; only of those from before a time, if one is given."""

    def there(path: Path) -> bool:
        return path.is_file() and (before is None or path.stat().st_mtime < before)

    pdfs = (study.results / f"{report_name(language)}.pdf" for language in study.languages)
    if made := [str(path) for path in pdfs if there(path)]:
        yield f"PDF report:   {', '.join(made)}"
    if there(page := study.results / "page" / "index.html"):
        yield f"Web pages:    {page}: open it in a browser"
