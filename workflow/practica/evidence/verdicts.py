"""Judge the declared claims by the collected results, and write the verdicts to ``claims.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from practica.address import TIMING, Quantity
from practica.config import protocols
from practica.config.about import in_all
from practica.config.study import Study
from practica.evidence import source as printed
from practica.evidence.claims import Claim, Part, declared
from practica.evidence.estimates import (
    ALPHA,
    CONFIDENCE,
    METHODS,
    SEQUENTIAL_METHODS,
    Estimate,
    holm,
)
from practica.evidence.findings import FEW, STRADDLES, UNEQUAL, Evidence, evidence_of, rule_for
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
)
from practica.evidence.source import numbers
from practica.evidence.tables import collected_tables
from practica.files import write_checked
from practica.words import MODEL, in_language

MULTIPLE, SMALL, DEMONSTRATION = "multiple", "small", "demonstration"
"""Decided alone but not among so many; refuted because the effect is too small; not judged in a demonstration."""


def write_claims(study: Study, folder: Path) -> dict[str, Any]:
    """Evaluate the claims about the exercises in play, write ``<folder>/claims.json`` and return its content.

    Raises:
        InputError: a collected table is missing or malformed.
    """
    claims = declared(study)
    claims_in_play = [claim for claim in claims.claims.values() if claim.exercise in study.exercises]
    entries = evaluate(claims_in_play, collected_tables(study, folder))
    measures = dict.fromkeys(
        each.measure for claim in claims_in_play for part in claim.parts for each in part.quantities
    )
    definitions = {measure: claims.define(measure) for measure in measures}
    record: dict[str, Any] = {
        "schema": 2,
        "confidence": CONFIDENCE,
        "intervals": SEQUENTIAL_METHODS if study.sequential else METHODS,
        "sequential": study.sequential,
        "decisions": {
            "count": sum(part["p_holm"] is not None for claim in entries for part in claim["parts"]),
            "correction": "Holm",
            "level": round(ALPHA, 9),
        },
        "fewest": FEWEST,
        "definitions": {measure: words for measure, words in definitions.items() if words},
        **_protocols(study),
        "claims": entries,
    }
    write_checked(folder / "claims.json", record)
    return record


def _protocols(study: Study) -> dict[str, Any]:
    """Return the label and the caveat of each protocol; empty if the study has no protocols."""
    source, entries = protocols.of_source(study.folder), {}
    for name in study.protocols:
        entries[name] = {
            "label": {language: protocols.label(study.folder, name, language) for language in study.languages},
            "caveat": {language: protocols.caveat(study.folder, name, language) for language in study.languages},
            "of_source": name == source,
        }
    return {"protocols": entries} if entries else {}


def evaluate(claims: Sequence[Claim], results: Results) -> list[dict[str, Any]]:
    """Return the entries of the claims in ``claims.json``; all are decided at once, under all protocols."""
    study = results.study
    source, languages, names = numbers(study), study.languages, study.protocols or ("",)
    parts_by_claim = {
        claim.id: {name: parts for name in names if (parts := _parts(claim, name, study))} for claim in claims
    }
    every = {
        (claim, name, part.name): part
        for claim, under in parts_by_claim.items()
        for name, parts in under.items()
        for part in parts
    }
    evidence = {key: evidence_of(part, results, source) for key, part in every.items()}
    p_values = {
        name: min(each.p_values)
        for name, each in evidence.items()
        if isinstance(each, Evidence) and each.p_values and each.estimate and each.estimate.n >= FEWEST
        if not study.demonstration
    }
    adjusted = dict(zip(p_values, holm(list(p_values.values())).tolist(), strict=True))
    entries = []
    for claim in claims:
        judgements = {
            name: [
                {
                    **({"protocol": name} if name else {}),
                    **_judge(part, evidence[key], adjusted.get(key), source, demonstration=study.demonstration),
                    "says": in_all(part.says, languages),
                }
                for part in parts
                for key in [(claim.id, name, part.name)]
            ]
            for name, parts in parts_by_claim[claim.id].items()
        }
        verdicts = {name: combine(part["verdict"] for part in parts) for name, parts in judgements.items()}
        overall = over_protocols(verdicts, protocols.of_source(study.folder)) if study.protocols else verdicts[""]
        entries.append(
            {
                "id": claim.id,
                "exercise": claim.exercise,
                "verdict": overall,
                **({"verdicts": verdicts} if study.protocols else {}),
                "sentence": in_all(claim.sentence, languages),
                "figure": claim.figure,
                "parts": [part for parts in judgements.values() for part in parts],
            }
        )
    return entries


def _parts(claim: Claim, protocol: str, study: Study) -> list[Part]:
    """Return the parts of a claim under a protocol; empty if none of its quantities runs under it."""
    if protocol in ("", *study.protocols[:1]):
        return list(claim.parts)
    parts = [part.under(protocol) for part in claim.parts]
    return parts if any(_runs(quantity, study) for part in parts for quantity in part.quantities) else []


def _runs(quantity: Quantity, study: Study) -> bool:
    """Return whether a quantity can be measured: times beside the runs exist under the first protocol only."""
    return (quantity.exercise, quantity.variant) in study.in_play and quantity.split != TIMING


def _judge(
    part: Part,
    outcome: Evidence | Missing,
    adjusted: float | None,
    source: Mapping[str, str],
    *,
    demonstration: bool,
) -> dict[str, Any]:
    """Return the part's verdict with everything that it rests on."""
    rule = rule_for(part, source)
    evidence = Evidence() if isinstance(outcome, Missing) else outcome
    cause: str | None
    if isinstance(outcome, Missing):
        verdict, cause = NOT_COMPARABLE if outcome.status == UNEQUAL else NOT_EVALUATED, outcome.status
    else:
        verdict, cause = _verdict(rule, evidence, adjusted, demonstration=demonstration)
    p_allowed, p_refuted = evidence.p_values or (None, None)
    return {
        "name": part.name,
        "verdict": verdict,
        "cause": cause,
        "reason": outcome.reason if isinstance(outcome, Missing) else "",
        "kind": part.kind,
        "of": _side(part.of, evidence.of, evidence.seeds[0], source),
        "other": _side(part.other, evidence.other, evidence.seeds[1], source) if part.other else None,
        "rule": dict([part.rule]),
        "smallest": part.smallest,
        "varies": list(part.varies),
        "estimate": asdict(evidence.estimate) if evidence.estimate else None,
        "p_allowed": p_allowed,
        "p_refuted": p_refuted,
        "p_holm": adjusted,
        **({"fixed": True} if evidence.fixed is not None else {}),
        "by_seed": {str(seed): value for seed, value in evidence.values.items()},
        "favourable": sum(rule.allows(value) for value in evidence.values.values()),
        "figure": part.figure,
    }


