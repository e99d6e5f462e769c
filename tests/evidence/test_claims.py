"""The declared claims: complete, in both languages, and mistakes in them named."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.factory import edited, make_study
from practica.config.study import Study, read_config
from practica.errors import InputError
from practica.evidence.claims import Quantity, declared
from practica.evidence.rules import RULES
from practica.evidence.source import numbers
from practica.figures.catalogue import figures_for

ROOT = Path(__file__).parents[2]
BY_CHOICE = {"ej10/vgg16_long"}
"""Variants that a claim asks for and that the shipped configuration does not run."""


def parts():
    return [(claim, part) for claim in declared(make_study()).claims.values() for part in claim.parts]


@pytest.fixture(scope="module")
def shipped() -> Study:
    return Study.resolve(read_config([ROOT / "config.yaml"]))


def test_claims_name_variants_and_figures_of_the_shipped_study(shipped: Study) -> None:
    figures = figures_for(shipped)
    for claim, part in parts():
        assert part.figure in figures
        assert claim.figure in figures
        for quantity in part.quantities:
            name = f"{quantity.exercise}/{quantity.variant}"
            assert quantity.variant in shipped.variants(quantity.exercise) or name in BY_CHOICE
        assert part.rule[0] in RULES


def test_every_accuracy_that_the_source_prints_bears_on_a_claim() -> None:
    printed = numbers(make_study())
    named = {str(quantity) for _, part in parts() for quantity in part.quantities}
    assert {name for name in printed if "/parameters/" not in name} <= named


def test_each_accuracy_that_the_source_prints_is_a_claim() -> None:
    printed = numbers(make_study())
    judged = {str(part.of) for _, part in parts() if part.rule == ("near", 0.02)}
    assert judged == {name for name in printed if "/parameters/" not in name}
    assert len(judged) == 9


def test_a_level_stands_in_the_words_for_it() -> None:
    words = declared(make_study()).define("epochs_to_85")
    assert words is not None
    assert (words["es"]["name"], words["en"]["name"]) == ("épocas hasta 0,85", "epochs to 0.85")
    assert "NN" not in "".join(text for each in words.values() for text in each.values())


def test_no_result_is_typed_into_a_sentence() -> None:
    for claim, part in parts():
        for text in (each[language] for each in (claim.sentence, part.says) for language in ("es", "en")):
            assert not re.search(r"\d[.,]\d", text), claim.id
            assert not text.endswith("."), claim.id


def test_a_quantity_reads_as_it_is_written() -> None:
    for text in ("ej08/dense/test/accuracy", "ej08/dense/gap"):
        assert str(Quantity.parse(text)) == text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rule: {above: 0.02}", "rule: {abov: 0.02}", r"claims\.ej03-a\.parts\.gap\.rule: .*'abov'"),
        ("rule: {above: 0.02}", "rule: {above: 0.02, below: 1}", r"claims\.ej03-a\.parts\.gap\.rule"),
        ("of: ej03/l2/gap\n", "of: ej03/l2/gapp\n", r"claims\.ej03-a\.parts\.gap\.of: no measure 'gapp'"),
        ("of: ej03/l2/gap\n", "of: ej03-l2\n", r"claims\.ej03-a\.parts\.gap\.of"),
        ("of: ej03/l2/gap\n", "off: ej03/l2/gap\n", r"claims\.ej03-a\.parts\.gap"),
        ("    figure: fig05\n    parts:\n      gap:", "    parts:\n      gap:", r"claims\.ej03-a: 'figure'"),
        ("  ej03-a:", "  ej04-a:", r"claims\.ej04-a: call it ej03"),
        ("  ej03-a:", "  ej03_a:", r"claims\.ej03_a: call it ej03"),
        ("        smallest: 0.005\n", "", r"claims\.ej03-b\.parts\.gap\.smallest: say which effect"),
        ("        smallest: 0.005\n", "        smallest: 0\n", r"claims\.ej03-b\.parts\.gap\.smallest"),
        ("of: ej03/dropout_l2/test/accuracy\n        rule: *", "of: ej03/dropout_l2/gap\n        rule: *",
         r"claims\.ej03-e\.parts\.dropout_l2\.rule: near needs a number that the source prints"),
        ("of: ej02/xor_221/solved\n", "of: ej02/xor_221/solved\n        minus: ej02/xor_concat/solved\n",
         r"claims\.ej02\.parts\.solves_221\.of: solved holds or not"),
        ("of: ej08/dense/epochs_to_95", "of: ej08/dense/epochs_to_9", r"\.of: no measure 'epochs_to_9'"),
        ("varies: [dropout]", "varies: dropout", r"claims\.ej03-b\.varies: 'dropout' is not of type 'array'"),
        ("claims:", "claims: [", r"not valid YAML"),
        ("claims:", "claims: {}\nclaims:", r"the key 'claims' is there already"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    exercise = next((name for name in ("ej02", "ej08") if name in old), "ej03")
    file = f"{exercise}/about.yaml"
    with pytest.raises(InputError, match=rf"{file}.*{message}"):
        declared(edited(tmp_path / "study", file, old, new))


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    study = edited(tmp_path / "study", "ej03/about.yaml", "claims", "claims")
    (tmp_path / "study/ej03/about.yaml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(InputError, match=r"ej03/about\.yaml is not valid YAML: 'utf-8' codec can't decode"):
        declared(study)


def test_reading_the_claims_is_light() -> None:
    code = "import sys, practica.evidence.claims; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pandas", "scipy", "tensorflow"} & set(loaded)


def test_the_documents_explain_every_quantity_and_rule() -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    for name in (*declared(make_study()).definitions, *RULES):
        assert re.search(rf"`{name}[`:]", text), name
