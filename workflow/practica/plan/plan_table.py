"""Show a plan at the terminal: by exercise what is trained, where, for how long and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from practica.jobs.progress import duration
from practica.plan.estimates import ARITHMETIC, HERE, REFERENCE, RELATED, UNKNOWN, UNSCALED
from practica.plan.summary import TOGETHER, Plan, Training, gaps_text, hours

WHAT, WHERE, WHY = "each asks for", "goes to", "why"
COLUMNS = ("exercise", "to train", "there", WHAT, WHERE, "time", "GPU-hours", "estimate", WHY)
ON_THE_RIGHT = ("to train", "there", "time", "GPU-hours")
NARROWEST = 150
"""Least columns of a table that does not go to a terminal."""
REASONS = 2
"""Most reasons in the row of an exercise; the details list all."""
SOURCES = {
    HERE: "from runs here, scaled by epochs, steps, samples, seeds and folds",
    REFERENCE: "from the reference, scaled by how fast this machine was in runs of both",
    RELATED: "from runs of the same nets with the settings of another protocol, scaled; rough",
    UNSCALED: "as long as on the reference's machine: nothing of it has run here yet",
    ARITHMETIC: "from the arithmetic of the nets, and rough: may be wrong several times over",
    UNKNOWN: "no estimate: nothing like it has run, here or in a reference; once its data set is prepared, "
    "`python -m practica plan` builds the net and counts its arithmetic",
}
JOBS = {
    "prepare_data": ("data set", "data sets"),
    "rehearse": ("rehearsal", "rehearsals"),
    TOGETHER: ("search whose trials share a graph if they can", "searches whose trials share a graph if they can"),
    "figure": ("figure", "figures"),
    "table": ("table", "tables"),
    "paper": ("PDF", "PDFs"),
    "judge_trials": ("tuning judged", "tunings judged"),
}
"""How jobs of a rule are counted; all others are steps."""


def render(plan: Plan, console: Console) -> RenderableType:
    """Return the plan as a table, two in a narrow terminal, with its sums and the origin of its estimates."""
    lines: list[RenderableType] = []
    if plan.trainings or plan.there:
        table = _table(plan, COLUMNS)
        if console.measure(table, options=console.options.update(width=10_000)).maximum <= console.width:
            lines += [table, Text()]
        else:
            later = (WHAT, WHERE, WHY)
            lines += [_table(plan, [name for name in COLUMNS if name not in later]), Text()]
            if plan.trainings:
                lines += [_table(plan, ("exercise", *later)), Text()]
    lines += [Text(line) for line in _sentences(plan)]
    return Group(*lines)


def as_table(plan: Plan, stream: TextIO) -> str:
    """Return the lines of a plan for a stream: in colour for a terminal, else at least ``NARROWEST`` columns wide."""
    console = Console(file=stream)
    if not console.is_terminal:
        console = Console(file=stream, width=max(NARROWEST, console.width))
    with console.capture() as lines:
        console.print(render(plan, console))
    return "\n".join(line.rstrip() for line in lines.get().splitlines())


def _table(plan: Plan, names: Sequence[str]) -> Table:
    """Return a table with these columns; the sums stand below it if one of them has any."""
    sums = {
        "exercise": "total",
        "to train": str(len(plan.trainings)),
        "there": str(sum(plan.there.values())),
        "time": _time(plan.trainings),
        "GPU-hours": _gpu(plan),
    }
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, show_footer="time" in names)
    for name in names:
        right = name in ON_THE_RIGHT
        table.add_column(name, sums.get(name, ""), justify="right" if right else "left", overflow="fold", no_wrap=right)
    for exercise, members in _by_exercise(plan):
        cells = {
            "exercise": exercise,
            "to train": str(len(members) or ""),
            "there": str(plan.there.get(exercise, "") or ""),
            WHAT: _tally(_asks(each) for each in members),
            WHERE: _tally(each.place for each in members),
            "time": _time(members) if members else "",
            "GPU-hours": _gpu(plan, members) if members else "",
            "estimate": _tally(each.source for each in members),
            WHY: _tally((each.why for each in members), REASONS),
        }
        if members or "time" in names:
            table.add_row(*(cells[name] for name in names))
    return table


def _by_exercise(plan: Plan) -> Iterator[tuple[str, list[Training]]]:
    groups = {name: list(members) for name, members in groupby(plan.trainings, key=lambda each: each.exercise)}
    for name in dict.fromkeys([*groups, *plan.there]):
        yield name, groups.get(name, [])


def _asks(training: Training) -> str:
    threads = f"{training.threads} thread{'s' * (training.threads != 1)}"
    gpu = ", GPU?" if training.gpu is None else f", {training.gpu} GPU" if training.gpu else ""
    return f"{threads}{gpu}, {training.mem_mb / 1000:.3g} GB, {training.runtime} min"


def _tally(texts: Iterator[str], most: int = 3) -> str:
    """Return the different texts, the most frequent first; if there are several, each with its count."""
    counts = Counter(texts).most_common()
    if len(counts) == 1:
        return counts[0][0]
    lines = [f"{text} ({count})" for text, count in counts[:most]]
    return "\n".join([*lines, *(["..."] if len(counts) > most else [])])


def _time(trainings: Sequence[Training]) -> str:
    """Return the time that trainings take one after another."""
    finite = [each for each in trainings if each.seconds is not None]
    if not finite:
        return "?" if trainings else "0 s"
    sign = "≤ " if any(each.at_most for each in finite) else ""
    return f"{sign}{duration(3600 * hours(finite))}{' + ?' if len(finite) < len(trainings) else ''}"


def _gpu(plan: Plan, trainings: Sequence[Training] | None = None) -> str:
    members = plan.trainings if trainings is None else trainings
    if not plan.on_cluster:
        return "-"
    more = " + ?" if any(each.gpu is None or (each.gpu and each.seconds is None) for each in members) else ""
    return f"{hours(members, gpu=True):.2g}{more}"


def _sentences(plan: Plan) -> Iterator[str]:
    steps = sum(count for rule, count in plan.others.items() if rule not in JOBS)
    parts = [_number_of(plan.others[rule], *names) for rule, names in JOBS.items() if rule in plan.others]
    others = [*parts, *([_number_of(steps, "other step", "other steps")] if steps else [])]
    if others:
        yield f"{'Besides' if plan.trainings else 'Nothing to train; to do'}: {', '.join(others)}"
    elif not plan.trainings:
        yield "Nothing to do: everything is there and up to date"
    if plan.gaps:
        yield gaps_text(plan.gaps)
    longest = max((each for each in plan.trainings if each.seconds), key=lambda each: each.seconds or 0, default=None)
    if longest and longest.seconds and len(plan.trainings) > 1:
        yield f"Longest: {longest.block}, {_time([longest])}; the total time is for one after another"
    if TOGETHER in plan.others:
        yield "Trials of small nets that differ only in rates and penalties share a graph, and take less time than that"
    for source in dict.fromkeys(each.source for each in plan.trainings):
        yield f"{source}: {SOURCES[source]}"
    if any(each.at_most for each in plan.trainings):
        yield "≤: for all samples of a data set; how many a training has is known once the data are prepared"
    if any(each.gpu is None for each in plan.trainings):
        yield "GPU?: the rehearsal counts the arithmetic of a training step, which decides whether one is requested"
    if not plan.on_cluster and any(each.gpu for each in plan.trainings):
        yield "GPU: requested on clusters only; on this machine TensorFlow uses one if it sees it"


def _number_of(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
