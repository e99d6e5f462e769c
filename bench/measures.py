"""The measures of a training: which processes they need, and what they compute from these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import mean, median
from typing import Any

from bench.arithmetic import Least, Length, per_epoch, ratios, same_band, spread
from bench.rows import Goal, Row, Side
from bench.sides import Done


@dataclass(frozen=True)
class Job:
    """One process to measure: a side, the number of its seeds and its epochs.

    Attributes:
        level: of the case's metric; the process is stopped once it is reached. None if it trains to its end.
    """

    side: str
    seeds: int
    epochs: int
    level: float | None = None


@dataclass(frozen=True)
class Band:
    """The result by which both sides are compared, and by how much their means over the same seeds may differ."""

    part: str
    metric: str
    tolerance: float

    def __str__(self) -> str:
        return f"{self.part} {self.metric} ± {self.tolerance:g}"


@dataclass(frozen=True)
class Work:
    """What a case trains: its epochs, the shorter of two lengths, and the tolerance of its results."""

    epochs: int
    short: int
    band: Band


SMALL = 5
"""Seeds of the smaller of two processes whose memory is compared."""

Turns = Sequence[Sequence[Done]]
"""For each repetition, what came of the jobs of a measure, in their order."""


@dataclass(frozen=True)
class Total:
    """Wall time of several seeds, including starts: one plain process for each, one process of ours for all."""

    seeds: int
    goal: Goal | None = None

    @property
    def title(self) -> str:
        """Return what is measured."""
        return f"plain / ours, {self.seeds} seed{'s' * (self.seeds > 1)}"

    def jobs(self, work: Work) -> list[Job]:
        """Return the processes to measure."""
        return [Job("plain", 1, work.epochs), Job("ours", self.seeds, work.epochs)]

    def row(self, work: Work, turns: Turns) -> Row:
        """Return what they say."""
        plain = [plain.seconds * self.seeds for plain, _ in turns]
        ours = [ours.seconds for _, ours in turns]
        note = f"plain: one seed a repetition, times {self.seeds}" if self.seeds > 1 else ""
        return _compared(self, "x", ratios(plain, ours), (plain, ours), work, turns, note)


@dataclass(frozen=True)
class PerEpoch:
    """Seconds of one more epoch, from two lengths."""

    goal: Goal | None = None
    title = "plain / ours, one epoch"

    def jobs(self, work: Work) -> list[Job]:
        """Return the processes to measure, the long ones last."""
        return [Job(side, 1, epochs) for epochs in (work.short, work.epochs) for side in ("plain", "ours")]

    def row(self, work: Work, turns: Turns) -> Row:
        """Return what they say."""
        plain = [_epoch_seconds(work, short, long) for short, _, long, _ in turns]
        ours = [_epoch_seconds(work, short, long) for _, short, _, long in turns]
        note = f"from runs of {work.short} and {work.epochs} epochs"
        return _compared(self, "x", ratios(plain, ours), (plain, ours), work, [turn[2:] for turn in turns], note)


@dataclass(frozen=True)
class TimeTo:
    """Wall time of one seed until the case's metric first reaches a level at the end of an epoch, start-up included."""

    level: float
    goal: Goal | None = None

    @property
    def title(self) -> str:
        """Return what is measured."""
        return f"plain / ours, time to {self.level:g}"

    def jobs(self, work: Work) -> list[Job]:
        """Return the processes to measure."""
        return [Job(side, 1, work.epochs, self.level) for side in ("plain", "ours")]

    def row(self, work: Work, turns: Turns) -> Row:
        """Return what they say; both have reached the level, so there are no results to compare."""
        seconds = [[turn[place].seconds for turn in turns] for place in (0, 1)]
        sides = [
            Side(
                spread(seconds[place]),
                max(turn[place].peak_mb for turn in turns),
                mean(value for turn in turns for value in turn[place].results.values()),
            )
            for place in (0, 1)
        ]
        epochs = [spread([turn[place].said["epochs"] for turn in turns]) for place in (0, 1)]
        plain, ours = (f"{each.median:g} ({each.low:g} to {each.high:g})" for each in epochs)
        note = f"{work.band.part} {work.band.metric} of {self.level:g} after epochs: plain {plain}, ours {ours}"
        return Row(self.title, "x", spread(ratios(*seconds)), self.goal, sides[0], sides[1], note=note)


