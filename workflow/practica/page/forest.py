"""Gather the forest plot of all claims as rows in HTML rather than a picture, so that it can be read aloud."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from practica.config import protocols
from practica.evidence.effects import Effect, Ends, axis_ends, by_protocol, deciding, effect, effect_text, rule_text
from practica.figures.tones import SIGNS
from practica.page.address import address
from practica.paper.facts import Facts
from practica.paper.parts import cause_sentence
from practica.words import in_language, word

TICKS = (-1000, -100, -10, -1, 0, 1, 10, 100, 1000)


def forest(facts: Facts) -> Mapping[str, Any]:
    """Return the claims with their checks, placed from 0 to 100 on one axis, and the ticks of that axis."""
    claims = facts.claims["claims"] if facts.claims else []
    ends = axis_ends(interval for claim in claims for part in claim["parts"] if (interval := effect(part)))
    ticks = [
        {"at": _place(tick, ends), "label": f"{tick:g}".replace("-", "−")} for tick in TICKS if _inside(tick, ends)
    ]
    marks = {"zero": _place(0, ends), "one": _place(1, ends)}
    return {"claims": [_claim(claim, ends, facts) for claim in claims], "ticks": ticks, **marks}


def _claim(claim: Mapping[str, Any], ends: Ends, facts: Facts) -> Mapping[str, Any]:
    views, study = by_protocol(claim), facts.study
    names = [name for name in ("", *study.shown_protocols) if name in views]
    labels = {name: protocols.label(study.folder, name, facts.language) if name else "" for name in names}
    return {
        "id": claim["id"],
        "page": address(facts.study, claim["exercise"], facts.language),
        "sentence": in_language(claim["sentence"], facts.language),
        **_verdict(claim["verdict"], facts),
        "parts": [
            {**_part(part, ends, facts, decides=part is deciding(views[name])), "protocol": labels[name]}
            for name in names
            for part in views[name]["parts"]
        ],
    }


def _part(part: Mapping[str, Any], ends: Ends, facts: Facts, *, decides: bool) -> Mapping[str, Any]:
    language, measurement = facts.language, effect(part)
    text = effect_text(part, language, spread=False) if part["estimate"] else cause_sentence(part, facts)
    return {
        "says": in_language(part["says"], language),
        "rule": rule_text(part, language),
        "effect_text": text,
        "decides": decides,
        "marks": _places(measurement, ends) if measurement else None,
        **_verdict(part["verdict"], facts),
    }


def _verdict(name: str, facts: Facts) -> Mapping[str, str]:
    return {
        "verdict": name,
        "tone": name.replace(" ", "-"),
        "sign": SIGNS[name],
        "verdict_text": word(name, facts.language),
    }


def _places(measurement: Effect, ends: Ends) -> Mapping[str, Any]:
    """Return where the parts of a check are drawn: bands as left end and width, everything else as places."""
    return {
        "allowed": _span(measurement.allowed, ends),
        "small": _span(measurement.small, ends) if measurement.small else None,
        "interval": _span((measurement.low, measurement.high), ends),
        "open": [not math.isfinite(end) for end in (measurement.low, measurement.high)],
        "centre": _place(measurement.centre, ends),
        "seeds": [_place(seed, ends) for seed in measurement.seeds if _inside(seed, ends)],
    }


def _span(span: Ends, ends: Ends) -> Sequence[float]:
    low, high = (_place(end, ends) for end in span)
    return [low, round(high - low, 2)]


def _place(value: float, ends: Ends) -> float:
    """Return the place of a value, from 0 to 100, on an axis that is logarithmic beyond one unit."""
    low, high, at = (_bent(each) for each in (*ends, min(max(value, ends[0]), ends[1])))
    return round(100 * (at - low) / (high - low), 2)


def _bent(value: float) -> float:
    return value if abs(value) <= 1 else math.copysign(1 + math.log10(abs(value)), value)


def _inside(value: float, ends: Ends) -> bool:
    return ends[0] <= value <= ends[1]
