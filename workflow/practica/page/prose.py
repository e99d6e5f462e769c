"""The authors' text about a study, from the same files as the PDF, as sections of a page."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import partial

from markupsafe import Markup

from practica.figures import catalogue as figures
from practica.figures.specs import Spec
from practica.page.address import address
from practica.page.latex import to_html, works
from practica.paper.bibliography import REFERENCES
from practica.paper.catalogue import TableSpec, exercise_tables
from practica.paper.facts import Facts
from practica.paper.floats import group
from practica.paper.prose import Prose
from practica.words import in_language, section


def prose(facts: Facts, exercise: str | None) -> Markup:
    """Return the prose of an exercise (None: the introduction) as HTML, without floats, which have their own places."""
    path = facts.study.prose(facts.language).get(exercise)
    if path is None or not path.is_file():
        return Markup("")
    captions = {spec.name: "" for spec in figures.of_exercise(facts.study, exercise)} if exercise else {}
    text = Prose(facts, exercise, captions, floats=False).expand(path)
    citations = works(facts.study.folder / REFERENCES)
    # The page of an exercise is its section.
    below = 1 if exercise is None else 0
    return to_html(text, partial(reference, facts), lambda key: citations.get(key, key), below=below)


def reference(facts: Facts, label: str) -> tuple[str, str]:
    """Return the text of a reference, the source's number or the title, and its target on the pages."""
    kind, _, name = label.partition(":")
    if kind == "sec":
        return str(facts.study.number(name)), address(facts.study, name, facts.language)
    for exercise in facts.study.exercises:
        page = address(facts.study, exercise, facts.language)
        specs = figures.of_exercise(facts.study, exercise) if kind == "fig" else exercise_tables(facts.study, exercise)
        for spec in specs:
            if name in (spec.name, group(spec.name)):
                letter = re.sub(r"^.*\d", "", name) if name == spec.name else ""
                members = [spec] if name == spec.name else [each for each in specs if group(each.name) == name]
                text = _title(members, facts.language) if spec.number is None else f"{spec.number}{letter}"
                return text, f"{page}#{spec.name}"
    return name, ""


def _title(specs: Sequence[Spec | TableSpec], language: str) -> str:
    """Return the title of a figure or, of a table, the beginning of its caption, in quotes.

    Several that stand together have the words with which all their titles begin: “Confusions” of “Confusions, dense
    net” and “Confusions, small net”; or else the first title and the last.
    """
    quoted = section("page", language)["quoted"]
    titles = [_own_title(spec, language) for spec in specs]
    common = _common(titles)
    return quoted.format(common) if common else " … ".join(quoted.format(title) for title in (titles[0], titles[-1]))


def _own_title(spec: Spec | TableSpec, language: str) -> str:
    if isinstance(spec, Spec):
        return spec.title[language]
    return re.split("[.:;,(]", in_language(spec.caption, language))[0]


def _common(titles: Sequence[str]) -> str:
    """Return the clauses with which all titles begin."""
    clauses = [re.split(r"(?<=[,:]) ", title) for title in titles]
    places = zip(*clauses, strict=False)
    shared = itertools.takewhile(lambda each: len({clause.rstrip(",:") for clause in each}) == 1, places)
    return " ".join(first for first, *_ in shared).rstrip(",:")
