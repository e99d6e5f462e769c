"""Gather what the page of an exercise's runs shows: the status of each, its metrics and its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from practica.address import BEST, SPLITS, TIMING
from practica.config.names import metric_name, variant_name
from practica.config.study import Block
from practica.errors import InputError
from practica.evidence import numbers
from practica.evidence.results import Missing
from practica.files import read_json
from practica.page.embed import json_text
from practica.page.exercise import title
from practica.paper import cells
from practica.paper.facts import Facts
from practica.paper.html import fragment
from practica.paper.settings import ran, seeds
from practica.paper.table import Cell, Column, Table, label
from practica.words import section, word

COLUMNS = (
    *("data", "host", "gpu", "threads", "fit_seconds", "wall_seconds", "peak_memory_mb", "parameters"),
    *("commit", "rewritten"),
)
"""The columns of ``runs.csv`` that are shown beside a run."""

NO_FOLD = -1


def runs_page(facts: Facts, exercise: str) -> Mapping[str, Any]:
    """Return the content for the template of an exercise's runs."""
    blocks = [block for block in facts.study.blocks() if block.exercise == exercise]
    runs = facts.results.runs.astype(object).where(facts.results.runs.notna(), "")
    rows = {(row["variant"], row["block"]): row for row in runs[runs["exercise"] == exercise].to_dict("records")}
    if absent := [block.id for block in blocks if (block.variant, block.name) not in rows]:
        raise InputError(f"{facts.folder / 'runs.csv'} has no row of {absent[0]}; run snakemake again")
    return {
        "here": exercise,
        "title": title(facts, exercise),
        "runs": [_run(block, rows[block.variant, block.name], facts) for block in blocks],
    }


def _run(block: Block, row: Mapping[Any, Any], facts: Facts) -> Mapping[str, Any]:
    language, is_done = facts.language, row["status"] == "done"
    log = facts.folder / "logs" / "train" / block.exercise / block.variant / f"{block.name}.log"
    status = {"missing": "missing_status"}.get(row["status"], row["status"])
    return {
        "anchor": f"{block.variant}-{block.name}",
        "id": block.id,
        "variant": variant_name(facts.study, block.exercise, block.variant, language),
        "done": is_done,
        "status": word(status, language),
        "reason": "" if is_done else facts.reason(Missing(row["reason"])),
        "facts": [(word(key, language), _text(key, row, facts)) for key in COLUMNS if row.get(key, "") != ""],
        "ran": ran(
            facts.study, block.exercise, [block.variant], language, {block.variant: seeds([len(block.seeds)], language)}
        ),
        "metrics": fragment(_metrics(block, facts)) if is_done else "",
        "json": json_text(read_json(block.folder(facts.folder) / "metrics.json")) if is_done else "",
        "log": log.read_text(encoding="utf-8", errors="replace").strip() if log.is_file() else "",
    }


def _text(key: str, row: Mapping[Any, Any], facts: Facts) -> str:
    value = row[key]
    if key == "data":
        return word(value, facts.language)
    if key == "commit" and row["dirty"] == "True":
        return f"{value} ({word('dirty', facts.language)})"
    return str(value) if isinstance(value, str) else cells.optional(value, facts).text


def _metrics(block: Block, facts: Facts) -> Table:
    """Return the final metrics of the block's runs: a row for each run or, if there is only one, for each metric."""
    language = facts.language
    words, table = section("page", language), facts.results.metrics
    table = table[table["split"] != TIMING]  # its repetitions are not seeds
    here = (table["exercise"] == block.exercise) & (table["variant"] == block.variant)
    table = table.assign(fold=table["fold"].fillna(NO_FOLD).astype(int))
    table = table[here & table["seed"].isin(block.seeds) & ~table["metric"].astype(str).str.startswith(BEST)]
    pairs = set(zip(table["split"].astype(str), table["metric"].astype(str), strict=True))
    keys = sorted(pairs, key=lambda key: (key[1], (*SPLITS, key[0]).index(key[0])))
    name = f"metrics-{block.variant}-{block.name}"
    if len(table[["seed", "fold"]].drop_duplicates()) == 1:
        values = dict(zip(zip(table["split"], table["metric"], strict=True), table["value"], strict=True))
        return Table(name, words["metrics"], *_by_split(values, keys, facts, block.exercise), language)
    columns = [Column("seed", words["seed"]), Column("fold", words["fold"])]
    columns += [
        Column(f"{s}_{m}", f"{metric_name(facts.study, block.exercise, m, language)}, {word(s, language).lower()}")
        for s, m in keys
    ]
    rows = []
    for key, group in table.groupby(["seed", "fold"], sort=False):
        values = {(str(each["split"]), str(each["metric"])): each["value"] for each in group.to_dict("records")}
        run = [Cell(str(each), {"": int(str(each))}) for each in key]
        rows.append((*run, *(_cell(values.get(each), each[1], language) for each in keys)))
    if (table["fold"] == NO_FOLD).all():
        columns, rows = [columns[0], *columns[2:]], [(row[0], *row[2:]) for row in rows]
    return Table(name, words["metrics"], tuple(columns), tuple(rows), language)


def _by_split(
    values: Mapping[Any, float], keys: Sequence[tuple[str, str]], facts: Facts, exercise: str
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    """Return the columns and rows of a single run: a row for each metric and a column for each split."""
    language = facts.language
    splits = sorted({split for split, _ in keys}, key=lambda split: (*SPLITS, split).index(split))
    columns = [Column("metric", word("metric", language), numeric=False)]
    columns += [Column(split, word(split, language)) for split in splits]
    rows = [
        (
            label(metric_name(facts.study, exercise, metric, language), metric),
            *(_cell(values.get((s, metric)), metric, language) for s in splits),
        )
        for metric in dict.fromkeys(metric for _, metric in keys)
    ]
    return tuple(columns), tuple(rows)


def _cell(value: float | None, metric: str, language: str) -> Cell:
    if value is None or pd.isna(value):
        return cells.blank()
    return Cell(numbers.measure(float(value), None, metric, language), {"": float(value)})
