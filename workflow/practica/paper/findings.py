"""The first page's statement of when and how the results were made, and of what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from practica.address import TIMING, Quantity
from practica.config.front import text_of
from practica.evidence.rules import CONFIRMED, DEPENDS, NOT_COMPARABLE, NOT_CONFIRMED, NOT_EVALUATED, OVERALL, VERDICTS
from practica.evidence.verdicts import DEMONSTRATION
from practica.paper import protocols, settings
from practica.paper.escape import escape
from practica.paper.facts import Facts
from practica.paper.origins import commits, told_commits
from practica.paper.tabular import in_colour
from practica.words import in_language, items, plural, section, word

MOST = 12
"""The first page names at most this many claims of one verdict."""
UNJUDGED = (NOT_COMPARABLE, NOT_EVALUATED)
"""The verdicts that are none."""
SHORT = 10
"""Length of an abbreviated code revision."""


def colophon(facts: Facts) -> str:
    """Return the days, the version and the code with which the results were made; empty without results."""
    runs = facts.results.runs
    finished_runs = runs[runs["status"] == "done"]
    values = {name: sorted({str(each) for each in finished_runs[name] if each}) for name in ("started", "practica")}
    days = [each[:10] for each in values["started"]]
    if not days:
        return ""
    when = days[0] if days[0] == days[-1] else word("days", facts.language).format(first=days[0], last=days[-1])
    version = ", ".join(f"practica {each}" for each in values["practica"])
    return (
        "; ".join(filter(None, [word("trained_on", facts.language).format(when), version, _code(facts, finished_runs)]))
        + "."
    )


def _code(facts: Facts, finished_runs: pd.DataFrame) -> str:
    """Return the revision of the code of most jobs, how many others there are, and how many were changed."""
    language, revisions, counts = facts.language, commits(finished_runs), finished_runs["commit"].value_counts()
    if not revisions:
        return ""
    first, *others = sorted(revisions, key=lambda each: (-counts[each], each))
    text = told_commits(finished_runs, language, SHORT)[0]
    if others:
        text = word("code_and_more", language).format(first[:SHORT], len(others))
        changed = sum(revisions.values())
        if changed == len(others) and not revisions[first]:
            text += plural(section("report", language), "dirty_others", changed)
        elif changed:
            text += word("dirty_part", language).format(changed)
    return word("code_of", language).format(text)


def judged(facts: Facts) -> str:
    """Return how many claims are judged, with which verdicts, and why the others are not; empty without claims."""
    claims = facts.claims["claims"] if facts.claims else []
    if not claims:
        return ""
    language, texts = facts.language, section("report", facts.language)
    count = len(facts.study.exercises)
    others = [claim for claim in claims if claim["verdict"] in UNJUDGED]
    amount = "none" if len(others) == len(claims) else "some" if others else "all"
    key = f"judged_{amount}"
    sentence = (texts[f"{key}_of_one"] if len(claims) == 1 else plural(texts, key, len(claims))).format(
        exercises=word("exercise_judged" if count == 1 else "exercises_judged", language).format(count),
        claims=len(claims),
        judged=len(claims) - len(others),
        of_source=text_of(facts.study, texts, "of_source"),
        seeds=_seeds(facts),
        counts=_counts(claims, language),
        why=_why(others, facts),
    )
    rest = ""
    if amount == "some":
        rest = plural(texts, "unjudged", len(others)).format(len(others), why=_why(others, facts))
    return " ".join(filter(None, [sentence, decisions(facts), absent_runs(facts), rest, *protocols.front(facts)]))


def _rest_on(facts: Facts) -> list[Mapping[str, Any]]:
    """Return the parts of claims, as far as they were measured, that the verdicts rest on."""
    claims = [claim for claim in (facts.claims or {"claims": []})["claims"] if claim["verdict"] not in UNJUDGED]
    return [part for claim in claims for part in claim["parts"] if part.get("estimate")]


def absent_runs(facts: Facts) -> str:
    """Return how many runs failed or are missing of those that the verdicts rest on; empty if none."""
    parts = _rest_on(facts)
    quantities = [
        Quantity.parse(side["quantity"]) for part in parts for side in (part["of"], part.get("other")) if side
    ]
    # The study may have changed since.
    runs = {(each.exercise, each.variant) for each in quantities} & {*facts.study.in_play}
    expected, finished = (
        sum(count(*run) for run in runs) for count in (facts.results.expected, facts.results.finished)
    )
    texts, missing = section("report", facts.language), expected - finished
    return plural(texts, "runs_lost", missing).format(lost=missing, all=expected) if missing else ""


def _seeds(facts: Facts) -> str:
    """Return with how many seeds claims are judged; empty with one, which judges none."""
    parts = _rest_on(facts)
    counts = [part["estimate"]["n"] for part in parts if Quantity.parse(part["of"]["quantity"]).split != TIMING]
    if parts and not counts:  # repetitions of a measurement are no seeds
        return ""
    text = settings.seeds(counts, facts.language) if counts else facts.seeds()
    return "" if text == settings.seeds([1], facts.language) else word("with_seeds", facts.language).format(text)


def _counts(claims: Sequence[Mapping[str, Any]], language: str) -> str:
    """Return how many claims have which verdict, without those that are not judged."""
    totals = Counter(claim["verdict"] for claim in claims)
    if len(claims) == 1:
        return word(f"one {claims[0]['verdict']}", language).format(word("it", language)).strip()
    every = [verdict for verdict in (*OVERALL, *VERDICTS) if verdict not in UNJUDGED]
    return items([_verdict_count(totals[verdict], verdict, language) for verdict in every if totals[verdict]], language)


def _verdict_count(number: int, verdict: str, language: str) -> str:
    """Return how many claims have a verdict, in words."""
    return word(f"{'one' if number == 1 else 'several'} {verdict}", language).format(number)


def _why(claims: Sequence[Mapping[str, Any]], facts: Facts) -> str:
    """Return why claims are not judged."""
    causes = {part["cause"] for claim in claims for part in claim["parts"] if part["verdict"] in UNJUDGED}
    reasons = [DEMONSTRATION] if facts.study.demonstration else sorted(causes)
    return items([word(f"why_{cause}", facts.language) for cause in reasons], facts.language)


def decisions(facts: Facts) -> str:
    """Return how many decisions were taken at once; empty if not several."""
    count = facts.claims["decisions"]["count"] if facts.claims else 0
    return word("decisions", facts.language).format(count) if count > 1 else ""


def findings(facts: Facts) -> str:
    """Return, as LaTeX, what is confirmed and what is not; each claim links to its exercise.

    A demonstration has no findings.
    """
    if facts.claims is None or facts.study.demonstration:
        return ""
    texts, paragraphs = section("report", facts.language), []
    for verdict in (*OVERALL, CONFIRMED, NOT_CONFIRMED):
        claims = [claim for claim in facts.claims["claims"] if claim["verdict"] == verdict]
        if not claims:
            continue
        sentences = [
            rf"{escape(in_language(claim['sentence'], facts.language))}~(\hyperref[sec:{claim['exercise']}]"
            rf"{{{escape(claim['id'])}}}{_under(claim, facts)})."
            for claim in claims[:MOST]
        ]
        if more := len(claims) - len(sentences):
            sentences.append(escape(plural(texts, "and_more", more).format(more)) + ".")
        heading = plural(texts, f"found {verdict}", len(claims))
        paragraphs.append(rf"\textbf{{{in_colour(escape(heading), verdict)}}} {' '.join(sentences)}")
    return r"\par ".join(paragraphs)


def _under(claim: Mapping[str, Any], facts: Facts) -> str:
    """Return the verdict on a claim under each protocol, if the overall verdict does not say it."""
    name = claim["verdict"]
    verdicts = protocols.verdicts(claim, facts) if name in (DEPENDS, CONFIRMED, NOT_CONFIRMED) else {}
    return escape(f"; {protocols.verdicts_text(verdicts, facts, name)}" if verdicts else "")
