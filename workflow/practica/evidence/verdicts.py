"""Evaluate the declared claims on the collected results, and write what came of each to ``claims.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from practica.address import TIMING, Quantity
from practica.config import protocols
from practica.config.about import in_all
from practica.config.study import Study
from practica.evidence import source as printed
from practica.evidence.blocks import NOT_RUN, STAND_IN
from practica.evidence.claims import NEAR, Claim, Part, declared
from practica.evidence.equal import unequal
from practica.evidence.estimates import (
    ALPHA,
    ANYTHING,
    CONFIDENCE,
    COUNTED,
    LOG,
    MEAN,
    METHODS,
    SEQUENTIAL_METHODS,
    Estimate,
    estimate,
    holm,
    interval,
    possible,
    scale_of,
    usable,
)
from practica.evidence.measures import BOUNDS, measured
from practica.evidence.results import Missing, Results
from practica.evidence.rules import (
    FEWEST,
    NOT_COMPARABLE,
    NOT_CONFIRMED,
    NOT_EVALUATED,
    UNDECIDED,
    Rule,
    combine,
    decide,
    over_protocols,
    rule_of,
)
from practica.evidence.source import numbers
from practica.files import write_checked
from practica.words import MODEL, in_language

MISSING, GENERATED, UNEQUAL, FEW, STRADDLES = "missing", "stand-in", "unequal", "few", "straddles"
"""Why a part has no verdict: no runs, generated data, unequal terms, too few seeds, an interval across the bound."""
MULTIPLE, SMALL = "multiple", "small"
"""Decided alone, but not among so many; and refuted by an effect that is there, but smaller than of interest."""


@dataclass(frozen=True)
class Evidence:
    """What the results say about a part: the quantity that its rule judges, and the quantities it is made of.

    Attributes:
        seeds: how many each side has; those that only one of them has are left out.
        p_values: the p with which the rule allows the quantity, and with which it does not; None where nothing was
            tested.
    """

    estimate: Estimate | None = None
    values: Mapping[int, float] = field(default_factory=dict)
    of: Estimate | None = None
    other: Estimate | None = None
    seeds: tuple[int, ...] = (0, 0)
    p_values: tuple[float, float] | None = None


def write_claims(study: Study, folder: Path) -> dict[str, Any]:
    """Evaluate the claims about the exercises in play, write ``<folder>/claims.json`` and return its content.

    Raises:
        InputError: a collected table is missing or malformed.
    """
    claims = declared(study)
    chosen = [claim for claim in claims.claims.values() if claim.exercise in study.exercises]
    judged = evaluate(chosen, Results(study, folder))
    measures = dict.fromkeys(each.measure for claim in chosen for part in claim.parts for each in part.quantities)
    defined = {measure: claims.define(measure) for measure in measures}
    record: dict[str, Any] = {
        "schema": 2,
        "confidence": CONFIDENCE,
        "intervals": SEQUENTIAL_METHODS if study.sequential else METHODS,
        "sequential": study.sequential,
        "decisions": {
            "count": sum(part["p_holm"] is not None for claim in judged for part in claim["parts"]),
            "correction": "Holm",
            "level": round(ALPHA, 9),
        },
        "fewest": FEWEST,
        "definitions": {measure: words for measure, words in defined.items() if words},
        **_protocols(study),
        "claims": judged,
    }
    write_checked(folder / "claims.json", record)
    return record


def _protocols(study: Study) -> dict[str, Any]:
    """Return what the protocols are called and what to know of each; nothing where there is one alone."""
    source, told = protocols.of_source(study.folder), {}
    for name in study.protocols:
        told[name] = {
            "label": {language: protocols.label(study.folder, name, language) for language in study.languages},
            "caveat": {language: protocols.caveat(study.folder, name, language) for language in study.languages},
            "of_source": name == source,
        }
    return {"protocols": told} if told else {}


def evaluate(claims: Sequence[Claim], results: Results) -> list[dict[str, Any]]:
    """Return the entries of claims in ``claims.json``, all of which are decided at once, under all protocols."""
    study = results.study
    source, languages, names = numbers(study), study.languages, study.protocols or ("",)
    asked = {claim.id: {name: parts for name in names if (parts := _parts(claim, name, study))} for claim in claims}
    every = {
        (claim, name, part.name): part
        for claim, under in asked.items()
        for name, parts in under.items()
        for part in parts
    }
    known = {key: _evidence(part, results, source) for key, part in every.items()}
    tested = {
        name: min(each.p_values)
        for name, each in known.items()
        if isinstance(each, Evidence) and each.p_values and each.estimate and each.estimate.n >= FEWEST
    }
    adjusted = dict(zip(tested, holm(list(tested.values())).tolist(), strict=True))
    entries = []
    for claim in claims:
        judged = {
            name: [
                {
                    **({"protocol": name} if name else {}),
                    **_judge(part, known[claim.id, name, part.name], adjusted.get((claim.id, name, part.name)), source),
                    "says": in_all(part.says, languages),
                }
                for part in parts
            ]
            for name, parts in asked[claim.id].items()
        }
        verdicts = {name: combine(part["verdict"] for part in parts) for name, parts in judged.items()}
        overall = over_protocols(verdicts, protocols.of_source(study.folder)) if study.protocols else verdicts[""]
        entries.append(
            {
                "id": claim.id,
                "exercise": claim.exercise,
                "verdict": overall,
                **({"verdicts": verdicts} if study.protocols else {}),
                "sentence": in_all(claim.sentence, languages),
                "figure": claim.figure,
                "parts": [part for parts in judged.values() for part in parts],
            }
        )
    return entries


def _parts(claim: Claim, protocol: str, study: Study) -> list[Part]:
    """Return the parts of a claim under a protocol; none where nothing of what they are about runs under it."""
    if protocol in ("", *study.protocols[:1]):
        return list(claim.parts)
    parts = [part.under(protocol) for part in claim.parts]
    return parts if any(_runs(quantity, study) for part in parts for quantity in part.quantities) else []


def _runs(quantity: Quantity, study: Study) -> bool:
    """Say whether a quantity can be measured: what is timed beside the runs is so under the first protocol alone."""
    there = quantity.exercise in study.exercises and quantity.variant in study.every_variant(quantity.exercise)
    return there and quantity.split != TIMING


def _judge(part: Part, found: Evidence | Missing, adjusted: float | None, source: Mapping[str, str]) -> dict[str, Any]:
    """Return the part's verdict with everything that it rests on."""
    rule = _rule(part, source)
    known = Evidence() if isinstance(found, Missing) else found
    cause: str | None
    if isinstance(found, Missing):
        verdict, cause = NOT_COMPARABLE if found.status == UNEQUAL else NOT_EVALUATED, found.status
    else:
        verdict, cause = _verdict(rule, known, adjusted)
    allowed, refuted = known.p_values or (None, None)
    return {
        "name": part.name,
        "verdict": verdict,
        "cause": cause,
        "reason": found.reason if isinstance(found, Missing) else "",
        "kind": part.kind,
        "of": _side(part.of, known.of, known.seeds[0], source),
        "other": _side(part.other, known.other, known.seeds[1], source) if part.other else None,
        "rule": dict([part.rule]),
        "smallest": part.smallest,
        "varies": list(part.varies),
        "estimate": asdict(known.estimate) if known.estimate else None,
        "p_allowed": allowed,
        "p_refuted": refuted,
        "p_holm": adjusted,
        "by_seed": {str(seed): value for seed, value in known.values.items()},
        "favourable": sum(rule.allows(value) for value in known.values.values()),
        "figure": part.figure,
    }


