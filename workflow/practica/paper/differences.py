"""Make the table of differences between variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from practica.address import TIMING, base_of
from practica.config.front import one_or_many
from practica.config.names import metric_name, variant_name
from practica.config.study import Study
from practica.evidence.differences import RATIO
from practica.evidence.estimates import Estimate
from practica.evidence.rules import FEWEST, NOT_COMPARABLE
from practica.evidence.summary import estimate_fields
from practica.paper import cells, protocols
from practica.paper.catalogue import TableSpec
from practica.paper.comparisons import sequential_note
from practica.paper.facts import Facts
from practica.paper.table import Cell, Column, Content, label
from practica.words import word

UNCOMPARED = ("loss",)
"""Not compared: the loss includes penalties, which differ. Times are left out too, because claims compare them."""


def differences(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per pair of variants and metric, and one column per split."""
    language = facts.language
    table = facts.results.differences
    table = table[table["exercise"].isin(facts.study.exercises) & (table["split"] != TIMING)]
    table = table[~table["metric"].isin(UNCOMPARED)]
    table = _rows_to_show(table, facts.study)
    splits = list(dict.fromkeys(table["split"].astype(str)))
    columns = [
        Column("exercise", word("exercise", language), numeric=False),
        Column("variant", word("variants", language), numeric=False, width=0.25),
        *protocols.column(spec, facts),
        Column("metric", word("metric", language), numeric=False),
        *(Column(split, word(split, language)) for split in splits),
        Column("n", word("pairs", language)),
    ]
    rows = []
    keys = ["exercise", "variant", "minus", "metric"]
    for key, group in table.groupby(keys, sort=False, observed=True):
        exercise, variant, minus, metric = map(str, key)
        by_split = {row["split"]: row for row in group.to_dict("records")}
        first, second = (variant_name(facts.study, exercise, base_of(each), language) for each in (variant, minus))
        pair = Cell(first, {"": variant, "_minus": minus}, below=word("minus", language).format(second))
        values = [
            _difference(by_split[split], metric, facts) if split in by_split else cells.blank() for split in splits
        ]
        differs = "" if pd.isna(group["unequal"].iloc[0]) else facts.terms(str(group["unequal"].iloc[0]))
        if differs:
            pair = replace(pair, below=f"{pair.below}; {word(NOT_COMPARABLE, language)}: {differs}")
        n = max(int(row["n"]) for row in by_split.values())
        title = label(metric_name(facts.study, exercise, metric, language), metric)
        rows.append(
            [label(exercise), pair, *protocols.cell(spec, variant, facts), title, *values, Cell(str(n), {"": n})]
        )
    if not rows:
        rows = [[*[cells.blank()] * (len(columns) - 1), _hole(facts)]]
    count = int(facts.results.differences["p"].notna().sum())
    tested = table["p"].notna().any() and not facts.study.demonstration
    significant = [word("significant_note", language).format(fewest=FEWEST, count=count)] if tested else []
    note = word(one_or_many(facts.study, "differences_note", facts.study.exercises), language)
    notes = [note, *significant, *sequential_note(facts), *protocols.caveats(facts)]
    return columns, rows, notes


def _hole(facts: Facts) -> Cell:
    """Return why nothing was compared: the reason of the first run that is missing, or none if all of them ran."""
    missing = next((each for run in facts.study.in_play for each in facts.results.missing(*run)), None)
    return cells.gap(facts.reason(missing), facts) if missing else cells.blank()


def _rows_to_show(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the differences that are worth showing.

    A twin is compared only with the variant it belongs to, some metrics are the same for all variants, and if there is
    an accuracy, the errors are not needed.
    """
    first, second = (table[name].astype(str) for name in ("variant", "minus"))
    others = {exercise: study.about(exercise).get("twins", {}) for exercise in study.exercises}
    alone = pd.Series(
        [
            all(others[exercise].get(one, other) == other for one, other in ((a, b), (b, a)))
            for exercise, a, b in zip(table["exercise"], first, second, strict=True)
        ],
        index=table.index,
        dtype=bool,
    )
    alike = {(each, name) for each in study.exercises for name in study.about(each).get("uncompared", ())}
    varies = [pair not in alike for pair in zip(table["exercise"], table["metric"], strict=True)]
    alone &= pd.Series(varies, index=table.index, dtype=bool)
    pair = table["exercise"].astype(str) + "/" + first + "/" + second
    accuracy = table["metric"] == "accuracy"
    return table[alone & (accuracy | ~pair.isin(pair[accuracy]))]


def _difference(row: Mapping[Any, Any], metric: str, facts: Facts) -> Cell:
    """Return a difference or a ratio with its interval, in bold if it is significant."""
    p = None if pd.isna(row["p_holm"]) else float(row["p_holm"])
    ratio = row["kind"] == RATIO
    cell = cells.measure(Estimate(**estimate_fields(row)), RATIO if ratio else metric, facts)
    text = f"×\u00a0{cell.text}" if ratio else cell.text
    strong = row["significant"] and not facts.study.demonstration  # whose numbers say nothing
    return Cell(text, {**cell.raw, "_p": p}, below=cell.below, tone="strong" if strong else "")
