"""The claims that ``report/claims.yaml`` declares. Light: Snakemake reads them every time it parses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from practica.address import Quantity
from practica.errors import InputError
from practica.files import SCHEMAS, read_json
from practica.yamlfile import read_yaml

CLAIMS = Path(__file__).parents[3] / "report" / "claims.yaml"
SCHEMA = SCHEMAS / "claim-list.schema.json"

Text = Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """One statement of a claim.

    Attributes:
        kind: what is judged: the ``value`` of a quantity, its ``difference`` from another, or its ``ratio`` to it.
        rule: the name of a rule and its bound.
        figure: the figure to look at.
    """

    name: str
    says: Text
    kind: str
    of: Quantity
    other: Quantity | None
    rule: tuple[str, float]
    figure: str

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Return what is compared."""
        return (self.of,) if self.other is None else (self.of, self.other)


@dataclass(frozen=True)
class Claim:
    """What the source claims; the first part is the one to show where there is room for one."""

    id: str
    sentence: Text
    figure: str
    parts: tuple[Part, ...]

    @property
    def exercise(self) -> str:
        """Return the exercise that the claim is about."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class Claims:
    """All claims, by id, and the words for the measures that they use, by measure and language."""

    claims: Mapping[str, Claim]
    definitions: Mapping[str, Mapping[str, Text]]

    def about(self, exercise: str) -> list[Claim]:
        """Return the claims about an exercise."""
        return [claim for claim in self.claims.values() if claim.exercise == exercise]


@cache
def declared(path: Path = CLAIMS) -> Claims:
    """Return the claims that a file declares.

    Raises:
        InputError: the file is missing or wrong; the message names it and the key.
    """
    content = read_yaml(path)
    _check(path, content)
    return Claims({key: _claim(key, entry) for key, entry in content["claims"].items()}, content["definitions"])


def _check(path: Path, content: Any) -> None:
    validator = jsonschema.Draft202012Validator(read_json(SCHEMA))
    error = next(validator.iter_errors(content), None)
    if error is not None:
        key = ".".join(map(str, error.absolute_path)) or "the file"
        raise InputError(f"{path}: {key}: {error.message}; workflow/schemas/{SCHEMA.name} says what is allowed")
    for name, claim in content["claims"].items():
        for part, entry in claim["parts"].items():
            for key in ("of", "minus", "over"):
                measure = Quantity.parse(entry[key]).measure if key in entry else "/"
                if "/" not in measure and measure not in content["definitions"]:
                    known = ", ".join(content["definitions"])
                    where = f"claims.{name}.parts.{part}.{key}"
                    raise InputError(f"{path}: {where}: no measure {measure!r} under definitions (known: {known})")


def _claim(name: str, entry: Mapping[str, Any]) -> Claim:
    parts = tuple(_part(part, each, entry["figure"]) for part, each in entry["parts"].items())
    return Claim(name, entry["sentence"], entry["figure"], parts)


def _part(name: str, entry: Mapping[str, Any], figure: str) -> Part:
    kind, other = "value", None
    for key, kind_of in (("minus", "difference"), ("over", "ratio")):
        if key in entry:
            kind, other = kind_of, Quantity.parse(entry[key])
    ((rule, bound),) = entry["rule"].items()
    of = Quantity.parse(entry["of"])
    return Part(name, entry["says"], kind, of, other, (rule, float(bound)), entry.get("figure", figure))
