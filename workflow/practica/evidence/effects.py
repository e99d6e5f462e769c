"""Put the checks of all claims on one scale, so that one picture can show them: effects in units of their rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from practica.address import Quantity
from practica.evidence import numbers
from practica.evidence.claims import NEAR
from practica.evidence.estimates import SHARE, Estimate
from practica.evidence.rules import rule_of
from practica.words import word

Ends = tuple[float, float]
FARTHEST = 1000.0
"""Effects beyond this many units are drawn at the edge of the axis."""


@dataclass(frozen=True)
class Effect:
    """The effect that a check found, in units of its rule.

    The unit is the bound of the rule or, if the bound means no effect, the smallest effect of interest; a ratio is
    taken on logarithms. Zero means that the two sides are equal; where a check compares one value with a bound, that
    this value is 0; where it asks for a printed number, that the value is that number.

    Attributes:
        low, high: the ends of the 95 % interval; infinite if it is open, the centre if there is none.
        seeds: the effect with each seed.
        allowed: the range in which the claim holds.
        small: the part of this range in which the effect is smaller than of interest; None if the rule has no such
            part.
    """

    centre: float
    low: float
    high: float
    seeds: tuple[float, ...]
    allowed: Ends
    small: Ends | None = None


def effect(part: Mapping[str, Any]) -> Effect | None:
    """Return the effect of a part of a claim, as stored in ``claims.json``; None if nothing was measured."""
    if not part["estimate"]:
        return None
    value = Estimate(**part["estimate"])
    in_units, allowed, small = _scale(part)
    low, high = (value.centre, value.centre) if value.low is None and value.high is None else (value.low, value.high)
    ends = [in_units(-math.inf if low is None else low), in_units(math.inf if high is None else high)]
    seeds = tuple(map(in_units, part["by_seed"].values()))
    return Effect(in_units(value.centre), min(ends), max(ends), seeds, allowed, small)


def _scale(part: Mapping[str, Any]) -> tuple[Callable[[float], float], Ends, Ends | None]:
    """Return a function that converts to units of the rule, the range that the rule allows, and the range too small."""
    ((name, bound),) = part["rule"].items()
    smallest, target = part["smallest"], float(part["of"]["source"]) if name == NEAR else 0.0
    rule = rule_of(name, bound, smallest, target)
    downward = math.isinf(rule.low)
    if part["kind"] == "ratio" and bound > 0:
        unit = math.log(bound if bound != 1 else 1 - smallest if downward else 1 + smallest)

        def in_units(value: float) -> float:
            return (math.log(value) if value > 0 else -math.inf) / unit

    else:
        unit = bound or (-1 if downward else 1) * (smallest or 1)

        def in_units(value: float) -> float:
            return (value - target) / unit

    allowed = _sorted(in_units(rule.low), in_units(rule.high))
    if not smallest:
        return in_units, allowed, None
    end = rule.high if downward else rule.low
    return in_units, allowed, _sorted(in_units(end), in_units(end - smallest if downward else end + smallest))


def _sorted(one: float, other: float) -> Ends:
    return min(one, other), max(one, other)


def by_protocol(claim: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return a claim as judged under each protocol, by name; without protocols, the claim itself under ``""``."""
    if "verdicts" not in claim:
        return {"": claim}
    parts: list[Mapping[str, Any]] = claim["parts"]
    return {
        name: {**claim, "verdict": verdict, "parts": [part for part in parts if part["protocol"] == name]}
        for name, verdict in claim["verdicts"].items()
    }


def axis_ends(effects: Iterable[Effect]) -> Ends:
    """Return the ends of an axis that holds zero, one unit, and all finite ends of the effects."""
    ends = [end for each in effects for end in (each.low, each.high, each.centre) if math.isfinite(end)]
    return max(1.3 * min([-1.5, *ends]), -FARTHEST), min(1.3 * max([2.0, *ends]), FARTHEST)


def deciding(claim: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a claim that decides it under one protocol: the first with the verdict of the whole claim."""
    parts: list[Mapping[str, Any]] = claim["parts"]
    return next((part for part in parts if part["verdict"] == claim["verdict"]), parts[0])


def rule_text(part: Mapping[str, Any], language: str) -> str:
    """Return the rule of a part as text: what is judged, and which values it may have."""
    ((name, bound),) = part["rule"].items()
    source = part["of"]["source"]
    around = numbers.as_printed(source, language) if name == NEAR and source else ""
    rule = word(name, language).format(numbers.exact(bound, language), around)
    return f"{word(part['kind'], language)} {rule}".strip().replace(" ", "\u00a0")


def effect_text(part: Mapping[str, Any], language: str, *, spread: bool = True) -> str:
    """Return the value that the rule of a part judged, with its interval; the part was evaluated."""
    value = Estimate(**part["estimate"])
    metric = "ratio" if part["kind"] == "ratio" else Quantity.parse(part["of"]["quantity"]).metric
    typical, text = value.typical, numbers.estimate(value, metric, language)
    if (not spread or part.get("fixed")) and value.scale != SHARE:
        typical, text = value.centre, numbers.measure(value.centre, None, metric, language, spread=value.sd)
    if part.get("fixed") and part["kind"] != "ratio":
        text = numbers.exact(value.centre, language)
    if value.low is None and value.high is None:
        return text
    return f"{text} {numbers.interval(value.low, value.high, typical, metric, language, spread=value.sd)}"
