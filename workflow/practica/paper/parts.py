"""The cells of one part of a claim: its verdict and sides, what the source prints, our result, the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from textwrap import wrap
from typing import Any

from practica.address import Quantity, base_of
from practica.config.front import repeats
from practica.config.names import metric_name, variant_name
from practica.evidence import numbers
from practica.evidence.effects import effect_text, rule_text
from practica.evidence.estimates import Estimate
from practica.evidence.findings import UNEQUAL
from practica.evidence.rules import CONFIRMED, FEWEST, NOT_CONFIRMED
from practica.figures.catalogue import figures_for
from practica.figures.tones import SIGNS
from practica.paper import cells, protocols
from practica.paper.facts import Facts
from practica.paper.table import Cell, Column, label
from practica.words import in_language, word

WIDEST = 27
"""Longest line below a verdict, in letters."""
NARROW = 24
"""A longer difference below a verdict is broken into lines; its two values stay together."""


def verdict(name: str, below: str, facts: Facts) -> Cell:
    """Return a verdict with its sign; the text below it is broken into short lines."""
    lines = [line for whole in below.splitlines() for line in wrap(whole, WIDEST)]
    below = "\n".join(lines)
    return Cell(f"{SIGNS[name]} {word(name, facts.language)}", {"": name}, below=below, tone=name)


def cause(part: Mapping[str, Any], facts: Facts) -> str:
    """Return in short lines why a part has no verdict, or which effect is too small; empty if neither applies."""
    return _cause(part, facts, _lines(facts.terms(part["reason"])) if part["cause"] == UNEQUAL else part["reason"])


def cause_sentence(part: Mapping[str, Any], facts: Facts) -> str:
    """Return the same on one line."""
    reason = facts.terms(part["reason"]) if part["cause"] == UNEQUAL else part["reason"]
    return _cause(part, facts, reason).replace("\n", " ")


def _cause(part: Mapping[str, Any], facts: Facts, reason: str) -> str:
    if not part["cause"]:
        return ""
    return word(f"cause_{part['cause']}", facts.language).format(
        n=part["estimate"]["n"] if part["estimate"] else 0,
        fewest=FEWEST,
        reason=reason,
        smallest=numbers.exact(part["smallest"], facts.language),
        count=(facts.claims or {})["decisions"]["count"],
    )


def _lines(differs: str) -> str:
    """Put each difference on a line of its own, and a long one on several."""
    return "\n".join(each if len(each) <= NARROW else _with_breaks(each) for each in differs.split(", "))


def _with_breaks(difference: str) -> str:
    """Break a long difference, such as ``batches of 50 / 256 samples``, but not its pair of values, if it fits."""
    lines = wrap(difference.replace(" / ", "\u00a0/\u00a0"), NARROW, break_long_words=False, break_on_hyphens=False)
    return "\n".join(line if len(line) <= WIDEST else line.replace("\u00a0/", "\n/") for line in lines)


def part_cells(part: Mapping[str, Any], facts: Facts) -> list[Cell]:
    """Return the row of a part, without its name."""
    under = [protocols.label_cell(part["protocol"], facts)] if facts.study.protocols else []
    numbers_of = [_rule(part, facts), *source_cells(part, facts), *under, _ours(part, facts), seeds_cell(part)]
    verdict_cell = verdict(part["verdict"], "\n".join(filter(None, [cause(part, facts), _tested(part, facts)])), facts)
    verdict_cell = replace(verdict_cell, raw={**verdict_cell.raw, "_p": part["p_holm"]})
    figure = _see(part["figure"], facts)
    if facts.study.protocols and part["protocol"] != facts.study.protocols[0]:  # figures show the first one
        figure = replace(figure, text="", figure="")
    return [label(in_language(part["says"], facts.language)), *numbers_of, figure, verdict_cell]


def _tested(part: Mapping[str, Any], facts: Facts) -> str:
    """Return the p-value of a verdict, or that no seed can change it; empty if nothing was tested."""
    if part.get("fixed") and part["verdict"] in (CONFIRMED, NOT_CONFIRMED):
        return word("fixed", facts.language)
    return "" if part["p_holm"] is None else numbers.chance(part["p_holm"], facts.language)


def _ours(part: Mapping[str, Any], facts: Facts) -> Cell:
    """Return both sides of a comparison with the judged value below, and its interval on a line of its own."""
    if not part["estimate"]:
        return cells.blank()
    values, raw = _values(part, facts)
    text = effect_text(part, facts.language)
    if values:
        return Cell(values, raw, below=f"{word(part['kind'], facts.language)} {text}".replace(" [", "\n["))
    return _alone(text, raw)


def glance_cell(part: Mapping[str, Any], facts: Facts) -> Cell:
    """Return the same with the names of the measure and of the sides, and without the spread."""
    if not part["estimate"]:
        return cells.blank()
    values, raw = _values(part, facts)
    text = effect_text(part, facts.language, spread=False)
    name = _short(part["of"]["quantity"], facts)
    if values:
        below = f"{' / '.join(side_names(part, facts))}\n{word(part['kind'], facts.language)} {text}"
        return Cell(f"{name} {values}", raw, below=below)
    return _alone(f"{name} {text}", raw)


def measured_text(part: Mapping[str, Any], facts: Facts) -> str:
    """Return as text what was measured for a part and over how many seeds; empty if nothing was."""
    if not part["estimate"]:
        return ""
    language, effect = facts.language, effect_text(part, facts.language, spread=False)
    text = f"{word(part['kind'], language)} {effect}"
    if not part["other"]:  # a number says nothing without its name and the bound
        rule = rule_text(part, language).replace(" ", "\u00a0")
        text = word("asked", language).format(f"{_short(part['of']['quantity'], facts)} {effect}", rule=rule)
    return f"{text.strip()}, n\u00a0=\u00a0{part['estimate']['n']}"


def _alone(effect: str, raw: dict[str, Any]) -> Cell:
    """Return the cell of a quantity that is compared with nothing, with its interval below."""
    text, _, interval = effect.partition(" [")
    return Cell(text, raw, below=f"[{interval}" if interval else "")


def _values(part: Mapping[str, Any], facts: Facts) -> tuple[str, dict[str, Any]]:
    """Return the numbers of both sides as text (empty for a single side), and all numbers raw."""
    sides = [side["estimate"] for side in (part["of"], part["other"]) if side and side["estimate"]]
    metric = Quantity.parse(part["of"]["quantity"]).metric
    raw = cells.raw(Estimate(**part["estimate"]))
    values = [Estimate(**each) for each in sides]
    raw |= {suffix: value.typical for suffix, value in zip(("_of", "_other"), values, strict=False)}
    if part.get("fixed"):
        return " / ".join(numbers.exact(value.typical, facts.language) for value in values), raw
    spread = max((each.sd or 0.0 for each in values), default=0.0)  # the digits of both are those of the wider one
    texts = (numbers.measure(each.typical, None, metric, facts.language, spread=spread) for each in values)
    return " / ".join(texts), raw


def side_names(part: Mapping[str, Any], facts: Facts) -> list[str]:
    """Return the names of the sides, one or two: the variants or, if these are the same, what is measured."""
    sides = [Quantity.parse(side["quantity"]) for side in (part["of"], part["other"]) if side]
    exercises = {each.exercise for each in sides}
    if len(exercises) == len({each.variant for each in sides}) == 1:
        return [_short(str(each), facts) for each in sides]
    names = [variant_name(facts.study, each.exercise, base_of(each.variant), facts.language) for each in sides]
    if len(exercises) > 1:
        names = [f"{name} ({each.exercise})" for name, each in zip(names, sides, strict=True)]
    return names


def printed_column(facts: Facts) -> list[Column]:
    """Return the column with the source's numbers, if the study has a source."""
    return [Column("source", word("in_source", facts.language))] if repeats(facts.study) else []


