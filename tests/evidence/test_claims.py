"""The declared claims are complete and in both languages; mistakes in them are named."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import practica
from evidence.factory import edited, make_study
from practica.errors import InputError
from practica.evidence.claims import Quantity, declared
from practica.files import read_json

ROOT = Path(__file__).parents[2]
OVERFITS = "        minus: steps/conv/gap\n        rule: {above: 0}\n        smallest: 0.005\n"


def test_a_level_stands_in_the_words_for_it() -> None:
    words = declared(make_study()).define("epochs_to_85")
    assert words is not None
    assert (words["es"]["name"], words["en"]["name"]) == ("épocas hasta 0,85", "epochs to 0.85")
    assert "NN" not in "".join(text for each in words.values() for text in each.values())


def test_a_quantity_reads_as_it_is_written() -> None:
    for text in ("steps/dense/test/accuracy", "steps/dense/gap"):
        assert str(Quantity.parse(text)) == text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rule: {within: 0.02}", "rule: {withn: 0.02}", r"claims\.moons\.parts\.accuracy\.rule\.withn: unknown key"),
        ("rule: {within: 0.02}", "rule: {within: 0.02, below: 1}", r"claims\.moons\.parts\.accuracy\.rule"),
        ("of: steps/dense/gap\n", "of: steps/dense/gapp\n", r"claims\.steps-b\.parts\.gap\.of: no measure 'gapp'"),
        ("of: steps/dense/gap\n", "of: steps/dense/idle_epochs\n",
         r"gap\.of: .* between two classes, and steps has an output for each class; .* idle_epochs_from_10"),
        ("of: steps/dense/gap\n", "of: steps-dense\n", r"claims\.steps-b\.parts\.gap\.of"),
        ("of: steps/dense/gap\n", "off: steps/dense/gap\n", r"claims\.steps-b\.parts\.gap"),
        ("    figure: fig1a\n    varies", "    varies", r"claims\.steps-b: 'figure'"),
        ("  steps-a:", "  moons-a:", r"claims\.moons-a: call it steps"),
        ("  steps-a:", "  steps_a:", r"claims\.steps_a: call it steps"),
        ("        smallest: 0.005\n", "", r"claims\.steps-a\.parts\.accuracy\.smallest: say which effect"),
        (OVERFITS, "        rule: {above: 0}\n", r"claims\.steps-b\.parts\.gap\.smallest: say which effect"),
        (f"of: steps/dense/gap\n{OVERFITS}", "of: steps/dense/loss_left\n        rule: {below: 1}\n",
         r"claims\.steps-b\.parts\.gap\.smallest: say which effect"),
        (f"of: steps/dense/gap\n{OVERFITS}", "of: steps/dense/test/r2\n        rule: {above: 0}\n",
         r"claims\.steps-b\.parts\.gap\.smallest: say which effect"),
        ("        smallest: 0.005\n", "        smallest: 0\n", r"claims\.steps-a\.parts\.accuracy\.smallest"),
        ("of: steps/dense/test/accuracy\n        rule: *", "of: steps/dense/gap\n        rule: *",
         r"claims\.steps-c\.parts\.dense\.rule: near needs a number that the source prints"),
        ("of: moons/deeper/solved\n", "of: moons/deeper/solved\n        minus: moons/raw/solved\n",
         r"claims\.moons-hand\.parts\.solves\.of: solved holds or not"),
        ("of: steps/dense/epochs_to_95", "of: steps/dense/hours_to_95", r"\.of: no measure 'hours_to_NN'"),
        ("of: steps/dense/epochs_to_95", "of: steps/dense/epochs_to_9", r"\.of: no measure 'epochs_to_9'"),
        ("varies: [learning_rate]", "varies: learning_rate", r"claims\.steps-a\.varies: .* is not of type 'array'"),
        ("claims:", "definitions: {excess: {en: {name: excess, means: it}}, auc: {en: {name: a, means: b}}}\nclaims:",
         r"definitions\.auc: \S*study\.yaml defines it too"),
        ("claims:", "definitions: {excess: {en: {name: excess}}}\nclaims:", r"definitions\.excess\.en: 'means'"),
        ("claims:", "claims: [", r"not valid YAML"),
        ("claims:", "claims: {}\nclaims:", r"the key 'claims' already appears"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = f"{'moons' if 'within' in old or 'moons' in old else 'steps'}/about.yaml"
    with pytest.raises(InputError, match=rf"{file}.*{message}"):
        declared(edited(tmp_path / "study", file, old, new))


def test_a_measure_of_one_exercise_is_defined_beside_it(tmp_path: Path) -> None:
    own = "definitions: {excess: {en: {name: excess, means: it}}}\nclaims:"
    study = edited(tmp_path / "study", "steps/about.yaml", "claims:", own)
    assert declared(study).define("excess") == {"en": {"name": "excess", "means": "it"}}
    of_it = edited(tmp_path / "used", "steps/about.yaml", "claims:", own)
    about = tmp_path / "used/steps/about.yaml"
    about.write_text(about.read_text().replace("of: steps/dense/gap\n", "of: steps/dense/excess\n"))
    assert "excess" in {part.of.measure for claim in declared(of_it).claims.values() for part in claim.parts}


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    study = edited(tmp_path / "study", "steps/about.yaml", "claims", "claims")
    (tmp_path / "study/steps/about.yaml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(InputError, match=r"steps/about\.yaml is not UTF-8, at byte 1: save it as UTF-8"):
        declared(study)


def test_reading_the_claims_is_light() -> None:
    code = "import sys, practica.evidence.claims; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pandas", "scipy", "tensorflow"} & set(loaded)


def test_every_number_that_a_source_may_print_can_be_judged() -> None:
    folder = Path(practica.__file__).parents[1] / "schemas"
    about, judged = (read_json(folder / f"{name}.schema.json") for name in ("about", "claims"))
    pattern = about["properties"]["printed"]["additionalProperties"]["pattern"]
    assert re.fullmatch(pattern, "-0.5")
    assert judged["$defs"]["side"]["properties"]["source"]["pattern"] == pattern