@dataclass(frozen=True)
class Growth:
    """Our time for many seeds, as a multiple of our time for one."""

    seeds: int
    goal: Goal | None = None

    @property
    def title(self) -> str:
        """Return what is measured."""
        return f"ours, {self.seeds} seeds / 1 seed"

    def jobs(self, work: Work) -> list[Job]:
        """Return the processes to measure."""
        return [Job("ours", 1, work.epochs), Job("ours", self.seeds, work.epochs)]

    def row(self, work: Work, turns: Turns) -> Row:
        """Return what they say."""
        one, many = ([turn[place].seconds for turn in turns] for place in (0, 1))
        return _compared(self, "x", ratios(many, one), (one, many), work, turns, "other: ours with one seed")


@dataclass(frozen=True)
class Memory:
    """Our peak memory for one seed."""

    goal: Goal | None = None
    title = "ours, peak memory"

    def jobs(self, work: Work) -> list[Job]:
        """Return the processes to measure."""
        return Total(1).jobs(work)

    def row(self, work: Work, turns: Turns) -> Row:
        """Return what they say."""
        seconds = tuple([turn[place].seconds for turn in turns] for place in (0, 1))
        return _compared(self, "MB", [ours.peak_mb for _, ours in turns], seconds, work, turns, "")


@dataclass(frozen=True)
class MemoryGrowth:
    """Our peak memory for many seeds in one process, as a multiple of our peak memory for five."""

    seeds: int
    goal: Goal | None = None

    @property
    def title(self) -> str:
        """Return what is measured."""
        return f"ours, peak memory of {self.seeds} seeds / {SMALL} seeds"

    def jobs(self, work: Work) -> list[Job]:
        """Return the processes to measure."""
        return [Job("ours", SMALL, work.epochs), Job("ours", self.seeds, work.epochs)]

    def row(self, work: Work, turns: Turns) -> Row:
        """Return what they say."""
        few, many = ([turn[place].peak_mb for turn in turns] for place in (0, 1))
        seconds = tuple([turn[place].seconds for turn in turns] for place in (0, 1))
        return _compared(self, "x", ratios(many, few), seconds, work, turns, f"other: ours with {SMALL} seeds")


@dataclass(frozen=True)
class Arithmetic:
    """Our arithmetic in an epoch, as a share of what bare convolutions of the same shapes reach."""

    goal: Goal | None = None
    title = "ours, share of the FLOP/s of bare convolutions"

    def jobs(self, work: Work) -> list[Job]:
        """Return the processes to measure."""
        return [Job("limits", 1, 0), Job("ours", 1, work.short), Job("ours", 1, work.epochs)]

    def row(self, work: Work, turns: Turns) -> Row:
        """Return what they say."""
        machines = [limits.said for limits, _, _ in turns]
        seconds = [_epoch_seconds(work, short, long) for _, short, long in turns]
        achieved = [each["flop_per_epoch"] / each_seconds for each, each_seconds in zip(machines, seconds, strict=True)]
        bare = [each["convolution_flops"] for each in machines]
        product = [each["product_flops"] for each in machines]
        rates = [f"{spread(rates).median / 1e9:.0f}" for rates in (achieved, bare, product)]
        note = "GFLOP/s ({}): ours {}, bare convolutions {}, matrix product {}".format(machines[0]["precision"], *rates)
        shares = [100 * share for share in ratios(achieved, bare)]
        return Row(self.title, "%", spread(shares), self.goal, ours=Side(spread(seconds)), note=note)