def source_cells(part: Mapping[str, Any], facts: Facts) -> list[Cell]:
    """Return the cell with what the source prints for both sides; blank if it prints nothing."""
    if not repeats(facts.study):
        return []
    printed_texts = [side["source"] for side in (part["of"], part["other"]) if side]
    if not any(printed_texts):
        return [cells.blank()]
    texts = (numbers.as_printed(text, facts.language) if text else "–" for text in printed_texts)
    return [
        Cell(
            " / ".join(texts),
            {"": printed_texts[0], "_other": printed_texts[-1] if len(printed_texts) > 1 else ""},
            tone=cells.tone(facts),
        )
    ]


def seeds_cell(part: Mapping[str, Any]) -> Cell:
    """Return how many seeds are judged and, below, how many each side has if one has more."""
    if not part["estimate"]:
        return cells.blank()
    n, each = part["estimate"]["n"], [side["seeds"] for side in (part["of"], part["other"]) if side]
    return Cell(str(n), {"": n}, below=f"({' / '.join(map(str, each))})" if max(each) > n else "")


def _rule(part: Mapping[str, Any], facts: Facts) -> Cell:
    ((name, bound),) = part["rule"].items()
    language = facts.language
    interest = word("interest", language).format(numbers.exact(part["smallest"], language)) if part["smallest"] else ""
    return Cell(rule_text(part, language), {"": name, "_bound": bound, "_smallest": part["smallest"]}, below=interest)


def _see(figure: str, facts: Facts) -> Cell:
    return Cell("", {"": figure}, figure=figure) if figure in figures_for(facts.study) else Cell("–", {"": figure})


def measures_of(part: Mapping[str, Any]) -> list[str]:
    """Return the measures of both sides."""
    return [Quantity.parse(side["quantity"]).measure for side in (part["of"], part["other"]) if side]


def definition_text(words: Mapping[str, str]) -> str:
    """Return the meaning of a measure, as a sentence of a note."""
    return f"{words['name'][0].upper()}{words['name'][1:]}: {words['means']}."


def _short(quantity: str, facts: Facts) -> str:
    """Return a few words for a measure: its name, or the split and, unless it is accuracy, the metric."""
    address = Quantity.parse(quantity)
    if not address.split:
        return in_language((facts.claims or {})["definitions"][address.measure], facts.language)["name"]
    where = word(address.split, facts.language).lower()
    return (
        where
        if address.metric == "accuracy"
        else f"{metric_name(facts.study, address.exercise, address.metric, facts.language)} ({where})"
    )
