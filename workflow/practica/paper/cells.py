"""The cells of tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from practica.address import Quantity, base_of
from practica.config.names import variant_name
from practica.evidence import numbers
from practica.evidence.estimates import Estimate
from practica.evidence.results import Missing, Value
from practica.evidence.source import numbers as source_numbers
from practica.evidence.source import of as printed_of
from practica.paper.facts import Facts
from practica.paper.table import PALE, Cell, Column, label
from practica.words import word


def variant_column(facts: Facts) -> Column:
    """Return the column of the variants' names."""
    return Column("variant", word("variant", facts.language), numeric=False)


def variant(exercise: str, name: str, facts: Facts) -> Cell:
    """Return the name of a variant, without its protocol."""
    return label(variant_name(facts.study, exercise, base_of(name), facts.language), name)


def measure(value: Estimate | Missing, metric: str, facts: Facts) -> Cell:
    """Return the estimate of a metric, with its interval below."""
    if isinstance(value, Missing):
        return gap(value.reason, facts)
    text = numbers.estimate(value, metric, facts.language)
    return Cell(text, raw(value), below=interval(value, metric, facts))


def raw(value: Estimate) -> dict[str, str | float | int | None]:
    """Return the numbers of an estimate, by the suffixes of their columns."""
    spread = {"_sd": value.sd} if not value.skewed else {"_least": value.least, "_greatest": value.greatest}
    return {"": value.typical, **spread, "_low": value.low, "_high": value.high}


def interval(value: Estimate, metric: str, facts: Facts) -> str:
    """Return the interval of an estimate as text; empty if it has none."""
    if value.low is None and value.high is None:
        return ""
    return numbers.interval(value.low, value.high, value.typical, metric, facts.language, spread=value.sd)


def plain(value: float, facts: Facts) -> Cell:
    """Return a number with at least three figures."""
    return Cell(numbers.significant(value, facts.language), {"": value})


def rounded(value: float, facts: Facts, figures: int) -> Cell:
    """Return a number rounded to so many figures, ``1162`` to ``1200`` with two."""
    return Cell(numbers.significant(float(f"{value:.{figures}g}"), facts.language, figures), {"": value})


def count(value: int, facts: Facts) -> Cell:
    """Return a whole number."""
    return Cell(numbers.count(value, facts.language), {"": value})


def optional(value: Any, facts: Facts) -> Cell:
    """Return a number, or an empty cell if it is unknown."""
    if pd.isna(value):
        return blank()
    return count(int(value), facts) if float(value).is_integer() else plain(float(value), facts)


def source(name: str, facts: Facts) -> Cell:
    """Return what the source prints, if it does; pale in a demonstration, which is not to be compared with it."""
    text = printed_of(source_numbers(facts.study), Quantity.parse(name))
    return blank() if text is None else Cell(numbers.as_printed(text, facts.language), {"": text}, tone=tone(facts))


def tone(facts: Facts) -> str:
    """Return the tone of the source's numbers."""
    return PALE if facts.study.demonstration else ""


def seeds(values: list[Value | Missing]) -> Cell:
    """Return the largest number of seeds behind the values of a row."""
    counts = [value.n for value in values if isinstance(value, Value)]
    return Cell(str(max(counts)), {"": max(counts)}) if counts else blank()


def unrecorded(value: Value | Missing) -> bool:
    """Return whether a value is missing because the variant does not record it."""
    return isinstance(value, Missing) and value.status == "unrecorded"


def gap(reason: str, facts: Facts) -> Cell:
    """Return the mark of a value that should be there."""
    return Cell(word("missing", facts.language), {"": ""}, reason)


def blank() -> Cell:
    """Return an empty cell."""
    return Cell("–", {"": ""})
