"""The page of the configuration says what the schema says, and the schema says enough."""

from pathlib import Path

import jsonschema
import pytest

from practica.config.reference import SECTIONS, examples, page
from practica.config.schema import config_schema, study_schema
from practica.files import read_json
from practica.study_folder import OWN

ROOT = Path(__file__).parents[2]


def keys(schema, path=""):
    """Yield the path and the schema of every key that is declared anywhere."""
    for name, entry in schema.get("properties", {}).items():
        yield f"{path}{name}", entry
        yield from keys(entry, f"{path}{name}.")


KEYS = [*keys(config_schema())]
for section in SECTIONS:
    KEYS += keys(config_schema()["$defs"][section], f"{section}: ")


def test_page_is_in_step_with_the_schema():
    there = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert there == page(), "docs/configuration.md is out of step with the schema: run make docs"


def test_the_schema_that_config_yaml_names_is_in_step():
    first = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()[0]
    file = ROOT / first.partition("$schema=")[2]
    assert file.parent == OWN
    assert read_json(file) == study_schema(), f"{file} is out of step with what is declared: run make docs"


@pytest.mark.parametrize(("path", "entry"), KEYS, ids=[path for path, _ in KEYS])
def test_every_key_says_what_it_is_and_shows_valid_examples(path, entry):
    name = next((part["$ref"].split("/")[-1] for part in (entry, *entry.get("allOf", [])) if "$ref" in part), None)
    full = {**(config_schema()["$defs"][name] if name else {}), **entry}
    assert full.get("description", "").endswith("."), f"{path}: add a description to the schema"
    if "properties" in full and not name:
        return  # its own keys are shown
    assert examples(full), f"{path}: add examples to the schema"
    for example in examples(full):
        jsonschema.validate(example, {**entry, "$defs": config_schema()["$defs"]})
    assert f"`{path.split(': ')[-1]}`" in page()
