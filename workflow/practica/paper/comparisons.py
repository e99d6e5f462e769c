"""Make the tables of verdicts on what is claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Any

from practica.address import Quantity, base_of
from practica.config.front import repeats, spoken
from practica.config.names import metric_name, variant_name
from practica.errors import InputError, hint
from practica.evidence import numbers
from practica.evidence.effects import by_protocol, deciding, effect_text, rule_text
from practica.evidence.estimates import Estimate
from practica.evidence.results import Missing
from practica.evidence.rules import FEWEST
from practica.evidence.verdicts import UNEQUAL
from practica.figures.catalogue import figures_for
from practica.figures.tones import SIGNS
from practica.paper import cells, protocols
from practica.paper.catalogue import TableSpec
from practica.paper.facts import Facts
from practica.paper.table import Cell, Column, Content, label
from practica.words import in_language, section, word

WIDEST = 27
"""Letters of a line below a verdict."""
NARROW = 24
"""More letters than this below a verdict are broken into lines."""


def verdicts(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per claim: what the source says, the numbers of the part that decides, and the verdict."""
    if facts.study.protocols:
        return _verdicts_by_protocol(facts)
    language = facts.language
    columns = [
        Column("claim", "", numeric=False),
        Column("sentence", spoken(facts.study, section("report", language), "claim"), numeric=False, width=0.32),
        *_printed_column(facts),
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
        shown = [*_source(part, facts), _at_a_glance(part, facts), _n(part)]
        rows.append([name, sentence, *shown, verdict(claim["verdict"], cause(part, facts), facts)])
    return columns, rows, [_explained(facts), *sequential_note(facts)]


def _verdicts_by_protocol(facts: Facts) -> Content:
    """Make one row per claim: what came of it under each protocol, beside what the source prints, and over all."""
    language, study = facts.language, facts.study
    columns = [
        Column("claim", "", numeric=False),
        Column("sentence", spoken(study, section("report", language), "claim"), numeric=False, width=0.19),
        *_printed_column(facts),
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
        shown = [_under(views[each], facts) if each in views else cells.blank() for each in study.shown_protocols]
        source = _source(deciding(next(iter(views.values()))), facts)
        rows.append([name, sentence, *source, *shown, verdict(claim["verdict"], "", facts)])
    return (
        columns,
        rows,
        [_explained(facts), *sequential_note(facts), word("overall_note", language), *protocols.caveats(facts)],
    )


def _under(view: Mapping[str, Any], facts: Facts) -> Cell:
    """Return the verdict on a claim under one protocol, and below it the numbers of the part that decides."""
    part = deciding(view)
    judged, found = verdict(view["verdict"], cause(part, facts), facts), _at_a_glance(part, facts)
    seeds = f"n\u00a0=\u00a0{part['estimate']['n']}" if part["estimate"] else ""
    numbers_of = [found.text, found.below, seeds] if part["estimate"] else []
    raw = {f"_value{suffix}": value for suffix, value in found.raw.items()}
    return replace(judged, raw={**judged.raw, **raw}, below="\n".join(filter(None, [judged.below, *numbers_of])))


def _explained(facts: Facts) -> str:
    """Say what the verdicts mean, and how many decisions they rest on."""
    count = (facts.claims or {})["decisions"]["count"]
    note = spoken(facts.study, section("report", facts.language), "verdicts_note")
    decisions = word("at_once", facts.language).format(count) if count > 1 else ""
    return str(note.format(fewest=FEWEST, decisions=decisions))


def sequential_note(facts: Facts) -> list[str]:
    """Return what to know of intervals where seeds were added after looks at the results; nothing where none were."""
    return [word("sequential_note", facts.language)] if facts.study.sequential else []


def statements(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per claim about an exercise, and below it one per part with its rule and its numbers."""
    language = facts.language
    columns = [
        Column("claim", "", numeric=False),
        Column("statement", word("statement", language), numeric=False, width=0.26),
        Column("rule", word("rule", language), numeric=False),
        *_printed_column(facts),
        *protocols.column(spec, facts),
        Column("ours", word("here", language), numeric=False, width=0.18),
        Column("n", word("seeds", language)),
        Column("figure", word("see", language), numeric=False),
        Column("verdict", word("verdict", language), numeric=False),
    ]
    if facts.claims is None:
        return columns, _holes(facts, len(columns), spec.exercise), []
    rows: list[list[Cell]] = []
    used: dict[str, None] = {}
    for claim in (each for each in facts.claims["claims"] if each["exercise"] == spec.exercise):
        text = in_language(claim["sentence"], language)
        empty = [Cell("", {"": ""})] * (len(columns) - 3)
        sentence = Cell(text, {"": text}, tone="strong", span=1 + len(empty))
        name = Cell(claim["id"], {"": claim["id"]}, tone="strong")
        rows.append([name, sentence, *empty, verdict(claim["verdict"], "", facts)])
        said: set[str] = set()
        for part in _in_order(claim, facts):
            used |= dict.fromkeys(_measures(part))
            row = [Cell("", {"": f"{claim['id']}/{part['name']}"}), *_part(part, facts)]
            rows.append(_continued(columns, row) if part["name"] in said else row)
            said.add(part["name"])
    known = facts.claims["definitions"]
    defined = [_definition(in_language(known[measure], language)) for measure in used if measure in known]
    return columns, rows, [*defined, *protocols.exercise_notes(facts, str(spec.exercise))]


def _continued(columns: Sequence[Column], row: Sequence[Cell]) -> list[Cell]:
    """Return the row of a part under one more protocol, without what the one above it says of both."""
    alike = ("statement", "rule", "source", "figure")
    return [
        replace(cell, text="", below="", figure="") if column.key in alike else cell
        for column, cell in zip(columns, row, strict=True)
    ]


def _in_order(claim: Mapping[str, Any], facts: Facts) -> list[Mapping[str, Any]]:
    """Return the parts of a claim, each under one protocol after the other."""
    names, order = list(dict.fromkeys(part["name"] for part in claim["parts"])), facts.study.shown_protocols
    return sorted(
        claim["parts"],
        key=lambda part: (names.index(part["name"]), order.index(part["protocol"]) if order else 0),
    )


def find(reference: str, facts: Facts) -> tuple[Mapping[str, Any], Mapping[str, Any]] | Missing:
    """Return the entry of a claim and that of one of its parts, from ``digits-a`` (its first) or ``digits-a/speed``.

    The part is that of the first protocol.

    Raises:
        InputError: there is no such claim or part.
    """
    name, slash, part = reference.partition("/")
    known = facts.declared
    if name not in known:
        raise InputError(f"no claim {name!r}{hint(name, known)}")
    parts = [each.name for each in known[name].parts]
    if slash and part not in parts:
        raise InputError(f"claim {name} has no part {part!r}{hint(part, parts)}")
    if facts.claims is None:
        return Missing(word("no_claims", facts.language))
    claim = next((each for each in facts.claims["claims"] if each["id"] == name), None)
    if claim is None:
        return Missing(f"{known[name].exercise}: {word('outside', facts.language)}")
    return claim, next(each for each in claim["parts"] if not slash or each["name"] == part)


def verdict(name: str, below: str, facts: Facts) -> Cell:
    """Return a verdict with its sign; what stands below it is broken into short lines."""
    lines = [line for whole in below.splitlines() for line in wrap(whole, WIDEST)]
    below = "\n".join(lines)
    return Cell(f"{SIGNS[name]} {word(name, facts.language)}", {"": name}, below=below, tone=name)


def cause(part: Mapping[str, Any], facts: Facts) -> str:
    """Say in a few words why a part has no verdict, or which effect is too small; nothing where neither is so."""
    if not part["cause"]:
        return ""
    return word(f"cause_{part['cause']}", facts.language).format(
        n=part["estimate"]["n"] if part["estimate"] else 0,
        fewest=FEWEST,
        reason=_lines(facts.terms(part["reason"])) if part["cause"] == UNEQUAL else part["reason"],
        smallest=numbers.exact(part["smallest"], facts.language),
        count=(facts.claims or {})["decisions"]["count"],
    )


def _lines(differs: str) -> str:
    """Put each thing that differs on a line of its own, and a long pair on two."""
    return "\n".join(each if len(each) <= NARROW else each.replace(" /", "\n/") for each in differs.split(", "))


def _holes(facts: Facts, width: int, exercise: str | None = None) -> list[list[Cell]]:
    """Return a row for each claim where ``claims.json`` is not there."""
    hole = cells.gap(word("no_claims", facts.language), facts)
    return [
        [label(claim.id), label(claim.sentence[facts.language]), *[cells.blank()] * (width - 3), hole]
        for claim in facts.declared.values()
        if claim.exercise in facts.study.exercises and exercise in (None, claim.exercise)
    ]


def _part(part: Mapping[str, Any], facts: Facts) -> list[Cell]:
    """Return the row of a part but for its name."""
    under = [protocols.named(part["protocol"], facts)] if facts.study.protocols else []
    numbers_of = [_rule(part, facts), *_source(part, facts), *under, _ours(part, facts), _n(part)]
    tested = "" if part["p_holm"] is None else numbers.chance(part["p_holm"], facts.language)
    judged = verdict(part["verdict"], "\n".join(filter(None, [cause(part, facts), tested])), facts)
    judged = replace(judged, raw={**judged.raw, "_p": part["p_holm"]})
    return [label(in_language(part["says"], facts.language)), *numbers_of, _see(part["figure"], facts), judged]


def _ours(part: Mapping[str, Any], facts: Facts) -> Cell:
    """Return both sides of a comparison, and below them what the rule judges, its interval on a line of its own."""
    if not part["estimate"]:
        return cells.blank()
    values, raw = _values(part, facts)
    judged = effect_text(part, facts.language)
    if values:
        return Cell(values, raw, below=f"{word(part['kind'], facts.language)} {judged}".replace(" [", "\n["))
    return _alone(judged, raw)


def _at_a_glance(part: Mapping[str, Any], facts: Facts) -> Cell:
    """Return the same with the names of the measure and of the sides, and without the spread."""
    if not part["estimate"]:
        return cells.blank()
    values, raw = _values(part, facts)
    judged = effect_text(part, facts.language, spread=False)
    name = _short(part["of"]["quantity"], facts)
    if values:
        below = f"{_sides(part, facts)}\n{word(part['kind'], facts.language)} {judged}"
        return Cell(f"{name} {values}", raw, below=below)
    return _alone(f"{name} {judged}", raw)


def _alone(judged: str, raw: dict[str, Any]) -> Cell:
    """Return the cell of a quantity that nothing is compared with: its interval stands below."""
    text, _, interval = judged.partition(" [")
    return Cell(text, raw, below=f"[{interval}" if interval else "")


def _values(part: Mapping[str, Any], facts: Facts) -> tuple[str, dict[str, Any]]:
    """Return the numbers of both sides as text, nothing where there is one alone, and all numbers raw."""
    sides = [side["estimate"] for side in (part["of"], part["other"]) if side and side["estimate"]]
    metric = Quantity.parse(part["of"]["quantity"]).metric
    raw = cells.raw(Estimate(**part["estimate"]))
    raw |= {suffix: Estimate(**side).centre for suffix, side in zip(("_of", "_other"), sides, strict=False)}
    values = (numbers.measure(Estimate(**each).centre, None, metric, facts.language) for each in sides)
    return " / ".join(values), raw


def _sides(part: Mapping[str, Any], facts: Facts) -> str:
    """Name both sides of a comparison: the variants, or, where they are the same, what is measured of it."""
    sides = [Quantity.parse(part[side]["quantity"]) for side in ("of", "other")]
    exercises = {each.exercise for each in sides}
    if len(exercises) == len({each.variant for each in sides}) == 1:
        return " / ".join(_short(str(each), facts) for each in sides)
    names = [variant_name(facts.study, each.exercise, base_of(each.variant), facts.language) for each in sides]
    if len(exercises) > 1:
        names = [f"{name} ({each.exercise})" for name, each in zip(names, sides, strict=True)]
    return " / ".join(names)


def _printed_column(facts: Facts) -> list[Column]:
    """Return the column of what the source prints, where the study has one."""
    return [Column("source", word("in_source", facts.language))] if repeats(facts.study) else []


def _source(part: Mapping[str, Any], facts: Facts) -> list[Cell]:
    """Return its cell: what the source prints for both sides; where it prints nothing, it reasons from a picture."""
    if not repeats(facts.study):
        return []
    found = [side["source"] for side in (part["of"], part["other"]) if side]
    if not any(found):
        return [cells.blank()]
    texts = (numbers.as_printed(text, facts.language) if text else "–" for text in found)
    return [
        Cell(" / ".join(texts), {"": found[0], "_other": found[-1] if len(found) > 1 else ""}, tone=cells.tone(facts))
    ]


def _n(part: Mapping[str, Any]) -> Cell:
    """Return how many seeds are judged, and below, where one side of a comparison has more, how many each has."""
    if not part["estimate"]:
        return cells.blank()
    n, each = part["estimate"]["n"], [side["seeds"] for side in (part["of"], part["other"]) if side]
    return Cell(str(n), {"": n}, below=f"({' / '.join(map(str, each))})" if max(each) > n else "")


def _rule(part: Mapping[str, Any], facts: Facts) -> Cell:
    ((name, bound),) = part["rule"].items()
    language = facts.language
    interest = word("interest", language).format(numbers.exact(part["smallest"], language)) if part["smallest"] else ""
    return Cell(rule_text(part, language), {"": name, "_bound": bound, "_smallest": part["smallest"]}, below=interest)


def _see(figure: str, facts: Facts) -> Cell:
    return Cell("", {"": figure}, figure=figure) if figure in figures_for(facts.study) else Cell("–", {"": figure})


def _measures(part: Mapping[str, Any]) -> list[str]:
    return [Quantity.parse(side["quantity"]).measure for side in (part["of"], part["other"]) if side]


def _definition(words: Mapping[str, str]) -> str:
    return f"{words['name'][0].upper()}{words['name'][1:]}: {words['means']}."


def _short(quantity: str, facts: Facts) -> str:
    """Return a few words for a measure: its name, or the split and, where it is no accuracy, the metric."""
    named = Quantity.parse(quantity)
    if not named.split:
        return in_language((facts.claims or {})["definitions"][named.measure], facts.language)["name"]
    where = word(named.split, facts.language).lower()
    return (
        where
        if named.metric == "accuracy"
        else f"{metric_name(facts.study, named.exercise, named.metric, facts.language)} ({where})"
    )
