"""Lay out the claims in the forest plot, and cut it into pages; quick to import, because the PDF is built from it."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from practica.config import protocols
from practica.evidence.effects import Effect, by_protocol, deciding, effect, effect_text, rule_text
from practica.evidence.results import Results
from practica.files import read_checked
from practica.words import in_language, word

WIDTH, TOP, FOOT = 6.6, 0.04, 0.42
"""Width of the figure, and heights above the first claim and of the axis below the last one [in]."""
LINE, LANE, GAP = 0.12, 0.088, 0.07
"""Heights of a line of text, a check and the space between two claims [in]."""
LETTERS, FEWER = 50, 24
"""Letters in one line of a claim, and at least so many where the names of protocols stand beside it."""
BESIDE = 7
"""Letters in the longest name that fits beside its sentence; a longer one stands above."""
FIRST, PAGE = 5.7, 9.44
"""Heights of the claims on the first page of a report that has them, below its contents, and on the others [in]."""
ALONE = 7.6
"""The first of these heights in a demonstration, which has no findings, so that its contents end on the page before."""
POINTS = 72
"""Points in an inch."""


@dataclass(frozen=True)
class Row:
    """A claim as judged under one protocol: its checks, the text beside them, and its height [in]."""

    label: str
    effects: tuple[tuple[Effect | None, str, bool], ...]
    verdict: str
    verdict_text: str
    rule: str
    effect_text: str

    @property
    def height(self) -> float:
        """Return the height [in]."""
        lines = 2 if self.effect_text else 1
        return max(sum(each is not None for each, *_ in self.effects) * LANE, lines * LINE) + 0.02


@dataclass(frozen=True)
class Claim:
    """A claim: its sentence in lines, what each protocol says of it, and its height [in]."""

    exercise: str
    name: str
    lines: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def height(self) -> float:
        """Return the height [in], including the space around it."""
        lines = len(self.lines) + (0 if self.beside else 1)
        return max(lines * LINE, sum(row.height for row in self.rows)) + GAP

    @property
    def beside(self) -> bool:
        """Return whether the name stands beside the sentence, and not above it."""
        return len(self.name) <= BESIDE


def cuts(results: Results, language: str) -> list[tuple[float, float]]:
    """Return the lower and upper end of what a report shows on each page, above the foot of the plot's PDF [pt].

    A page ends between two claims.
    """
    claims = claims_of(results, language)
    height = sum(claim.height for claim in claims)
    first = ALONE if results.study.demonstration else FIRST
    ends, top, room = [0.0], 0.0, PAGE if height <= PAGE else first
    for claim, after in itertools.pairwise(claims):
        top += claim.height
        if top + after.height - ends[-1] > room:
            ends.append(top)
            room = PAGE
    whole = FOOT + height
    return [((whole - low) * POINTS, (whole - high) * POINTS) for high, low in itertools.pairwise([*ends, height])]


def claims_of(results: Results, language: str) -> list[Claim]:
    """Return the claims in ``claims.json``; none without that file."""
    path = results.folder / "claims.json"
    claims = read_checked(path)["claims"] if path.is_file() else []
    return [_claim(claim, results, language) for claim in claims]


def _claim(claim: Mapping[str, Any], results: Results, language: str) -> Claim:
    views, study = by_protocol(claim), results.study
    names = [name for name in study.shown_protocols if name in views]
    labels = {name: protocols.label(study.folder, name, language) for name in names} or {"": ""}
    letters = max(LETTERS - 1 - max(map(len, labels.values())), FEWER)
    lines = textwrap.wrap(in_language(claim["sentence"], language), letters)
    rows = tuple(_row(views[name], label, language) for name, label in labels.items())
    return Claim(claim["exercise"], claim["id"], tuple(lines), rows)


def _row(claim: Mapping[str, Any], label: str, language: str) -> Row:
    decides = deciding(claim)
    effects = tuple((effect(part), part["verdict"], part is decides) for part in claim["parts"])
    text = (
        f"{word(decides['kind'], language)} {effect_text(decides, language, spread=False)}"
        if decides["estimate"]
        else ""
    )
    verdict, rule = word(claim["verdict"], language), rule_text(decides, language)
    return Row(label, effects, claim["verdict"], verdict, rule, text.strip())
