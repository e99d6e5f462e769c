"""Say in words on which terms two sides were not trained alike."""

from __future__ import annotations

import re

from practica.config import declarations
from practica.evidence import numbers
from practica.evidence.equal_terms import PROTOCOL, TIMED
from practica.paper.settings import phrase
from practica.words import decimal_mark, languages, word

APART = (PROTOCOL, "data", *TIMED)
"""Terms that are no settings."""
TERM = re.compile(r"(?:^|, )(\w+) ")
"""The name of one of the terms in which two sides differ."""
NUMBER = re.compile(r"\d+(\.\d+)?(e-?\d+)?")


def terms(differs: str, language: str) -> str:
    """Return in words what two sides differ in, such as ``epochs 36 / 14, merge true / –``."""
    names = {*declarations.engine(), *declarations.own(), *APART}
    starts = [match for match in TERM.finditer(differs) if match[1] in names]
    if not starts:
        return differs
    ends = [match.start() for match in starts[1:]] + [len(differs)]
    pairs = {match[1]: _values(differs[match.end() : end], language) for match, end in zip(starts, ends, strict=True)}
    return ", ".join(
        word(f"unequal {name}", language).format(pair) if name in APART else phrase(name, pair, language)
        for name, pair in pairs.items()
    )


def _values(pair: str, language: str) -> str:
    """Return the values of two sides as people write them."""
    truths = {text: word(f"setting_{text}", language) for text in ("true", "false")}
    return " / ".join(truths.get(value) or _number(value, language) for value in pair.split(" / "))


def _number(value: str, language: str) -> str:
    """Return a value with the number in it, if it is one, as the language writes it."""
    if NUMBER.fullmatch(value) and language in languages():
        return numbers.count(int(value), language) if value.isdecimal() else numbers.exact(float(value), language)
    return value.replace(".", decimal_mark(language)).strip("[]")
