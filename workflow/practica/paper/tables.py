"""Make the tables of the catalogue from the results; a missing value becomes a cell that says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from practica.address import PREFIXES, SPLITS
from practica.config.names import metric_name
from practica.config.study import Study
from practica.errors import InputError, hint
from practica.evidence import numbers
from practica.evidence.estimates import Estimate
from practica.evidence.full_size import full_size
from practica.evidence.results import Missing
from practica.paper import cells, protocols, render
from practica.paper.catalogue import TableSpec, tables_for
from practica.paper.comparisons import statements, verdicts
from practica.paper.differences import differences
from practica.paper.facts import Facts
from practica.paper.protocols import differing
from practica.paper.table import Cell, Column, Content, Table, label
from practica.words import in_language, word

TIME_FIGURES = 2
"""Figures of the time of a training: the third is noise, even between two trainings of the same net."""


def write_table(study: Study, folder: Path, name: str) -> None:
    """Write one table, ``<name>.{tex,csv,html}``, in every language of the report."""
    spec = spec_named(study, name)
    for language in study.languages:
        render.write(make_table(spec, Facts(study, folder, language)), folder / study.shelf("tables", language))


def spec_named(study: Study, name: str) -> TableSpec:
    """Return the study's table of that name.

    Raises:
        InputError: the study has no such table.
    """
    specs = {spec.name: spec for spec in tables_for(study)}
    if name not in specs:
        raise InputError(f"no table {name!r}{hint(name, specs)}")
    return specs[name]


def make_table(spec: TableSpec, facts: Facts) -> Table:
    """Make a table in the language of ``facts``."""
    columns, rows, notes = MAKERS[spec.kind](spec, facts)
    return Table(
        name=spec.name,
        caption=in_language(spec.caption, facts.language),
        columns=tuple(columns),
        rows=tuple(tuple(row) for row in rows),
        language=facts.language,
        number=spec.number,
        notes=tuple(notes),
        stand_in=_stand_in(spec, facts),
        listed=True,
    )


def _stand_in(spec: TableSpec, facts: Facts) -> tuple[str, ...]:
    """Return the generated data sets that the table's numbers depend on; layers and verdicts depend on none."""
    if spec.kind in ("layers", "verdicts", "claims", "protocols"):
        return ()
    return facts.stand_in(spec.exercise, spec.rows(facts.study) or None)


