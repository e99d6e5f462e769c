"""The first page's statement of when and how the results were made, and of what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from practica.evidence.rules import CONFIRMED, DEPENDS, NOT_CONFIRMED, OVERALL
from practica.paper import protocols
from practica.paper.escape import escape
from practica.paper.facts import Facts
from practica.paper.render import coloured
from practica.words import in_language, section, word

MOST = 12
"""The first page names at most this many claims of one verdict."""
SHORT = 10
"""Length of an abbreviated code revision."""


def colophon(facts: Facts) -> str:
    """Return the days, the version and the code with which the results were made; empty without results."""
    runs = facts.results.runs
    done = runs[runs["status"] == "done"]
    values = {name: sorted({str(each) for each in done[name] if each}) for name in ("started", "practica", "commit")}
    days = [each[:10] for each in values["started"]]
    if not days:
        return ""
    when = days[0] if days[0] == days[-1] else word("days", facts.language).format(first=days[0], last=days[-1])
    version = ", ".join(f"practica {each}" for each in values["practica"])
    commits = [each[:SHORT] for each in values["commit"]]
    code = ""
    if commits:
        several = word("code_and_more", facts.language).format(commits[0], len(commits) - 1)
        code = word("code_of", facts.language).format(commits[0] if len(commits) == 1 else several)
    return "; ".join(filter(None, [word("trained_on", facts.language).format(when), version, code])) + "."


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
            sentences.append(escape(texts["and_more"].format(more)) + ".")
        heading = texts[f"found {verdict}"]
        paragraphs.append(rf"\textbf{{{coloured(escape(heading), verdict)}}} {' '.join(sentences)}")
    return r"\par ".join(paragraphs)


def _under(claim: Mapping[str, Any], facts: Facts) -> str:
    """Return the verdict on a claim under each protocol, if the overall verdict does not say it."""
    name = claim["verdict"]
    verdicts = protocols.verdicts(claim, facts) if name in (DEPENDS, CONFIRMED, NOT_CONFIRMED) else {}
    return escape(f"; {protocols.listed(verdicts, facts, name)}" if verdicts else "")