def _rule(part: Part, source: Mapping[str, str]) -> Rule:
    name, bound = part.rule
    return rule_of(name, bound, part.smallest, float(source[str(part.of.under(""))]) if name == NEAR else 0.0)


def _verdict(rule: Rule, found: Evidence, adjusted: float | None) -> tuple[str, str | None]:
    """Return what a rule says of the evidence, and why it says nothing."""
    known = found.estimate
    if known is None or found.p_values is None:
        return NOT_EVALUATED, FEW
    if adjusted is None:
        return UNDECIDED, FEW
    verdict = decide(found.p_values, adjusted)
    if verdict == UNDECIDED:
        return verdict, MULTIPLE if min(found.p_values) < ALPHA else STRADDLES
    return verdict, SMALL if verdict == NOT_CONFIRMED and rule.smallest and rule.allows(known.centre) else None


def _side(quantity: Quantity, found: Estimate | None, seeds: int, source: Mapping[str, str]) -> dict[str, Any]:
    """Return one of the things compared: its name, what the source prints for it, ours, and how many seeds it has."""
    return {
        "quantity": str(quantity),
        "source": printed.of(source, quantity),
        "estimate": asdict(found) if found else None,
        "seeds": seeds,
    }


def _evidence(part: Part, results: Results, source: Mapping[str, str]) -> Evidence | Missing:
    """Return what the results say about a part, or why they say nothing."""
    sides = [measured(results, each.exercise, each.variant, each.measure) for each in part.quantities]
    for quantity, values in zip(part.quantities, sides, strict=True):
        if values.empty:
            return Missing(_why(quantity, results), MISSING)
    generated = [_generated(results, quantity) for quantity in part.quantities]
    if all(generated):
        return Missing("made from generated data", GENERATED)
    if part.other:
        pair = [(each.exercise, each.variant) for each in part.quantities]
        if differs := unequal(results, pair[0], pair[1], part.varies):
            return Missing(differs, UNEQUAL)
    return (
        Missing("made from generated data", GENERATED)
        if any(generated)
        else _compared(part, sides, source, sequential=results.study.sequential)
    )


