"""The prose of the study: every name in it is valid, no result is typed, and whatever is left out is a gap."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from paper.sections import section
from practica.config.study import Study
from practica.paper.macros import Macro, expand
from practica.paper.names import named_variants
from practica.plan.wiring import check_prose
from practica.study_folder import OWN
from ten import CONFIG, STUDY, runs

FILES = sorted([*OWN.glob("*/??.tex"), *OWN.glob("intro.*.tex")])
ALLOWED = {
    r"\b[A-Za-z]+-?\d+\b": "names of data sets, architectures, penalties and metrics: CIFAR-10, VGG16, L2, F1",
    r"2-2-1": "name of an architecture",
    r"\\\(R\^2\\\)": "name of a measure",
    r"\\\[.*?\\\]": "an equation",
}
"""The digits that may be typed, as patterns, and why: none of them is a result or a setting."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_number_is_typed(path: Path) -> None:
    def nothing(*_: str) -> str:
        return ""

    names = ["resultado", "fuente", "parametros", "ajuste", "entrenamiento", "semillas", "tabla", "capas"]
    names += ["veredicto", "evidencia"]
    stubs = {name: Macro(1, nothing) for name in names}
    stubs["compara"] = Macro(5, lambda *texts: " ".join(texts[2:]))
    stubs["segun"] = Macro(4, lambda *texts: " ".join(texts[1:]))
    stubs["figura"] = Macro(2, lambda _, caption: caption)
    stubs["entrenaigual"] = Macro(4, lambda *texts: " ".join(texts[2:]))
    stubs["sihay"] = Macro(3, lambda *texts: " ".join(texts[1:]))
    text = expand(path.read_text(encoding="utf-8"), path.name, stubs)
    text = re.sub(r"\\(ref|label|cite[pt])\{[^}]*\}", "", text)
    for pattern in ALLOWED:
        text = re.sub(pattern, "", text)
    assert re.findall(r".*\d.*", text) == []


BY_CHOICE = "ej10/vgg16_long"
LEFT_OUT = [name for name in map("/".join, named_variants(STUDY)) if not runs(name) and name != BY_CHOICE]
"""What the files of the study speak of and the configuration does not run: a hole where the prose asks for it."""
REASONS = (
    *("no forma parte", "not part of", "faltan corridas", "runs are missing"),
    *("no registró este valor", "did not record this value"),
)
"""What such a hole says; a net that is timed beside another has no time without it."""


@pytest.mark.parametrize("exercise", STUDY.exercises)
@pytest.mark.parametrize("language", STUDY.languages)
def test_the_prose_knows_every_name_and_has_a_number_for_it(
    shipped: Study, results: Path, exercise: str, language: str
) -> None:
    text = section(shipped, results, exercise, language).expand(shipped.prose(language)[exercise])
    assert text.strip()
    holes = re.findall(r"[\[{](?:falta|missing)[:}][^\]]*", text.replace(r"\allowbreak{}", ""))
    reasons = REASONS if LEFT_OUT else ()
    assert [hole for hole in holes if not any(reason in hole for reason in reasons)] == []


def without(exercise: str, variant: str | None = None) -> Study:
    """Return the study without an exercise, or a variant of it."""
    exercises = dict(CONFIG["exercises"])
    entry = exercises.pop(exercise)
    if variant:
        variants = {name: each for name, each in entry["variants"].items() if name != variant}
        exercises[exercise] = {**entry, "variants": variants}
    return Study.resolve({**CONFIG, "seeds": 2, "exercises": exercises})


VARIANTS = [
    (exercise, variant)
    for exercise in STUDY.exercises
    for variant in STUDY.variants(exercise)
    if len(STUDY.variants(exercise)) > 1
]


@pytest.mark.parametrize(("exercise", "variant"), VARIANTS)
def test_the_report_does_without_any_variant(exercise: str, variant: str, results: Path) -> None:
    """Names stay valid and the section expands, with each variant of the study left out in turn."""
    study = without(exercise, variant)
    check_prose(study)
    for language in study.languages:
        prose = section(study, results, exercise, language)
        assert prose.expand(study.prose(language)[exercise]) + prose.rest()


@pytest.mark.parametrize("exercise", STUDY.exercises if len(STUDY.exercises) > 1 else ())
def test_the_report_does_without_any_exercise(exercise: str) -> None:
    check_prose(without(exercise))
