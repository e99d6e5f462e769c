"""Spanish and English are one report: they use the same results, and every verdict reads well in both."""

import copy
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from paper.sections import section
from practica.config.study import Study
from practica.evidence.rules import NOT_EVALUATED, VERDICTS
from practica.files import read_json
from practica.paper.longtable import AS_BEFORE, ONE_COLUMN
from practica.paper.macros import Macro, expand
from ten import STUDY

COUNTS = {"resultado": 1, "fuente": 1, "parametros": 1, "ajuste": 1, "entrenamiento": 1, "semillas": 1,
          "veredicto": 1, "evidencia": 1, "tabla": 1, "capas": 1, "figura": 2, "compara": 5, "segun": 4,
          "entrenaigual": 4, "sihay": 3}  # fmt: skip
NAMES = {"compara": 2, "segun": 1, "figura": 1, "entrenaigual": 2}
"""How many of the arguments are names; the rest are words."""
SECTIONS = [None, *STUDY.exercises]
"""The introduction, and what runs; the first language is what the others are held against."""
OTHERS = STUDY.languages[1:]
HOLE = r"\textcolor{red}{["


def asked(path: Path) -> dict[tuple[str, ...], int]:
    """Return the names that a prose file uses, references and citations too, and how often."""
    calls: list[tuple[str, ...]] = []

    def noting(name: str) -> Macro:
        def note(*arguments: str) -> str:
            calls.append((name, *arguments[: NAMES.get(name, 1)]))
            return " ".join(arguments[NAMES.get(name, 1) :])

        return Macro(COUNTS[name], note)

    text = expand(path.read_text(encoding="utf-8"), path.name, {name: noting(name) for name in COUNTS})
    calls += re.findall(r"\\(ref|cite[pt]|(?:sub)*section\*?|paragraph)(?:\{((?:fig|tab):[^}]*|[a-z]+)\})?", text)
    return {call: calls.count(call) for call in calls}


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("language", OTHERS)
def test_every_language_asks_for_the_same(section: str | None, language: str) -> None:
    assert asked(STUDY.prose(language)[section]) == asked(STUDY.prose(STUDY.languages[0])[section])


def judged(claims: dict, name: str) -> dict:
    """Return the claims as if every check had this verdict."""
    changed = copy.deepcopy(claims)
    for claim in changed["claims"]:
        claim["verdict"] = name
        if "verdicts" in claim:
            claim["verdicts"] = dict.fromkeys(claim["verdicts"], name)
        for part in claim["parts"]:
            part["verdict"], part["cause"] = name, "few" if name == NOT_EVALUATED else None
    return changed


def read(text: str) -> Iterator[str]:
    """Yield the paragraphs as a reader sees them, without floats, headings and commands."""
    text = re.sub(r"%\n", "", text)
    text = text.replace(ONE_COLUMN, "").replace(AS_BEFORE, "")  # around tables that break across pages
    for kind in ("table", "figure"):
        text = re.sub(rf"\\begin{{{kind}}}.*?\\end{{{kind}}}", "", text, flags=re.DOTALL)
    text = re.sub(r"\\(begingroup.*?\\endgroup|(sub)*section\*\{[^}]*\}|\[.*?\\\])", "\n\n", text, flags=re.DOTALL)
    text = re.sub(r"\\(mbox|emph|textbf|texttt)\{([^{}]*)\}", r"\2", text)
    yield from (" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())


@pytest.mark.parametrize("language", STUDY.languages)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_reads_well(shipped: Study, results: Path, language: str, verdict: str) -> None:
    claims = judged(read_json(results / "claims.json"), verdict)
    for exercise in shipped.exercises:
        prose = section(shipped, results, exercise, language)
        prose.facts.__dict__["claims"] = claims
        text = prose.expand(shipped.prose(language)[exercise])
        assert r"\segun" not in text
        for paragraph in read(text):
            if HOLE in paragraph:
                continue  # what the study leaves out; test_prose_of_the_ten says which holes there may be
            assert not re.search(r" [.,;:)]|\.\.|,,|\( | \)|[a-z]\.[A-Z]|\.\s+[a-zñáéíóú]", paragraph), paragraph
            assert paragraph.endswith((".", ",", "?", ":", "…")), paragraph
            sentences = re.split(r"(?<=[.?]) (?=[A-ZÁÉÍÓÚ¿])", paragraph)
            assert all(first != second for first, second in pairwise(sentences)), paragraph


def asks_for_verdicts(study: Study, exercise: str) -> bool:
    """Return whether the prose of an exercise states a claim's verdict; that of an added exercise need not."""
    return any(name in ("veredicto", "segun") for name, *_ in asked(study.prose(study.languages[0])[exercise]))


def test_another_verdict_is_another_text(shipped: Study, results: Path) -> None:
    claims = read_json(results / "claims.json")
    for language in STUDY.languages:
        for exercise in [each for each in shipped.exercises if asks_for_verdicts(shipped, each)]:
            texts = set()
            for verdict in VERDICTS:
                prose = section(shipped, results, exercise, language)
                prose.facts.__dict__["claims"] = judged(claims, verdict)
                text = prose.expand(shipped.prose(language)[exercise])
                texts.add(re.sub(r"\\begin\{table\}.*?\\end\{table\}", "", text, flags=re.DOTALL))
            assert len(texts) == len(VERDICTS), exercise
