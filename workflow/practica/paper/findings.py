"""Say on the first page when and with what the results were made, and what was found."""

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
"""Claims of one verdict that the first page names."""
SHORT = 10
"""Letters of a code revision."""


def colophon(facts: Facts) -> str:
    """Return on which days, with which version and from which code the results were made; nothing without results."""
    runs = facts.results.runs
    done = runs[runs["status"] == "done"]
    told = {name: sorted({str(each) for each in done[name] if each}) for name in ("started", "practica", "commit")}
    days = [each[:10] for each in told["started"]]
    if not days:
        return ""
    when = days[0] if days[0] == days[-1] else word("days", facts.language).format(first=days[0], last=days[-1])
    version = ", ".join(f"practica {each}" for each in told["practica"])
    commits = [each[:SHORT] for each in told["commit"]]
    code = ""
    if commits:
        several = word("code_and_more", facts.language).format(commits[0], len(commits) - 1)
        code = word("code_of", facts.language).format(commits[0] if len(commits) == 1 else several)
    return "; ".join(filter(None, [word("trained_on", facts.language).format(when), version, code])) + "."


def findings(facts: Facts) -> str:
    """Return, as LaTeX, what is confirmed and what is not, each claim with the way to its exercise.

    A demonstration finds nothing.
    """
    if facts.claims is None or facts.study.demonstration:
        return ""
    texts, told = section("report", facts.language), []
    for verdict in (*OVERALL, CONFIRMED, NOT_CONFIRMED):
        claims = [claim for claim in facts.claims["claims"] if claim["verdict"] == verdict]
        if not claims:
            continue
        shown = [
            rf"{escape(in_language(claim['sentence'], facts.language))}~(\hyperref[sec:{claim['exercise']}]"
            rf"{{{escape(claim['id'])}}}{_under(claim, facts)})."
            for claim in claims[:MOST]
        ]
        if more := len(claims) - len(shown):
            shown.append(escape(texts["and_more"].format(more)) + ".")
        heading = texts[f"found {verdict}"]
        told.append(rf"\textbf{{{coloured(escape(heading), verdict)}}} {' '.join(shown)}")
    return r"\par ".join(told)


def _under(claim: Mapping[str, Any], facts: Facts) -> str:
    """Return under which protocol a claim has which verdict, where the one over all does not say it."""
    told = protocols.verdicts(claim, facts) if claim["verdict"] in (DEPENDS, CONFIRMED, NOT_CONFIRMED) else ""
    return escape(f"; {told}" if told else "")
