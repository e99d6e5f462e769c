"""The abstract says how many claims are judged, with which verdicts, and why the others are not."""

from pathlib import Path
from typing import Any

import pytest

from paper.factory import fill, write_block
from paper.sections import section
from practica.config import declarations
from practica.config.study import Study
from practica.evidence.collect import collect
from practica.evidence.verdicts import write_claims
from practica.paper.facts import Facts
from practica.paper.findings import MOST, findings, judged
from practica.paper.settings import training
from toy import copied, resolve, toy_study

ONE, TWO = {"verdict": "confirmed"}, {"verdict": "undecided"}
UNEQUAL = {"verdict": "not comparable", "cause": "unequal"}
FEW, MISSING = ({"verdict": "not evaluated", "cause": cause} for cause in ("few", "missing"))


def said(study: Study, folder: Path, language: str, *claims: dict[str, Any], decisions: int = 0) -> str:
    """Return the sentences of the study's abstract on claims of one part each."""
    judgements = [{"verdict": each["verdict"], "parts": [each]} for each in claims]
    facts = Facts(study, folder, language)
    vars(facts)["claims"] = {"claims": judgements, "decisions": {"count": decisions}}
    return judged(facts)


def without_source(folder: Path) -> str:
    """Return a copy of the toy's folder that repeats no source."""
    file = copied(folder / "study") / "study.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("source:")), encoding="utf-8")
    return str(file.parent)


@pytest.mark.parametrize(
    ("claims", "english", "spanish"),
    [
        (
            [ONE, ONE, TWO],
            "In 2 exercises, we judge all 3 claims of the source with 2 seeds: 2 are confirmed and 1 is undecided.",
            "En 2 ejercicios se juzgan las 3 afirmaciones de la fuente con 2 semillas: "
            "2 se confirman y 1 queda sin decidir.",
        ),
        (
            [ONE],
            "In 2 exercises, we judge the only claim of the source with 2 seeds: it is confirmed.",
            "En 2 ejercicios se juzga la única afirmación de la fuente con 2 semillas: se confirma.",
        ),
        (
            [ONE, MISSING, FEW],
            "In 2 exercises, we judge 1 of the 3 claims of the source with 2 seeds: 1 is confirmed. "
            "The other 2 are not judged: a single seed decides nothing and some runs are missing.",
            "En 2 ejercicios se llega a un veredicto sobre 1 de las 3 afirmaciones de la fuente con 2 semillas: "
            "1 se confirma. "
            "Las otras 2 no se juzgan: una sola semilla no decide nada y faltan corridas.",
        ),
        (
            [ONE, TWO, MISSING],
            "In 2 exercises, we judge 2 of the 3 claims of the source with 2 seeds: 1 is confirmed and 1 is undecided. "
            "The other one is not judged: some runs are missing.",
            "En 2 ejercicios se llega a un veredicto sobre 2 de las 3 afirmaciones de la fuente con 2 semillas: "
            "1 se confirma y 1 queda sin decidir. "
            "La otra no se juzga: faltan corridas.",
        ),
        (
            [ONE, TWO, UNEQUAL],
            "In 2 exercises, we judge 2 of the 3 claims of the source with 2 seeds: 1 is confirmed and 1 is undecided. "
            "The other one is not judged: some nets were not trained on equal terms.",
            "En 2 ejercicios se llega a un veredicto sobre 2 de las 3 afirmaciones de la fuente con 2 semillas: "
            "1 se confirma y 1 queda sin decidir. "
            "La otra no se juzga: hay redes que no se entrenaron en las mismas condiciones.",
        ),
        (
            [MISSING, MISSING],
            "In 2 exercises, neither of the two claims of the source is judged here: some runs are missing.",
            "En 2 ejercicios, ninguna de las dos afirmaciones de la fuente se juzga aquí: faltan corridas.",
        ),
        (
            [FEW],
            "In 2 exercises, the only claim of the source is not judged here: a single seed decides nothing.",
            "En 2 ejercicios, la única afirmación de la fuente no se juzga aquí: una sola semilla no decide nada.",
        ),
    ],
)
def test_the_abstract_tells_judged_claims_from_others(
    claims: list[dict[str, str]], english: str, spanish: str, toy: Study, results: Path
) -> None:
    assert said(toy, results, "en", *claims) == english
    assert said(toy, results, "es", *claims) == spanish


@pytest.mark.parametrize("language", ["en", "es"])
def test_sentences_fit_any_number_of_claims(language: str, toy: Study, results: Path) -> None:
    numbers = {"en": ("only claim", "both claims", "all 3 claims"), "es": ("única", "las dos afirm", "las 3 afirm")}
    none = {"en": ("only claim", "neither", "none of the 3"), "es": ("única", "ninguna de las dos", "ninguna de las 3")}
    assert said(toy, results, language) == ""
    for count in (1, 2, 3):
        assert numbers[language][count - 1] in said(toy, results, language, *[ONE] * count)
        assert none[language][count - 1] in said(toy, results, language, *[MISSING] * count)


def test_headings_of_findings_agree_with_their_number(toy: Study, results: Path) -> None:
    claim = {
        **ONE,
        "id": "steps-a",
        "exercise": "steps",
        "verdict": "robust",
        "parts": [ONE],
        "sentence": {"en": "It holds"},
    }
    for count, heading in ((1, "Robusta:"), (2, "Robustas:")):
        facts = Facts(toy, results, "es")
        vars(facts)["claims"] = {"claims": [claim] * count, "decisions": {"count": 0}}
        assert heading in findings(facts)


