"""Spanish and English are one report: they ask for the same things, and every verdict reads well in both."""

import copy
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from paper.factory import ROOT
from paper.test_prose import section
from practica.config import Study
from practica.evidence.claims import about
from practica.evidence.rules import NOT_EVALUATED, VERDICTS
from practica.files import read_json
from practica.paper.macros import Macro, expand
from practica.wiring import check_prose

COUNTS = {"resultado": 1, "fuente": 1, "parametros": 1, "ajuste": 1, "entrenamiento": 1, "semillas": 1,
          "veredicto": 1, "evidencia": 1, "tabla": 1, "capas": 1, "figura": 2, "compara": 5, "segun": 4,
          "entrenaigual": 4, "sihay": 3}  # fmt: skip
NAMES = {"compara": 2, "segun": 1, "figura": 1, "entrenaigual": 2}
"""How many of the arguments are names; the rest are words."""
SECTIONS = sorted(
    path.relative_to(ROOT).as_posix() for path in [*(ROOT / "study").glob("*/es.tex"), ROOT / "study/intro.es.tex"]
)


def asked(path: Path) -> dict[tuple[str, ...], int]:
    """Return what a prose file asks for, references and citations too, and how often."""
    calls: list[tuple[str, ...]] = []

    def noting(name: str) -> Macro:
        def note(*arguments: str) -> str:
            calls.append((name, *arguments[: NAMES.get(name, 1)]))
            return " ".join(arguments[NAMES.get(name, 1) :])

        return Macro(COUNTS[name], note)

    text = expand(path.read_text(encoding="utf-8"), path.name, {name: noting(name) for name in COUNTS})
    calls += re.findall(r"\\(ref|cite[pt]|(?:sub)*section\*?|paragraph)(?:\{((?:fig|tab):[^}]*|[a-z]+)\})?", text)
    return {call: calls.count(call) for call in calls}


@pytest.mark.parametrize("name", SECTIONS)
def test_both_languages_ask_for_the_same(name: str) -> None:
    assert asked(ROOT / re.sub(r"\bes\.tex", "en.tex", name)) == asked(ROOT / name)


def judged(claims: dict, name: str) -> dict:
    """Return the claims as if every check had come out with this verdict."""
    changed = copy.deepcopy(claims)
    for claim in changed["claims"]:
        claim["verdict"] = name
        for part in claim["parts"]:
            part["verdict"], part["cause"] = name, "few" if name == NOT_EVALUATED else None
    return changed


def read(text: str) -> Iterator[str]:
    """Yield the paragraphs as a reader sees them, without floats, headings and commands."""
    text = re.sub(r"%\n", "", text)
    for kind in ("table", "figure"):
        text = re.sub(rf"\\begin{{{kind}}}.*?\\end{{{kind}}}", "", text, flags=re.DOTALL)
    text = re.sub(r"\\(begingroup.*?\\endgroup|(sub)*section\*\{[^}]*\}|\[.*?\\\])", "\n\n", text, flags=re.DOTALL)
    text = re.sub(r"\\(mbox|emph|textbf|texttt)\{([^{}]*)\}", r"\2", text)
    yield from (" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_reads_well(shipped: Study, results: Path, language: str, verdict: str) -> None:
    claims = judged(read_json(results / "claims.json"), verdict)
    for exercise in shipped.exercises:
        prose = section(shipped, results, exercise, language)
        prose.facts.__dict__["claims"] = claims
        text = prose.expand(ROOT / "study" / exercise / f"{language}.tex")
        assert r"\segun" not in text
        for paragraph in read(text):
            assert not re.search(r" [.,;:)]|\.\.|,,|\( | \)|[a-z]\.[A-Z]|\.\s+[a-zñáéíóú]", paragraph), paragraph
            assert paragraph.endswith((".", ",", "?", ":", "…")), paragraph
            sentences = re.split(r"(?<=[.?]) (?=[A-ZÁÉÍÓÚ¿])", paragraph)
            assert all(first != second for first, second in pairwise(sentences)), paragraph


def test_another_verdict_is_another_text(shipped: Study, results: Path) -> None:
    claims = read_json(results / "claims.json")
    for language in ("es", "en"):
        for exercise in [each for each in shipped.exercises if about(shipped, each)]:
            texts = set()
            for verdict in VERDICTS:
                prose = section(shipped, results, exercise, language)
                prose.facts.__dict__["claims"] = judged(claims, verdict)
                text = prose.expand(ROOT / "study" / exercise / f"{language}.tex")
                texts.add(re.sub(r"\\begin\{table\}.*?\\end\{table\}", "", text, flags=re.DOTALL))
            assert len(texts) == len(VERDICTS), exercise


def test_an_exercise_without_prose_in_a_language_is_named(shipped: Study, monkeypatch, tmp_path: Path) -> None:
    class Elsewhere(type(shipped)):  # type: ignore[misc]
        exercises = ("ej08", "ej77")

    with pytest.raises(Exception, match=r"study/ej77/es\.tex: write it, or leave es out of report\.languages"):
        check_prose(Elsewhere(shipped.config))