def _compared(
    part: Part, sides: list[pd.DataFrame], source: Mapping[str, str], *, sequential: bool
) -> Evidence | Missing:
    """Compare seed by seed, as far as both sides have the seed."""
    of, *others = (side.loc[sorted(set.intersection(*(set(each.index) for each in sides)))] for side in sides)
    if of.empty:
        return Missing("the variants have no seed in common", MISSING)
    judged, scale, bounds = of, _scale(part.of), possible(part.of.metric)
    if others:
        judged = _minus(of, others[0]) if part.kind == "difference" else _over(of, others[0])
        scale, bounds = (MEAN, ANYTHING) if part.kind == "difference" else (LOG, (0.0, np.inf))
        if not np.isfinite(judged["value"]).all():
            return Missing(f"{part.other} is zero for some seed, and nothing can be divided by it", MISSING)
    values = judged["value"].to_numpy()
    scale = usable(scale, values)
    known = estimate(values, scale, bounds, sequential=sequential)
    least, most = (judged[name].to_numpy() for name in BOUNDS)
    if (least < most).any():
        # What is known to lie between two values has an interval that holds it wherever it lies.
        # A level that was there at the first record may have been there at once: the ratio to that has no end.
        low = 0.0 if scale == LOG and (least <= 0).any() else interval(least, scale, sequential=sequential)[0]
        known = replace(known, low=low, high=interval(most, scale, sequential=sequential)[1])
    how = {"counted": bool(COUNTED.fullmatch(part.of.metric)), "sequential": sequential}
    pair = [
        _of_side(side, each, sequential=sequential)
        for side, each in zip((of, *others), part.quantities, strict=True)
        if others
    ]
    return Evidence(
        known,
        _numbers(judged["value"]),
        of=pair[0] if pair else None,
        other=pair[1] if pair else None,
        seeds=tuple(len(side) for side in (*sides, *sides)[:2]),
        p_values=_rule(part, source).p_values(least, most, scale, **how) if len(values) > 1 else None,
    )


def _minus(of: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    ends = {"value": "value", "least": "most", "most": "least"}
    return pd.DataFrame({name: of[name] - other[end] for name, end in ends.items()})


def _over(of: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    ends = {"value": "value", "least": "most", "most": "least"}
    return pd.DataFrame({name: of[name] / other[end] for name, end in ends.items()})


def _of_side(side: pd.DataFrame, quantity: Quantity, *, sequential: bool) -> Estimate:
    return estimate(side["value"].to_numpy(), _scale(quantity), possible(quantity.metric), sequential=sequential)


def _scale(quantity: Quantity) -> str:
    return scale_of(quantity.metric)


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
    columns = [[claim["id"], claim["verdict"], *_verdicts(claim)] for claim in record["claims"]]
    widths = [max(map(len, column)) + 1 for column in zip(*columns, strict=True)]
    told = [
        "".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
        + in_language(claim["sentence"], MODEL)
        for row, claim in zip(columns, record["claims"], strict=True)
    ]
    count = record["decisions"]["count"]
    return [*told, f"{count} decisions at once, with p-values corrected for that by Holm's method"] if told else []


def _verdicts(claim: Mapping[str, Any]) -> list[str]:
    """Return the verdict on a claim under each protocol, as one text; nothing where there is one alone."""
    found = claim.get("verdicts")
    return [f"({', '.join(f'{name}: {verdict}' for name, verdict in found.items())})"] if found else []
