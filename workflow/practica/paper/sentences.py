"""Choose the sentence that fits the verdict on a claim: the verdict over all protocols, as in the tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from practica.config.front import text_of
from practica.config.protocols import of_source
from practica.evidence.effects import by_protocol
from practica.evidence.rules import (
    CONFIRMED,
    DEPENDS,
    NOT_COMPARABLE,
    NOT_CONFIRMED,
    NOT_EVALUATED,
    NOT_REPRODUCED,
    REPRODUCED,
    ROBUST,
    UNDECIDED,
    VERDICTS,
    combine,
    decide,
    over_protocols,
)
from practica.evidence.verdicts import MULTIPLE
from practica.paper import protocols
from practica.paper.escape import escape
from practica.paper.facts import Facts
from practica.paper.parts import measured_text, side_names
from practica.words import items, section, word

SAYS = {ROBUST: CONFIRMED, REPRODUCED: CONFIRMED, NOT_REPRODUCED: NOT_CONFIRMED}
"""The sentence for a verdict over several protocols, where it is not one of ``VERDICTS``."""

Judgements = Mapping[str, tuple[str, Sequence[Mapping[str, Any]]]]
"""The verdict on a claim, or on one of its parts, under each protocol, with the parts that it rests on."""


def choose(claim: Mapping[str, Any], name: str, sentences: Sequence[str], facts: Facts, reasons: set[str]) -> str:
    """Return the sentence for the verdict on a claim or on its part ``name``, with the verdicts under the protocols.

    ``sentences`` are for confirmed, not confirmed and undecided; where the protocols contradict each other, each has
    its own. Without a verdict, it is why; empty if that is one of the ``reasons`` given before, which this adds to.
    """
    judgements = _judgements(claim, name, facts)
    verdict = _overall(judgements, facts)
    under, fitting = protocols.verdicts(claim, facts, name), dict(zip(VERDICTS, sentences, strict=False))
    if verdict == DEPENDS:
        notes = {each: escape(protocols.verdicts_text({each: under[each]}, facts)) for each in under if each in fitting}
        return " ".join(protocols.inside(fitting[each], note) for each, note in notes.items())
    if verdict in (NOT_COMPARABLE, NOT_EVALUATED):
        checks = next(checks for each, checks in judgements.values() if each == verdict)
        note = protocols.verdicts_text(under if set(under) - {verdict} else {}, facts)
        return protocols.inside(_unjudged(verdict, checks, facts, reasons), escape(note))
    note = _open(judgements, facts) if verdict == UNDECIDED else protocols.verdicts_text(under, facts)
    return protocols.inside(fitting[verdict], escape(note))


def _judgements(claim: Mapping[str, Any], name: str, facts: Facts) -> Judgements:
    views, result = by_protocol(claim), {}
    for protocol in [each for each in facts.study.shown_protocols if each in views] or views:
        view = views[protocol]
        checks = [part for part in view["parts"] if name in ("", part["name"])]
        if checks:
            result[protocol] = (checks[0]["verdict"] if name else view["verdict"], checks)
    return result


def _overall(judgements: Judgements, facts: Facts) -> str:
    """Return the one of ``VERDICTS`` that the judgements amount to, or ``DEPENDS``."""
    verdicts = {protocol: verdict for protocol, (verdict, _) in judgements.items()}
    if len(verdicts) == 1:
        return next(iter(verdicts.values()))
    # The order of the configuration says which protocol counts if that of the source has no verdict.
    in_order = {each: verdicts[each] for each in facts.study.protocols if each in verdicts}
    verdict = over_protocols(in_order, of_source(facts.study.folder))
    return SAYS.get(verdict, verdict)


def _open(judgements: Judgements, facts: Facts) -> str:
    """Return the verdict under each protocol, with what was measured where it is open; alike ones once."""
    labels: dict[str, list[str]] = {}
    for protocol, (verdict, checks) in judgements.items():
        if verdict == NOT_EVALUATED:
            continue
        texts = [word(verdict, facts.language)] if protocol else []
        if verdict == UNDECIDED:
            texts = _alone(checks, facts) or texts
            texts += [measured_text(checks[0], facts)] if len(checks) == 1 else []
        label = [protocols.label_text(facts.study, protocol, facts.language)] if protocol else []
        labels.setdefault(", ".join(filter(None, texts)), []).extend(label)
    groups = [": ".join(filter(None, [items(names, facts.language), text])) for text, names in labels.items()]
    return "; ".join(filter(None, groups))


def _alone(checks: Sequence[Mapping[str, Any]], facts: Facts) -> list[str]:
    """Return what the seeds would decide if it were the only decision; empty if it would still be open."""
    undecided = [part for part in checks if part["verdict"] == UNDECIDED]
    if not facts.claims or {part["cause"] for part in undecided} != {MULTIPLE}:
        return []
    pairs = [(part["p_allowed"], part["p_refuted"]) for part in undecided]
    verdict = combine(decide(pair, min(pair)) for pair in pairs)
    count = facts.claims["decisions"]["count"]
    return [word("among", facts.language).format(count, verdict=word(verdict, facts.language))]


def _unjudged(verdict: str, parts: Sequence[Mapping[str, Any]], facts: Facts, reasons: set[str]) -> str:
    """Return why there is no verdict; empty if another claim of the exercise has said so."""
    language, part = facts.language, next(each for each in parts if each["verdict"] == verdict)
    if facts.study.demonstration:
        sentence = key = escape(word("none_judged", language))
    elif verdict == NOT_COMPARABLE:
        names = [word("quoted", language).format(name) for name in side_names(part, facts)]
        differs = facts.terms(part["reason"])
        sentence = escape(word("not_compared", language).format(differs, sides=items(names, language)))
        # The same sides in the other order are the same reason.
        key = " ".join(sorted([*names, *re.findall(r"[^\s,]+", differs)]))
    else:
        reason = word(f"why_{part['cause']}", language)
        form = text_of(facts.study, section("report", language), "not_judged")
        sentence = key = escape(form.format(reason))
    # If several claims of an exercise have the same reason, say it once.
    first = key not in reasons
    reasons.add(key)
    return sentence if first else ""
