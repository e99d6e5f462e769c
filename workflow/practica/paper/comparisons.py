"""Make the tables of verdicts on claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from practica.address import claim_and_part
from practica.config.front import most_seeds, text_of
from practica.errors import InputError, hint
from practica.evidence.effects import by_protocol, deciding
from practica.evidence.results import Missing
from practica.evidence.rules import FEWEST
from practica.paper import cells, protocols
from practica.paper.catalogue import TableSpec
from practica.paper.facts import Facts
from practica.paper.parts import (
    cause,
    definition_text,
    glance_cell,
    measures_of,
    part_cells,
    printed_column,
    seeds_cell,
    source_cells,
    verdict,
)
from practica.paper.table import Cell, Column, Content, label
from practica.words import in_language, section, word


def verdicts(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per claim: its sentence, the numbers of the part that decides it, and the verdict."""
    if facts.study.protocols:
        return _verdicts_by_protocol(facts)
    language = facts.language
    columns = [
        Column("claim", "", numeric=False),
        Column("sentence", text_of(facts.study, section("report", language), "claim"), numeric=False, width=0.32),
        *printed_column(facts),
        Column("ours", word("here", language), numeric=False, width=0.25),
        Column("n", word("seeds", language)),
        Column("verdict", word("verdict", language), numeric=False),
    ]
    if facts.claims is None:
        return columns, _holes(facts, len(columns)), []
    rows = []
    for claim in facts.claims["claims"]:
        part = deciding(claim)
        name = Cell(claim["id"], {"": claim["id"]}, section=claim["exercise"])
        sentence = label(in_language(claim["sentence"], language))
        numbers_of = [*source_cells(part, facts), glance_cell(part, facts), seeds_cell(part)]
        rows.append([name, sentence, *numbers_of, verdict(claim["verdict"], cause(part, facts), facts)])
    return columns, rows, [_explained(facts), *sequential_note(facts)]


def _verdicts_by_protocol(facts: Facts) -> Content:
    """Make one row per claim: what the source prints, the verdict under each protocol, and the one over all."""
    language, study = facts.language, facts.study
    columns = [
        Column("claim", "", numeric=False),
        Column("sentence", text_of(study, section("report", language), "claim"), numeric=False, width=0.19),
        *printed_column(facts),
        *(
            Column(name, protocols.heading(study, name, language), numeric=False, width=0.2)
            for name in study.shown_protocols
        ),
        Column("verdict", word("verdict", language), numeric=False, width=0.12),
    ]
    if facts.claims is None:
        return columns, _holes(facts, len(columns)), []
    rows = []
    for claim in facts.claims["claims"]:
        views = by_protocol(claim)
        name = Cell(claim["id"], {"": claim["id"]}, section=claim["exercise"])
        sentence = label(in_language(claim["sentence"], language))
        verdicts = [_under(views[each], facts) if each in views else cells.blank() for each in study.shown_protocols]
        source = source_cells(deciding(next(iter(views.values()))), facts)
        rows.append([name, sentence, *source, *verdicts, verdict(claim["verdict"], "", facts)])
    return (
        columns,
        rows,
        [_explained(facts), *sequential_note(facts), word("overall_note", language), *protocols.caveats(facts)],
    )


def _under(view: Mapping[str, Any], facts: Facts) -> Cell:
    """Return the verdict on a claim under one protocol, with the numbers of the deciding part below it."""
    part = deciding(view)
    cell, glance = verdict(view["verdict"], cause(part, facts), facts), glance_cell(part, facts)
    seeds = f"n\u00a0=\u00a0{part['estimate']['n']}" if part["estimate"] else ""
    numbers_of = [glance.text, glance.below, seeds] if part["estimate"] else []
    raw = {f"_value{suffix}": value for suffix, value in glance.raw.items()}
    return replace(cell, raw={**cell.raw, **raw}, below="\n".join(filter(None, [cell.below, *numbers_of])))


def _explained(facts: Facts) -> str:
    """Return what the verdicts mean, and how many decisions they rest on."""
    count = (facts.claims or {})["decisions"]["count"]
    note = text_of(facts.study, section("report", facts.language), "verdicts_note")
    decisions = word("at_once", facts.language).format(count) if count > 1 else ""
    intervals = word("intervals", facts.language) if most_seeds(facts.study, facts.study.exercises) > 1 else ""
    return str(note.format(fewest=FEWEST, intervals=intervals, decisions=decisions))


