"""What the documents say of the ten exercises is true: their files exist, their examples and pages are up to date."""

from __future__ import annotations

import copy
import re

import pytest
import yaml

from documents import DOCUMENTS, FENCE, GENERATED, ROOT, paths
from practica.config.reference import page
from practica.config.schema import study_schema
from practica.config.study import Study
from practica.files import read_json
from practica.plan.checks import check_settings
from practica.study_folder import OWN
from ten import CONFIG, runs

EXERCISE = re.compile(r"ej\d\d")
HERE = [(name, code) for name, code in paths() if code.startswith(("study/", "tests/study"))]


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in HERE])
def test_a_path_in_the_study_is_there(code: str) -> None:
    gone = [part for part in EXERCISE.findall(code) if not runs(part)]
    assert gone or (ROOT / code).exists()


@pytest.mark.parametrize("name", ["README.md", "config/README.md", "docs/add-a-variant.md", "docs/tuning.md"])
def test_examples_of_variants_are_valid(name: str) -> None:
    examples = [yaml.safe_load(code) for language, code in FENCE.findall(DOCUMENTS[name]) if language == "yaml"]
    changed = [example for example in examples if all(map(EXERCISE.fullmatch, example))]
    assert changed, f"{name} shows no variant"
    for example in changed:
        for exercise in filter(runs, example):
            config = copy.deepcopy(CONFIG)
            config["exercises"][exercise]["variants"] |= example[exercise]["variants"]
            check_settings(Study.resolve(config), exercise)


def test_page_is_in_step_with_the_schema() -> None:
    there = (ROOT / GENERATED).read_text(encoding="utf-8")
    assert there == page(), f"{GENERATED} is out of step with the schema: run make docs"


def test_the_schema_that_config_yaml_names_is_in_step() -> None:
    first = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()[0]
    file = ROOT / first.partition("$schema=")[2]
    assert file.parent == OWN
    assert read_json(file) == study_schema(), f"{file} is out of step with what is declared: run make docs"