def _verdict(rule: Rule, evidence: Evidence, adjusted: float | None, *, demonstration: bool) -> tuple[str, str | None]:
    """Return the verdict of a rule on the evidence, and why if there is none; a demonstration has no verdicts."""
    estimate = evidence.estimate
    if estimate is None or (evidence.p_values is None and evidence.fixed is None):
        return NOT_EVALUATED, FEW
    if demonstration:
        return NOT_EVALUATED, DEMONSTRATION
    if evidence.fixed is not None and estimate.n >= FEWEST:
        verdict = rule.settle(evidence.fixed)
    elif evidence.p_values is None or adjusted is None:
        return UNDECIDED, FEW
    else:
        verdict = decide(evidence.p_values, adjusted)
        if verdict == UNDECIDED:
            return verdict, MULTIPLE if min(evidence.p_values) < ALPHA else STRADDLES
    return verdict, SMALL if verdict == NOT_CONFIRMED and rule.smallest and rule.allows(estimate.centre) else None


def _side(quantity: Quantity, estimate: Estimate | None, seeds: int, source: Mapping[str, str]) -> dict[str, Any]:
    """Return one side of a comparison: its name, what the source prints for it, our estimate, and its seeds."""
    return {
        "quantity": str(quantity),
        "source": printed.of(source, quantity),
        "estimate": asdict(estimate) if estimate else None,
        "seeds": seeds,
    }


def lines(record: Mapping[str, Any]) -> list[str]:
    """Return a line for each claim of ``claims.json``, for the terminal."""
    columns = [[claim["id"], claim["verdict"], *_verdicts(claim)] for claim in record["claims"]]
    widths = [max(map(len, column)) + 1 for column in zip(*columns, strict=True)]
    rows = [
        "".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
        + in_language(claim["sentence"], MODEL)
        for row, claim in zip(columns, record["claims"], strict=True)
    ]
    count = record["decisions"]["count"]
    return (
        [*rows, f"{count} decisions at once, with p-values corrected for that by Holm's method"] if count > 1 else rows
    )


def _verdicts(claim: Mapping[str, Any]) -> list[str]:
    """Return the verdict on a claim under each protocol as one text; empty if there is only one protocol."""
    verdicts = claim.get("verdicts")
    return [f"({', '.join(f'{name}: {verdict}' for name, verdict in verdicts.items())})"] if verdicts else []
