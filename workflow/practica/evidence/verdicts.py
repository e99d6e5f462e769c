"""Evaluate the declared claims on the collected results, and write what came of each to ``claims.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from practica.address import Quantity
from practica.config import Study
from practica.evidence.blocks import NOT_RUN, STAND_IN
from practica.evidence.claims import Claim, Claims, Part
from practica.evidence.measures import by_seed
from practica.evidence.results import Missing, Results
from practica.evidence.rules import FEWEST, NOT_EVALUATED, RULES, UNDECIDED, Rule, combine
from practica.evidence.source import PRINTED
from practica.evidence.summary import CONFIDENCE, RESAMPLES, Estimate, estimate
from practica.files import write_checked

MISSING, GENERATED, FEW, STRADDLES = "missing", "stand-in", "few", "straddles"
"""Why a part has no verdict: no runs, generated data, too few seeds, or an interval on both sides of the bound."""


@dataclass(frozen=True)
class Evidence:
    """What the results say about a part: the quantity that its rule judges, and the quantities it is made of."""

    estimate: Estimate | None = None
    values: Mapping[int, float] = field(default_factory=dict)
    of: Estimate | None = None
    other: Estimate | None = None


def write_claims(study: Study, folder: Path, claims: Claims) -> dict[str, Any]:
    """Evaluate the claims about the exercises in play, write ``<folder>/claims.json`` and return its content.

    Raises:
        InputError: a collected table is missing or malformed.
    """
    results = Results(study, folder)
    record = {
        "schema": 1,
        "confidence": CONFIDENCE,
        "interval": f"percentile bootstrap of the mean over seeds, {RESAMPLES} resamples",
        "fewest": FEWEST,
        "definitions": claims.definitions,
        "claims": [evaluate(claim, results) for claim in claims.claims.values() if claim.exercise in study.exercises],
    }
    write_checked(folder / "claims.json", record)
    return record


def evaluate(claim: Claim, results: Results) -> dict[str, Any]:
    """Return the claim's entry of ``claims.json``."""
    parts = [_judge(part, results) for part in claim.parts]
    return {
        "id": claim.id,
        "exercise": claim.exercise,
        "verdict": combine(part["verdict"] for part in parts),
        "sentence": dict(claim.sentence),
        "figure": claim.figure,
        "parts": parts,
    }


def _judge(part: Part, results: Results) -> dict[str, Any]:
    """Return the part's verdict with everything that it rests on."""
    name, bound = part.rule
    rule = RULES[name](bound)
    found = _evidence(part, results)
    known = Evidence() if isinstance(found, Missing) else found
    verdict, cause = _verdict(rule, known.estimate)
    return {
        "name": part.name,
        "says": dict(part.says),
        "verdict": verdict,
        "cause": found.status if isinstance(found, Missing) else cause,
        "reason": found.reason if isinstance(found, Missing) else "",
        "kind": part.kind,
        "of": _side(part.of, known.of),
        "other": _side(part.other, known.other) if part.other else None,
        "rule": {name: bound},
        "estimate": asdict(known.estimate) if known.estimate else None,
        "by_seed": {str(seed): value for seed, value in known.values.items()},
        "favourable": sum(rule.allows(value) for value in known.values.values()),
        "figure": part.figure,
    }


def _verdict(rule: Rule, found: Estimate | None) -> tuple[str, str | None]:
    """Return what a rule says of an estimate, and why it says nothing."""
    if found is None or found.low is None or found.high is None:
        return NOT_EVALUATED, FEW
    verdict = rule.decide(found.low, found.high, found.n)
    if verdict != UNDECIDED:
        return verdict, None
    return verdict, FEW if found.n < FEWEST else STRADDLES


def _side(quantity: Quantity, found: Estimate | None) -> dict[str, Any]:
    """Return one of the things compared: its name, what the source prints for it, and ours."""
    return {
        "quantity": str(quantity),
        "source": PRINTED.get(str(quantity)),
        "estimate": asdict(found) if found else None,
    }


def _evidence(part: Part, results: Results) -> Evidence | Missing:
    """Return what the results say about a part, or why they say nothing."""
    sides = [by_seed(results, each.exercise, each.variant, each.measure) for each in part.quantities]
    for quantity, values in zip(part.quantities, sides, strict=True):
        if values.empty:
            return Missing(_why(quantity, results), MISSING)
    if any(_generated(results, quantity) for quantity in part.quantities):
        return Missing("made from generated data", GENERATED)
    return _paired(part, sides)


def _paired(part: Part, sides: list[pd.Series]) -> Evidence | Missing:
    """Compare seed by seed, as far as both sides have the seed."""
    of, *others = (side.loc[sorted(set.intersection(*(set(each.index) for each in sides)))] for side in sides)
    if of.empty:
        return Missing("the variants have no seed in common", MISSING)
    if part.kind == "value":
        return Evidence(estimate(of.to_numpy()), _numbers(of))
    (other,) = others
    values = of - other if part.kind == "difference" else of / other
    if not np.isfinite(values).all():
        return Missing(f"{part.other} is zero for some seed, and nothing can be divided by it", MISSING)
    return Evidence(estimate(values.to_numpy()), _numbers(values), estimate(of.to_numpy()), estimate(other.to_numpy()))


def _why(quantity: Quantity, results: Results) -> str:
    if not (results.folder / "runs.csv").is_file():
        return f"{quantity}: {NOT_RUN}"
    missing = results.why_missing(quantity.exercise, quantity.variant, quantity.measure.replace("/", " "))
    return f"{quantity}: {missing.reason}"


def _generated(results: Results, quantity: Quantity) -> bool:
    rows = results.metrics
    rows = rows[(rows["exercise"] == quantity.exercise) & (rows["variant"] == quantity.variant)]
    return "data" in rows and bool((rows["data"] == STAND_IN).any())


def _numbers(values: pd.Series) -> dict[int, float]:
    return {int(seed): float(value) for seed, value in values.items()}  # type: ignore[call-overload]


def lines(record: Mapping[str, Any]) -> list[str]:
    """Return a line for each claim of ``claims.json``, for people at a terminal."""
    return [f"{claim['id']:<7}{claim['verdict']:<14}{claim['sentence']['en']}" for claim in record["claims"]]
