"""Name the protocol that a number or a verdict belongs to, if there is more than one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from practica.address import base_of
from practica.config import protocols
from practica.config.about import MultilingualText
from practica.config.names import variant_name
from practica.config.study import Study
from practica.evidence.rules import NOT_EVALUATED
from practica.paper.catalogue import TableSpec
from practica.paper.facts import Facts
from practica.paper.settings import phrase, setting, unset
from practica.paper.table import Cell, Column, Content, label
from practica.words import items, word


def label_text(study: Study, name: str, language: str) -> str:
    """Return the label of a protocol."""
    return protocols.label(study.folder, name, language)


def heading(study: Study, name: str, language: str) -> str:
    """Return the label of a protocol, capitalised for the beginning of a line."""
    return _upper(label_text(study, name, language))


def column(spec: TableSpec, facts: Facts) -> list[Column]:
    """Return the column that names the protocol of a row; none in a table with a single protocol."""
    heading = word("settings_used", facts.language)
    return [Column("protocol", heading, numeric=False)] if spec.by_protocol(facts.study) else []


def cell(spec: TableSpec, variant: str, facts: Facts) -> list[Cell]:
    """Return the cell of that column in the row of a variant."""
    return [label_cell(facts.study.protocol_of(variant), facts)] if spec.by_protocol(facts.study) else []


def notes(spec: TableSpec, facts: Facts) -> list[str]:
    """Return the caveats on the protocols of such a table."""
    return caveats(facts, [str(spec.exercise)]) if spec.by_protocol(facts.study) else []


def label_cell(name: str, facts: Facts) -> Cell:
    """Return a cell with the label of a protocol."""
    return label(label_text(facts.study, name, facts.language), name)


def caveats(facts: Facts, exercises: Sequence[str] | None = None) -> list[str]:
    """Return the caveats on the protocols under which a variant of ``exercises`` runs."""
    study = facts.study
    names = [name for name in study.protocols if any(study.variants(e, name) for e in exercises or study.exercises)]
    texts = {name: protocols.caveat(study.folder, name, facts.language) for name in names}
    return [f"{heading(study, name, facts.language)}: {text}" for name, text in texts.items() if text]


def verdicts(claim: Mapping[str, Any], facts: Facts, part: str = "") -> dict[str, str]:
    """Return the verdicts on a claim, or on one of its parts, each with the labels of the protocols that lead to it.

    It is empty without protocols, or if none of them judges the claim.
    """
    all_verdicts: Mapping[str, str] = claim.get("verdicts", {})
    if part:
        all_verdicts = {
            each["protocol"]: each["verdict"] for each in claim["parts"] if all_verdicts and each["name"] == part
        }
    labels: dict[str, list[str]] = {}
    for name in facts.study.shown_protocols:
        if all_verdicts.get(name, NOT_EVALUATED) != NOT_EVALUATED:
            labels.setdefault(all_verdicts[name], []).append(label_text(facts.study, name, facts.language))
    return {verdict: items(names, facts.language) for verdict, names in labels.items()}


def verdicts_text(verdicts: Mapping[str, str], facts: Facts, main_verdict: str = "") -> str:
    """Return as text the verdicts and their protocols; just the protocols for ``main_verdict`` alone."""
    if list(verdicts) == [main_verdict]:
        return verdicts[main_verdict]
    return "; ".join(f"{names}: {word(verdict, facts.language)}" for verdict, names in verdicts.items())


def inside(sentence: str, text: str) -> str:
    """Return the sentence with a text in brackets before its full stop; as it is if either is empty."""
    if not sentence or not text:
        return sentence
    stop = "." if sentence.endswith(".") else ""
    return f"{sentence.removesuffix('.')} ({text}){stop}"


def front(facts: Facts) -> list[str]:
    """Return what the first page says about the protocols: their labels, and the caveats."""
    study, language = facts.study, facts.language
    declared_names = protocols.declared(study.folder)
    if study.protocols:
        names = items([label_text(study, name, language) for name in study.shown_protocols], language)
        return [word("several_protocols", language).format(names), *caveats(facts)]
    if study.config.get("protocols") and not study.demonstration:
        first, *others = sorted(declared_names, key=lambda name: name != study.config["protocols"][0])
        labels = items([label_text(study, name, language) for name in others], language)
        return (
            [word("one_protocol", language).format(label_text(study, first, language), others=labels)] if others else []
        )
    return []


def differing(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per variant that runs under another protocol: the settings that differ, are unknown or deviate."""
    study, language = facts.study, facts.language
    columns = [
        Column("exercise", word("exercise", language), numeric=False),
        Column("variant", word("variant", language), numeric=False),
        *column(spec, facts),
        Column("settings", word("protocol_settings", language), numeric=False, width=0.36),
        Column("others", word("protocol_others", language), numeric=False, width=0.28),
    ]
    rows = []
    for exercise in study.exercises:
        for protocol in study.protocols[1:]:
            for place, variant in enumerate(study.variants(exercise, protocol)):
                name = variant_name(study, exercise, base_of(variant), language)
                others = "" if place else "\n".join(_others(facts, exercise, protocol))
                rows.append(
                    [
                        label(exercise),
                        label(name, variant),
                        *cell(spec, variant, facts),
                        label(_settings(study, exercise, variant, language)),
                        Cell("", {"": others}, below=others) if others else Cell("–" if not place else "", {"": ""}),
                    ]
                )
    return columns, rows, caveats(facts)


def _settings(study: Study, exercise: str, variant: str, language: str) -> str:
    """Return the settings that differ from those of the first protocol, with the first one's values in brackets."""
    mine, first = study.settings(exercise, variant), study.settings(exercise, base_of(variant))
    texts = []
    for key in dict.fromkeys([*mine, *first]):
        if mine.get(key) != first.get(key):
            there, here = ("" if each.get(key) is None else setting(each[key], language) for each in (mine, first))
            words = phrase(key, there, language) if there else f"{unset(key, language)}: –"
            texts.append(f"{words} ({here or '–'})")
    return "; ".join(texts) or "–"


def _others(facts: Facts, exercise: str, protocol: str) -> list[str]:
    """Return which settings of an exercise are unknown, and how it deviates from the protocol."""
    language, entry = facts.language, facts.study.protocol(exercise, protocol)
    every = [facts.study.settings(exercise, variant) for variant in facts.study.variants(exercise, protocol)]
    unknown = []
    for name in entry.get("unknown", ()):
        values = dict.fromkeys(setting(each[name], language) for each in every if name in each)
        unknown.append(phrase(name, " / ".join(values), language) if values else unset(name, language))
    sentences = [word("protocol_unknown", language).format(items(unknown, language))] if unknown else []
    return [*sentences, *(_upper(MultilingualText(text)[language]) for text in entry.get("deviations", ()))]


def exercise_notes(facts: Facts, exercise: str) -> list[str]:
    """Return all notes on the other protocols of an exercise: caveats, unknown settings and deviations."""
    notes = []
    for protocol in facts.study.protocols[1:]:
        if facts.study.variants(exercise, protocol) and (sentences := _others(facts, exercise, protocol)):
            text = ". ".join(sentences)
            if facts.study.protocol(exercise, protocol).get("unknown"):  # it begins with the project's own words
                text = text[:1].lower() + text[1:]
            notes.append(f"{heading(facts.study, protocol, facts.language)}: {text}.")
    return [*caveats(facts, [exercise]), *notes]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
