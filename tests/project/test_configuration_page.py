"""The page of the configuration shows every key, of which the schema says enough."""

import jsonschema
import pytest

from practica.config.reference import SECTIONS, examples, page
from practica.config.schema import config_schema


def keys(schema, path=""):
    """Yield the path and the schema of every key that is declared anywhere."""
    for name, entry in schema.get("properties", {}).items():
        yield f"{path}{name}", entry
        yield from keys(entry, f"{path}{name}.")


KEYS = [*keys(config_schema())]
for section in SECTIONS:
    KEYS += keys(config_schema()["$defs"][section], f"{section}: ")


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