def sequential_note(facts: Facts) -> list[str]:
    """Return a note on intervals if seeds may be added after a look at the results."""
    return [word("sequential_note", facts.language)] if facts.study.sequential else []


def statements(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per claim about an exercise, followed by one per part with its rule and its numbers."""
    language = facts.language
    columns = [
        Column("claim", "", numeric=False),
        Column("statement", word("statement", language), numeric=False, width=0.24),
        Column("rule", word("rule", language), numeric=False),
        *printed_column(facts),
        *protocols.column(spec, facts),
        Column("ours", word("here", language), numeric=False, width=0.2),
        Column("n", word("seeds", language)),
        Column("figure", word("see", language), numeric=False),
        Column("verdict", word("verdict", language), numeric=False),
    ]
    if facts.claims is None:
        return columns, _holes(facts, len(columns), spec.exercise), []
    rows: list[list[Cell]] = []
    measures: dict[str, None] = {}
    for claim in (each for each in facts.claims["claims"] if each["exercise"] == spec.exercise):
        text = in_language(claim["sentence"], language)
        empty = [Cell("", {"": ""})] * (len(columns) - 3)
        sentence = Cell(text, {"": text}, tone="strong", span=1 + len(empty))
        name = Cell(claim["id"], {"": claim["id"]}, tone="strong")
        rows.append([name, sentence, *empty, verdict(claim["verdict"], "", facts)])
        names: set[str] = set()
        for part in _in_order(claim, facts):
            measures |= dict.fromkeys(measures_of(part))
            row = [Cell("", {"": f"{claim['id']}/{part['name']}"}), *part_cells(part, facts)]
            rows.append(_continued(columns, row) if part["name"] in names else row)
            names.add(part["name"])
    texts = facts.claims["definitions"]
    definitions = [definition_text(in_language(texts[measure], language)) for measure in measures if measure in texts]
    return columns, rows, [*definitions, *protocols.exercise_notes(facts, str(spec.exercise))]


def _continued(columns: Sequence[Column], row: Sequence[Cell]) -> list[Cell]:
    """Return the row of a part under a further protocol, without what the row above already says."""
    alike = ("statement", "rule", "source")
    return [
        replace(cell, text="", below="") if column.key in alike else cell
        for column, cell in zip(columns, row, strict=True)
    ]


def _in_order(claim: Mapping[str, Any], facts: Facts) -> list[Mapping[str, Any]]:
    """Return the parts of a claim; each part under all protocols before the next part."""
    names, order = list(dict.fromkeys(part["name"] for part in claim["parts"])), facts.study.shown_protocols
    return sorted(
        claim["parts"],
        key=lambda part: (names.index(part["name"]), order.index(part["protocol"]) if order else 0),
    )


def find(reference: str, facts: Facts) -> tuple[Mapping[str, Any], Mapping[str, Any]] | Missing:
    """Return the entries of a claim and one of its parts, from ``digits-a`` (its first part) or ``digits-a/speed``.

    The part is the one under the first protocol.

    Raises:
        InputError: there is no such claim or part.
    """
    name, part = claim_and_part(reference)
    claims = facts.declared
    if name not in claims:
        raise InputError(f"no claim {name!r}{hint(name, claims)}")
    parts = [each.name for each in claims[name].parts]
    if part and part not in parts:
        raise InputError(f"claim {name} has no part {part!r}{hint(part, parts)}")
    if facts.claims is None:
        return Missing(word("no_claims", facts.language))
    claim = next((each for each in facts.claims["claims"] if each["id"] == name), None)
    if claim is None:
        return Missing(f"{claims[name].exercise}: {word('outside', facts.language)}")
    return claim, next(each for each in claim["parts"] if part in ("", each["name"]))


def _holes(facts: Facts, width: int, exercise: str | None = None) -> list[list[Cell]]:
    """Return a row for each claim, for a report without ``claims.json``."""
    hole = cells.gap(word("no_claims", facts.language), facts)
    return [
        [label(claim.id), label(claim.sentence[facts.language]), *[cells.blank()] * (width - 3), hole]
        for claim in facts.declared.values()
        if claim.exercise in facts.study.exercises and exercise in (None, claim.exercise)
    ]