@dataclass(frozen=True)
class Limit:
    """Our wall time for some seeds, as a multiple of the least that this machine needs for them.

    The least is: imports, then tracing, then the longest of products at the rate of a large one, traffic at the rate of
    a large copy, and launches of steps, which all runs share (see ``bench.limit``).
    """

    seeds: int = 1
    goal: Goal | None = None

    @property
    def title(self) -> str:
        """Return what is measured."""
        return f"ours / limit, {self.seeds} seed{'s' * (self.seeds > 1)}"

    def jobs(self, work: Work) -> list[Job]:
        """Return the processes to measure."""
        return [Job("limits", 1, 0), Job("ours", self.seeds, work.epochs)]

    def row(self, work: Work, turns: Turns) -> Row:
        """Return what they say."""
        least = [_least(limits.said, self.seeds, work.epochs) for limits, _ in turns]
        seconds = [ours.seconds for _, ours in turns]
        values = ratios(seconds, [each.seconds for each in least])
        terms = {name: median(asdict(each)[name] for each in least) for name in asdict(least[0])}
        before = "limit [s]: start {start:.3g} + trace {trace:.3g}".format(**terms)
        longest = "the longest of products {products:.2g}, traffic {traffic:.2g}, launches {launches:.2g}".format(
            **terms
        )
        note = f"other, {self.seeds} seed{'s' * (self.seeds > 1)}: {before} + {longest}"
        limit = Side(spread([each.seconds for each in least]))
        return Row(self.title, "x", spread(values), self.goal, limit, Side(spread(seconds)), note=note)


@dataclass(frozen=True)
class Preemption:
    """What it costs that a job of ours is stopped once, at a random moment of its second half, and started again.

    Attributes:
        how: ``killed`` at once; ``told`` by SIGTERM, with four seconds to end; ``graced``, with a minute.
    """

    how: str
    seeds: int = 1
    goal: Goal | None = None

    @property
    def title(self) -> str:
        """Return what is measured."""
        return f"ours, a preemption costs ({WARNINGS[self.how]})"

    def jobs(self, work: Work) -> list[Job]:
        """Return the processes to measure."""
        return [Job("ours", self.seeds, work.epochs), Job(self.how, self.seeds, work.epochs)]

    def row(self, work: Work, turns: Turns) -> Row:
        """Return what they say; the results have to be equal to the last bit."""
        seconds = [[turn[place].seconds for turn in turns] for place in (0, 1)]
        costs = [stopped - alone for alone, stopped in zip(*seconds, strict=True)]
        row = _compared(self, "s", costs, seconds, work, turns, "other: ours, left alone")
        return replace(row, same=all(alone.results == stopped.results for alone, stopped in turns))


WARNINGS = {"killed": "no warning", "told": "4 s of warning", "graced": "59 s of warning"}


Measure = Total | PerEpoch | TimeTo | Growth | Memory | MemoryGrowth | Arithmetic | Limit | Preemption


def _epoch_seconds(work: Work, short: Done, long: Done) -> float:
    return per_epoch(Length(work.short, short.seconds), Length(work.epochs, long.seconds))


def _least(machine: Mapping[str, Any], seeds: int, epochs: int) -> Least:
    """Return the least seconds of a training, from what ``bench.limit`` says of one of its runs."""
    runs = seeds * machine["runs_per_seed"]
    return Least(
        machine["start_seconds"],
        machine["trace_seconds"],
        runs * epochs * machine["flop_per_epoch"] / machine["product_flops"],
        runs * epochs * machine["bytes_per_epoch"] / machine["copy_rate"],
        epochs * machine["steps_per_epoch"] * machine["launch_seconds"],
    )


def _compared(
    measure: Measure,
    unit: str,
    values: Sequence[float],
    seconds: Sequence[Sequence[float]],
    work: Work,
    turns: Turns,
    note: str,
) -> Row:
    """Return the row of two sides; each turn holds the outcome of both."""
    pairs = [
        (one.results[seed], other.results[seed])
        for one, other in turns
        for seed in sorted(one.results.keys() & other.results.keys())
    ]
    results = [mean(pair[place] for pair in pairs) for place in (0, 1)]
    sides = [
        Side(spread(seconds[place]), max(turn[place].peak_mb for turn in turns), results[place]) for place in (0, 1)
    ]
    same = same_band(results[0], results[1], work.band.tolerance)
    notes = turns[0][1].said
    note = "; ".join(filter(None, [note, f"ours: {notes['engine']}, {notes['precision']}"]))
    return Row(measure.title, unit, spread(values), measure.goal, sides[0], sides[1], same, note)