@pytest.mark.parametrize(
    ("more", "english", "spanish"), [(1, "And one other.", "Y otra."), (2, "And 2 others.", "Y otras 2.")]
)
def test_further_findings_are_counted(more: int, english: str, spanish: str, toy: Study, results: Path) -> None:
    claim = {**ONE, "id": "steps-a", "exercise": "steps", "parts": [ONE], "sentence": {"en": "It holds"}}
    for language, message in (("en", english), ("es", spanish)):
        facts = Facts(toy, results, language)
        vars(facts)["claims"] = {"claims": [claim] * (MOST + more), "decisions": {"count": 0}}
        assert findings(facts).endswith(f" {message}")


@pytest.mark.parametrize(
    ("settings", "english", "spanish"),
    [
        ({"epochs": 1, "batch_size": 1}, "batches of one sample and 1 epoch", "lotes de un ejemplo y 1 época"),
        ({"epochs": 2, "batch_size": 2}, "batches of 2 samples and 2 epochs", "lotes de 2 ejemplos y 2 épocas"),
        ({"units": [1]}, "a hidden layer of one neuron", "una capa oculta de una neurona"),
        ({"units": [17]}, "a hidden layer of 17 neurons", "una capa oculta de 17 neuronas"),
        ({"units": [8, 4]}, "hidden layers of 8 and 4 neurons", "capas ocultas de 8 y 4 neuronas"),
        ({"test_samples": 1}, "one test sample", "uno de prueba"),
    ],
)
def test_settings_fit_any_number(settings: dict[str, Any], english: str, spanish: str) -> None:
    names = declarations.mentions(variants=True)
    assert (training(settings, "en", names), training(settings, "es", names)) == (english, spanish)


def test_the_abstract_of_a_study_without_a_source_mentions_none(tmp_path: Path) -> None:
    study = toy_study(study=without_source(tmp_path), only="steps")
    fill(study, tmp_path)
    for language, source in (("en", "source"), ("es", "fuente")):
        for claims in ([ONE, TWO], [ONE, MISSING], [MISSING, MISSING], [ONE], [MISSING]):
            text = said(study, tmp_path, language, *claims)
            assert source not in text and "  " not in text
    assert said(study, tmp_path, "en", ONE, TWO).startswith("In one exercise, we judge both claims with 2 seeds: ")


def test_what_one_seed_leaves_to_judge_is_not_judged_with_it(tmp_path: Path) -> None:
    study = toy_study(seeds=1)
    fill(study, tmp_path)
    text = said(study, tmp_path, "en", ONE, FEW)
    assert text.startswith("In 2 exercises, we judge 1 of the 2 claims of the source: 1 is confirmed. The other one")


def test_seeds_of_nets_that_no_judged_claim_is_about_and_repetitions_of_times_do_not_count(
    toy: Study, results: Path
) -> None:
    def of(quantity: str, n: int, **other: str) -> dict[str, Any]:
        return {"verdict": "confirmed", "of": {"quantity": quantity}, "estimate": {"n": n}, **other}

    judgements = of("steps/dense/gap", 5), of("steps/conv/gap", 8), of("moons/raw/timing/ms_per_epoch", 3)
    alone = of("moons/raw/gap", 1, verdict="not evaluated", cause="few")
    assert "with 5–8 seeds: 3 are" in said(toy, results, "en", *judgements, alone)


def test_runs_that_failed_are_counted_where_verdicts_rest_on_the_others(tmp_path: Path) -> None:
    exercise = {"dataset": "walks", "seeds_per_job": 1, "variants": {"dense": {}, "conv": {}}}
    study = resolve({"seeds": 5, "exercises": {"steps": exercise}})
    for block in study.blocks():
        if (block.variant, block.seeds[0]) not in (("conv", 1), ("conv", 3)):
            write_block(block, tmp_path)
    collect(study, tmp_path)
    write_claims(study, tmp_path)
    english, spanish = (judged(Facts(study, tmp_path, language)) for language in ("en", "es"))
    assert "with 3–5 seeds" in english
    assert "Of the 10 runs planned for these claims, 2 failed or are missing; the verdicts leave them out." in english
    assert "De las 10 corridas previstas para estas afirmaciones, 2 fallaron o faltan" in spanish


def test_a_demonstration_says_that_it_judges_nothing_and_of_no_seeds(tmp_path: Path) -> None:
    study = toy_study(seeds=1, demonstration=True)
    fill(study, tmp_path)
    text = judged(Facts(study, tmp_path, "en"))
    assert text == "In 2 exercises, none of the 5 claims of the source is judged here: a demonstration judges nothing."
    assert said(study, tmp_path, "es", FEW, UNEQUAL).endswith("se juzga aquí: una demostración no juzga nada.")


def test_the_text_of_a_demonstration_says_once_that_it_judges_nothing(tmp_path: Path) -> None:
    study = toy_study(seeds=1, demonstration=True)
    fill(study, tmp_path)
    prose = section(study, tmp_path, "steps", "en")
    assert prose._choose("steps-a", "yes", "no", "open") == "A demonstration judges no claims."
    assert prose._choose("steps-b", "yes", "no", "open") == ""


def test_the_decisions_are_told_only_if_there_are_several(toy: Study, results: Path) -> None:
    assert "5 decisions" in said(toy, results, "en", ONE, TWO, decisions=5)
    several = said(toy, results, "en", ONE, TWO, MISSING, decisions=5)
    assert several.index("The verdicts rest on 5 decisions") < several.index("The other one")
    assert "decisions" not in said(toy, results, "en", ONE, TWO, decisions=1)


def test_nothing_is_said_where_nothing_is_claimed(tmp_path: Path) -> None:
    study = resolve({"exercises": {"extra": {"dataset": "walks", "variants": {"mine": {}}}}})
    assert judged(Facts(study, tmp_path, "es")) == ""
    assert said(study, tmp_path, "es") == ""
