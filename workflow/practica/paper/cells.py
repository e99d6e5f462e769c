"""The cells that tables are made of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from practica.evidence.results import Missing, Value
from practica.evidence.source import PRINTED
from practica.evidence.summary import Estimate
from practica.paper import numbers
from practica.paper.facts import Facts
from practica.paper.names import variant_name
from practica.paper.table import Cell, Column, label
from practica.paper.words import word


def variant_column(facts: Facts) -> Column:
    """Return the column of the variants' names."""
    return Column("variant", word("variant", facts.language), numeric=False)


def variant(exercise: str, name: str, facts: Facts) -> Cell:
    """Return the name of a variant."""
    return label(variant_name(exercise, name, facts.language), name)


def measure(value: Estimate | Missing, metric: str, facts: Facts) -> Cell:
    """Return a mean over the seeds with its standard deviation, and below them its interval."""
    if isinstance(value, Missing):
        return gap(value.reason, facts)
    raw = {"": value.mean, "_sd": value.sd, "_low": value.low, "_high": value.high}
    text = numbers.measure(value.mean, value.sd, metric, facts.language)
    return Cell(text, raw, below=interval(value, metric, facts))


def interval(value: Estimate, metric: str, facts: Facts) -> str:
    """Return the interval of an estimate as text; nothing for a single seed."""
    if value.low is None or value.high is None:
        return ""
    return numbers.interval(value.low, value.high, value.mean, metric, facts.language)


def plain(value: float, facts: Facts) -> Cell:
    """Return a number with its significant figures."""
    return Cell(numbers.significant(value, facts.language), {"": value})


def count(value: int, facts: Facts) -> Cell:
    """Return a whole number."""
    return Cell(numbers.count(value, facts.language), {"": value})


def optional(value: Any, facts: Facts) -> Cell:
    """Return a number that may not be known."""
    if pd.isna(value):
        return blank()
    return count(int(value), facts) if float(value).is_integer() else plain(float(value), facts)


def source(name: str, facts: Facts) -> Cell:
    """Return what the source prints, if it does."""
    if name not in PRINTED:
        return blank()
    return Cell(printed(PRINTED[name], facts), {"": PRINTED[name]})


def printed(text: str, facts: Facts) -> str:
    """Return a number of the source with the language's decimal mark and the digits that the source gives it."""
    return numbers.decimal(float(text), len(text.partition(".")[2]), facts.language)


def seeds(values: list[Value | Missing]) -> Cell:
    """Return how many seeds the values of a row rest on."""
    known = [value.n for value in values if isinstance(value, Value)]
    return Cell(str(max(known)), {"": max(known)}) if known else blank()


def unrecorded(value: Value | Missing) -> bool:
    """Say whether there is nothing because there is nothing to record."""
    return isinstance(value, Missing) and value.status == "unrecorded"


def gap(reason: str, facts: Facts) -> Cell:
    """Return the mark of something that should be there."""
    return Cell(word("missing", facts.language), {"": ""}, reason)


def blank() -> Cell:
    """Return an empty cell."""
    return Cell("–", {"": ""})