def _scores(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per variant: the chosen metrics, the source's numbers if it prints any, and the number of seeds."""
    exercise = str(spec.exercise)
    columns = [cells.variant_column(facts), *protocols.column(spec, facts)]
    columns += [
        Column(f"{split}_{metric}", _score_heading(spec, split, metric, facts)) for split, metric in spec.columns
    ]
    variants = spec.rows(facts.study)
    source_columns = [
        (split, metric)
        for split, metric in spec.columns
        if any(cells.source(f"{exercise}/{variant}/{split}/{metric}", facts).raw[""] for variant in variants)
    ]
    for split, metric in source_columns:
        heading = word("source", facts.language).format(_score_heading(spec, split, metric, facts))
        columns.append(Column(f"{split}_{metric}_source", heading))
    columns.append(Column("n", word("seeds", facts.language)))
    full, last = full_size(facts.study), spec.columns[-1]
    beside = any((exercise, variant, *last) in full for variant in variants)
    if beside:
        columns.append(Column("full_size", word("full_size", facts.language)))
    rows = []
    for variant in variants:
        values = [facts.value(exercise, variant, *column) for column in spec.columns]
        row = [
            cells.blank() if cells.unrecorded(value) else cells.measure(value, metric, facts)
            for value, (_, metric) in zip(values, spec.columns, strict=True)
        ]
        source = [cells.source(f"{exercise}/{variant}/{split}/{metric}", facts) for split, metric in source_columns]
        name = [cells.variant(exercise, variant, facts), *protocols.cell(spec, variant, facts)]
        reference = [_full_size(full.get((exercise, variant, *last)), last[1], facts)] if beside else []
        rows.append([*name, *row, *source, cells.seeds(values), *reference])
    note = word("full_size_note", facts.language).format(_score_heading(spec, *last, facts))
    return columns, rows, [*([note] if beside else []), *protocols.notes(spec, facts)]


def _full_size(value: Estimate | None, metric: str, facts: Facts) -> Cell:
    """Return the reference's value for the last column, and its number of seeds."""
    return replace(cells.measure(value, metric, facts), below=f"n = {value.n}") if value else cells.blank()


def _score_heading(spec: TableSpec, split: str, metric: str, facts: Facts) -> str:
    """Return the heading that distinguishes a column: its split, its metric, or both if both vary."""
    splits, metrics = ({pair[place] for pair in spec.columns} for place in (0, 1))
    if len(metrics) == 1 < len(splits):
        return word(split, facts.language)
    name = metric_name(facts.study, str(spec.exercise), metric, facts.language)
    return name if len(splits) == 1 else f"{name}, {word(split, facts.language).lower()}"


def _metrics(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per variant and final metric, and one column per split: fits any exercise without own tables."""
    exercise = str(spec.exercise)
    summary = facts.results.summary
    summary = summary[(summary["exercise"] == exercise) & ~summary["metric"].astype(str).str.startswith(PREFIXES)]
    recorded_splits = list(dict.fromkeys(summary["split"].astype(str)))
    splits = sorted(recorded_splits or ["test"], key=lambda split: (*SPLITS, split).index(split))
    columns = [cells.variant_column(facts), *protocols.column(spec, facts)]
    columns.append(Column("metric", word("metric", facts.language), numeric=False))
    columns += [Column(split, word(split, facts.language)) for split in splits] + [
        Column("n", word("seeds", facts.language))
    ]
    metrics = dict.fromkeys(summary["metric"].astype(str))
    rows = []
    for variant in spec.rows(facts.study):
        name = [cells.variant(exercise, variant, facts), *protocols.cell(spec, variant, facts)]
        own = set(summary[summary["variant"] == variant]["metric"].astype(str))
        for metric in [metric for metric in metrics if metric in own] or [""]:
            values = [facts.value(exercise, variant, split, metric) for split in splits]
            row = [
                cells.blank() if cells.unrecorded(value) else cells.measure(value, metric, facts) for value in values
            ]
            title = label(metric_name(facts.study, exercise, metric, facts.language), metric)
            rows.append([*name, title, *row, cells.seeds(values)])
    return columns, rows, protocols.notes(spec, facts)


def _folds(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per variant: validation accuracy, and its spread over the folds of one seed."""
    exercise = str(spec.exercise)
    columns = [
        cells.variant_column(facts),
        *protocols.column(spec, facts),
        Column("validation_accuracy", word("validation", facts.language)),
        Column("fold_sd", word("fold_spread", facts.language)),
        Column("n", word("seeds", facts.language)),
    ]
    rows = []
    for variant in spec.rows(facts.study):
        value = facts.value(exercise, variant, "validation", "accuracy")
        spread = facts.fold_spread(exercise, variant)
        noise = cells.blank() if spread is None else cells.measure(spread, "accuracy", facts)
        name = [cells.variant(exercise, variant, facts), *protocols.cell(spec, variant, facts)]
        rows.append([*name, cells.measure(value, "accuracy", facts), noise, cells.seeds([value])])
    return columns, rows, protocols.notes(spec, facts)


def _cost(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per variant: parameters, epochs, seeds that share a job, and the median times of its jobs."""
    exercise, language = str(spec.exercise), facts.language
    keys = ("parameters", "epochs", "seeds_per_job", "fit_seconds", "seconds_per_epoch", "cpu_seconds")
    columns = [cells.variant_column(facts), *protocols.column(spec, facts)]
    columns += [Column(key, word(key, language)) for key in keys]
    devices: dict[str, None] = {}
    rows = []
    for variant in spec.rows(facts.study):
        name = [cells.variant(exercise, variant, facts), *protocols.cell(spec, variant, facts)]
        runs = facts.results.runs
        runs = runs[(runs["exercise"] == exercise) & (runs["variant"] == variant)]
        finished_runs = runs[(runs["status"] == "done") & (runs["epochs"].fillna(0) > 0)]
        jobs = _per_seed(exercise, variant, facts)
        if finished_runs.empty or jobs.empty:
            reason = facts.reason(facts.results.why_missing(exercise, variant, "epochs"))
            rows.append([*name, *(cells.gap(reason, facts) for _ in keys)])
            continue
        times = jobs[["fit_seconds", "seconds_per_epoch", "cpu_seconds"]].median()
        parameters = finished_runs["parameters"].dropna()
        parameter_cell = cells.count(int(parameters.iloc[0]), facts) if len(parameters) else cells.blank()
        seeds = Cell(numbers.span(jobs["seeds"]), {"": numbers.span(jobs["seeds"])})
        time_cells = (cells.blank() if pd.isna(each) else cells.rounded(each, facts, TIME_FIGURES) for each in times)
        epochs = cells.count(round(float(finished_runs["epochs"].mean())), facts)
        rows.append([*name, parameter_cell, epochs, seeds, *time_cells])
        devices |= dict.fromkeys(
            finished_runs["gpu"].where(finished_runs["gpu"] != "", finished_runs["cpu"]).astype(str)
        )
    notes = [word("devices_note", language).format(devices="; ".join(devices))] if devices else []
    return columns, rows, [*notes, *protocols.notes(spec, facts)]


def _per_seed(exercise: str, variant: str, facts: Facts) -> pd.DataFrame:
    """Return the times of each finished job of a variant, divided by its ``seeds``, another column."""
    columns = ("fit_seconds", "cpu_seconds", "epochs")
    by_seed = pd.DataFrame({name: facts.results.by_seed(exercise, variant, name) for name in columns}, dtype=float)
    jobs = by_seed.groupby(facts.results.jobs(exercise, variant).__getitem__)
    times, seeds = jobs.first(), jobs.size()
    epochs = times.pop("epochs")
    times = times.div(seeds, axis=0)
    return times.assign(seconds_per_epoch=times["fit_seconds"] / epochs, seeds=seeds)


def _layers(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per layer of the built model, with totals in the note."""
    language = facts.language
    keys = ("layer", "type", "shape", "parameters")
    columns = [Column(key, word(key, language), numeric=key == "parameters") for key in keys]
    model = facts.parameters(str(spec.exercise), str(spec.variant))
    if isinstance(model, Missing) or not model.get("layers"):
        reason = model.reason if isinstance(model, Missing) else word("no_layers", language)
        return columns, [[cells.blank(), cells.blank(), cells.blank(), cells.gap(reason, facts)]], []
    rows = [
        [
            label(layer["name"]),
            label(layer["type"]),
            label(_shape(layer["output_shape"]), layer["output_shape"]),
            cells.count(layer["parameters"], facts),
        ]
        for layer in model["layers"]
    ]
    totals = (
        f"{word(key, language)}: {numbers.count(model[key], language)}"
        for key in ("total", "trainable", "non_trainable")
    )
    return columns, rows, [". ".join(totals) + "."]


def _shape(text: str) -> str:
    """Return ``(None, 14, 14, 32)`` as people write it: without the samples, ``14 × 14 × 32``."""
    sizes = text.strip("()").replace(" ", "").rstrip(",").split(",")
    return "\u00a0×\u00a0".join(sizes[1:]) if sizes[0] == "None" and len(sizes) > 1 else text


def _runs(spec: TableSpec, facts: Facts) -> Content:
    """Make one row per block of ``runs.csv``."""
    language = facts.language
    keys = ("epochs", "fit_seconds", "wall_seconds", "peak_memory_mb")
    columns = [
        Column("run", word("run", language), numeric=False),
        Column("status", word("status", language), numeric=False),
        Column("data_used", word("data", language), numeric=False),
        *(Column(key, word(key, language)) for key in keys),
    ]
    rows = []
    for row in facts.results.runs.to_dict("records"):
        status = word({"missing": "missing_status"}.get(row["status"], row["status"]), language)
        reason = "" if row["status"] == "done" else facts.reason(Missing(row["reason"]))
        values = [cells.optional(row[key], facts) for key in keys]
        name = label("/".join(str(row[key]) for key in ("exercise", "variant", "block")))
        data = label(word(row["data"], language), row["data"])
        rows.append([name, Cell(status, {"": row["status"]}, reason), data, *values])
    return columns, rows, []


MAKERS: Mapping[str, Callable[[TableSpec, Facts], Content]] = {
    "scores": _scores,
    "metrics": _metrics,
    "folds": _folds,
    "cost": _cost,
    "layers": _layers,
    "runs": _runs,
    "protocols": differing,
    "verdicts": verdicts,
    "claims": statements,
    "differences": differences,
}
