"""Protocols: which variants run under each, their settings and names, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from practica.cli import main
from practica.config.block import Block
from practica.config.names import variant_name
from practica.config.reader import read_config
from practica.config.study import Study
from practica.errors import InputError
from practica.plan.checks import check
from practica.yamlfiles.overlay import lay
from toy import CONFIG, toy_study, two_protocols

BOTH = ["ours", "theirs"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return two_protocols(tmp_path / "study")


def study_of(folder: Path, **changes: Any) -> Study:
    return toy_study(**{"study": str(folder), "protocols": BOTH, **changes})


def test_what_runs_under_the_first_protocol_is_what_runs_without_any(folder: Path) -> None:
    study, alone = study_of(folder), toy_study(study=str(folder))
    assert alone.protocols == ()
    specifications = [block.specification() for block in study.blocks()]
    assert [each for each in specifications if "@" not in each] == [each.specification() for each in alone.blocks()]
    assert [study.variants(exercise) for exercise in study.exercises] == [
        alone.variants(exercise) for exercise in alone.exercises
    ]
    assert "protocols" not in alone.config


def test_another_protocol_lies_over_the_variants_that_it_names(folder: Path) -> None:
    study = study_of(folder)
    assert study.protocols == ("ours", "theirs")
    assert study.variants("moons", "theirs") == ("raw@theirs", "corrected@theirs")
    assert study.variants("moons", "ours") == study.variants("moons")
    assert study.every_variant("steps") == ("dense", "conv", "dense@theirs")
    assert study.settings("moons", "raw@theirs") == {**study.settings("moons", "raw"), "epochs": 3, "l2": 0.1}
    assert study.settings("steps", "dense@theirs")["learning_rate"] == 0.01
    assert (study.model("moons", "raw@theirs"), study.dataset("moons", "raw@theirs")) == ("dense", "crescents")
    assert study.resources("moons", "raw@theirs") == study.resources("moons", "raw")
    assert variant_name(study, "moons", "raw@theirs", "en").endswith(" (as published)")
    block = study.block("moons", "raw@theirs", (0, 1))
    assert (block.id, Block.parse(block.specification())) == ("moons/raw@theirs/s0-1", block)
    check(study)
    with pytest.raises(InputError, match="unknown variant of moons 'wider@theirs'"):
        study.settings("moons", "wider@theirs")


def test_the_configuration_lies_over_the_files_and_the_resolved_study_needs_none(folder: Path, tmp_path: Path) -> None:
    config = read_config([CONFIG])
    exercises: Any = config["exercises"]
    exercises["moons"]["protocols"] = {"theirs": {"settings": {"epochs": 2}, "variants": {"corrected": None}}}
    exercises["steps"]["protocols"] = {"theirs": None}
    study = study_of(folder, exercises=exercises)
    assert study.variants("moons", "theirs") == ("raw@theirs",)
    assert study.variants("steps", "theirs") == ()
    assert study.settings("moons", "raw@theirs")["epochs"] == 2
    assert study.protocol("moons", "theirs")["unknown"] == ["batch_size"]
    for gone in (False, True):
        if gone:
            (folder / "moons/theirs.yaml").unlink()
        command = ["study", "--json", json.dumps(dict(study.config)), "--out", str(tmp_path / "study.json")]
        assert CliRunner().invoke(main, command).exit_code == 0  # as the rule does that writes it
        assert Study.load(tmp_path / "study.json") == study


def test_a_demonstration_and_a_part_of_the_study_may_have_one_protocol_alone(folder: Path) -> None:
    assert study_of(folder, demonstration=True).protocols == ()
    assert study_of(folder, protocols="ours").protocols == ()
    (folder / "steps/theirs.yaml").unlink()
    assert study_of(folder, only=["steps"]).protocols == ()


def test_an_exercise_may_have_none_of_a_protocol(folder: Path) -> None:
    config = lay(read_config([CONFIG]), {"exercises": {"moons": {"protocols": {"theirs": None}}}})
    study = study_of(folder, exercises=config["exercises"])
    assert study.variants("moons", "theirs") == ()
    assert study.variants("steps", "theirs") == ("dense@theirs",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"protocols": ["ours", "thirs"]}, "protocols: .*declares no protocol 'thirs'; did you mean 'theirs'"),
        ({"protocols": ["theirs"]}, "protocols: begin with ours"),
        ({"protocols": ["ours", "theirs", "theirs"]}, "protocols: theirs appears twice"),
        ({"protocols": []}, "protocols: .*"),
        ({"exercises": {"moons": {"protocols": 3}}}, r"exercises\.moons\.protocols: 3 is not of type 'object'"),
        ({"exercises": {"moons": {"protocols": {"theirs": 3}}}}, r"moons\.protocols\.theirs: 3 is not of type"),
    ],
)
def test_protocols_that_cannot_be_are_refused(folder: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        study_of(folder, **changes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "settings: {epocs: 3}\nvariants: {raw: {}}\n",
            r"exercises\.moons\.protocols\.theirs\.settings\.epocs: unknown",
        ),
        ("settings: {l2: 1}\n", r"exercises\.moons\.protocols\.theirs: 'variants' is a required property"),
        ("variants: {raw: {}}\nunknown: [momentun]\n", "unknown: there is no setting 'momentun'; did you mean"),
        ("settings: {l2: 1}\nvariants: {raw: {}}\nunknown: [l2]\n", "unknown: l2 has a value there"),
    ],
)
def test_a_file_of_a_protocol_is_checked_like_the_configuration(folder: Path, text: str, said: str) -> None:
    (folder / "moons/theirs.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        study_of(folder)


def test_a_protocol_without_any_file_is_refused(folder: Path) -> None:
    for exercise in ("moons", "steps"):
        (folder / exercise / "theirs.yaml").unlink()
    with pytest.raises(InputError, match=r"protocols: no exercise in .* has a file theirs\.yaml"):
        study_of(folder)
