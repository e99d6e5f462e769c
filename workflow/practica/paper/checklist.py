"""The reproducibility checklist: runs, seeds, times, parameters, splits and settings of every exercise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from practica.address import TIMING
from practica.config.declarations import DATA, of_role
from practica.config.names import variant_name
from practica.config.space import ASHA, EPOCHS, TPE
from practica.config.trials import Trial, method, trials, tuned
from practica.evidence import numbers
from practica.evidence.costs import WHO
from practica.evidence.final_values import may_be_best
from practica.paper import render
from practica.paper.escape import escape
from practica.paper.facts import Facts
from practica.paper.protocols import label_text
from practica.paper.settings import phrase, setting, sure
from practica.paper.table import Cell, Column, Table, label
from practica.words import items, section, word

MOST_VALUES = 6
"""A setting with many values shows this many of them, and the last."""
ROUNDED = 0.99
"""The clocks of a job and of its attempts agree to a hundredth."""
BY = {"": "by_grid", "random": "by_chance", TPE: "by_scores", ASHA: "by_rungs"}
"""The note about each way to search; that without a method is a grid."""


def checklist(facts: Facts) -> str:
    """Return the checklist as a section of the appendix, in LaTeX."""
    return "\n".join(
        [
            rf"\section{{{escape(section('checklist', facts.language)['title'])}}}",
            escape(_choice(facts)) + r"\par",
            *(escape(sentence) + r"\par" for sentence in cost(facts)),
            *(render.to_latex(each, breaks=True) for each in tables(facts)),
        ]
    )


def _choice(facts: Facts) -> str:
    """Return what the table shows, and the epoch of the results."""
    words, study = section("checklist", facts.language), facts.study
    stops = any(may_be_best(study.settings(*run)) for run in study.in_play)
    return str(words["choice"].format(results=words["results_best" if stops else "results_last"]))


def tables(facts: Facts) -> list[Table]:
    """Return the checklist's tables: what ran and, unless the study is a demonstration, the searches for settings."""
    maybe_empty = [] if facts.study.demonstration else [searches(facts)]
    return [table(facts), *(each for each in maybe_empty if each.rows)]


def table(facts: Facts) -> Table:
    """Return the checklist as a table with one row per exercise."""
    words, language = section("checklist", facts.language), facts.language
    runs = facts.results.runs
    finished_runs = runs[runs["status"] == "done"]
    texts = {"splits": 0.2, "varied": 0.27}
    # Their values are those of the first protocol; the table of protocols shows what the others change.
    first = next(iter(facts.study.protocols), "")
    of_first = f" ({label_text(facts.study, first, language)})" if first else ""
    columns = [
        Column(
            key,
            f"{words[key]}{of_first if key in texts else ''}",
            numeric=key not in ("exercise", *texts),
            width=texts.get(key, 0),
        )
        for key in ("exercise", "runs", "seeds", "parameters", "minutes", "splits", "varied")
    ]
    minutes = numbers.decimal(finished_runs["wall_seconds"].sum() / 60, 1, language)
    total = words["total"].format(done=len(finished_runs), all=len(runs), minutes=minutes)
    rows = tuple(_row(facts, exercise) for exercise in facts.study.exercises)
    return Table("checklist", words["caption"], tuple(columns), rows, language, notes=(total,))


def searches(facts: Facts) -> Table:
    """Return the searches for settings in the configuration: values, and what all trials cost; it may have no rows."""
    words, language, study = section("checklist", facts.language), facts.language, facts.study
    keys = ("exercise", "variant", "values", "trials", "seeds", "epochs")
    columns = [
        Column(key, words[key], numeric=key not in ("exercise", "variant", "values"), width=0.45 * (key == "values"))
        for key in keys
    ]
    rows: list[tuple[Cell, ...]] = []
    methods: dict[str, None] = {}
    costs = facts.costs[facts.costs["attempts"] > facts.costs["failed"]]
    run = set(costs[["exercise", "variant", "trial"]].itertuples(index=False, name=None))
    trained_trials = all_trials = 0
    for exercise, variant in tuned(study):
        every = trials(study, exercise, variant)
        names = {each.name for each in every if (exercise, variant, each.name) in run}
        epochs = sum(each.seeds * each.blocks[0].settings.get(EPOCHS, 0) for each in every)
        count = len(every)
        methods[method(study, exercise, variant)] = None
        if method(study, exercise, variant) == ASHA:  # where a trial has a name at each rung, and goes on from the last
            count = study.space(exercise, variant)["search"]["trials"]
            names = {name.partition("_")[0] for name in names}
            own = (facts.costs["exercise"] == exercise) & (facts.costs["variant"] == variant)
            epochs = int(facts.costs.loc[own & (facts.costs["trial"] != ""), EPOCHS].sum())
        all_trials += count
        trained_trials += len(names)
        counts = (count, every[0].seeds, epochs)
        rows.append(
            (
                label(exercise),
                label(variant_name(study, exercise, variant, language), variant),
                label(_space_text(study.space(exercise, variant), every, language)),
                *(Cell(numbers.count(count, language), {"": count}) for count in counts),
            )
        )
    here = (
        words["searched_here"].format(done=trained_trials, all=all_trials)
        if trained_trials
        else words["searched_never"]
    )
    notes = (words["searched"], *(words[BY[each]] for each in methods), here)
    return Table("searches", words["searches"], tuple(columns), tuple(rows), language, notes=notes)


def cost(facts: Facts) -> Iterator[str]:
    """Yield sentences on the cost of all attempts, the share of the search in it, the energy, and the machines."""
    words, language = section("checklist", facts.language), facts.language
    table = facts.costs
    if table.empty:
        return
    amounts = {"attempts": int(table["attempts"].sum()), "failed": int(table["failed"].sum()), "jobs": len(table)}
    yield words["cost"].format(**amounts, took=_took(facts, words))
    trial_rows = table[table["trial"] != ""]
    if len(trial_rows):
        count = len(trial_rows[["exercise", "variant", "trial"]].drop_duplicates())
        yield words["search"].format(trials=count, jobs=len(trial_rows), time=_times(trial_rows, words, language))
    joules = float(table[["cpu_joules", "gpu_joules"]].sum().sum())
    jobs_with_energy = int(table[["cpu_joules", "gpu_joules"]].notna().any(axis=1).sum())
    energy = numbers.decimal(joules / 3.6e6, 2, language)
    yield (
        words["energy"].format(energy=energy, jobs=jobs_with_energy, all=len(table))
        if jobs_with_energy
        else words["no_energy"]
    )
    finished_runs = facts.results.runs[facts.results.runs["status"] == "done"]
    machines = [each for name in ("cpu", "gpu") for each in dict.fromkeys(finished_runs[name]) if each]
    if machines:
        yield words["machines"].format(machines=items(machines, language))


def _took(facts: Facts, words: Mapping[str, str]) -> str:
    """Return the sentence on the time of all attempts, and for how many jobs it is known."""
    table, runs = facts.costs, facts.results.runs
    # A block takes longer than all its attempts if those of an earlier folder of results left no record.
    took = runs.loc[runs["status"] == "done", ["exercise", "variant", "block", "wall_seconds"]].assign(trial="")
    block_seconds = table[WHO].merge(took, how="left", on=WHO)["wall_seconds"].to_numpy()
    complete = table[table["cpu_seconds"].notna() & ~(table["wall_seconds"].to_numpy() < ROUNDED * block_seconds)]
    form = "took" if len(complete) == len(table) else "took_known" if len(complete) else "took_unknown"
    return words[form].format(jobs=len(complete), all=len(table), time=_times(complete, words, facts.language))


def _times(table: pd.DataFrame, words: Mapping[str, str], language: str) -> str:
    """Return the time of processors and, if there were any, GPUs."""
    amounts = []
    for name in ("cpu", "gpu"):
        if time := float(table[f"{name}_seconds"].sum()):
            unit, size = ("hours", 3600) if time >= 3600 else ("minutes", 60)
            amounts.append(words[f"{name}_{unit}"].format(numbers.decimal(time / size, 1, language)))
    return items(amounts, language) or "–"


def _row(facts: Facts, exercise: str) -> tuple[Cell, ...]:
    language, study = facts.language, facts.study
    runs = facts.results.runs[facts.results.runs["exercise"] == exercise]
    finished_runs = runs[runs["status"] == "done"]
    minutes = float(finished_runs["wall_seconds"].sum()) / 60
    sizes = [int(size) for size in finished_runs["parameters"].dropna()]
    ends = [numbers.count(size, language) for size in sorted({min(sizes), max(sizes)})] if sizes else ["–"]
    settings = [sure(study, exercise, variant) for variant in study.variants(exercise)]
    metrics = facts.results.metrics
    own = (metrics["exercise"] == exercise) & metrics["variant"].isin(study.variants(exercise))
    splits = dict.fromkeys(metrics.loc[own, "split"].astype(str))
    splits.pop(TIMING, None)
    parts = items([word(split, language).lower() for split in splits], language) or "–"
    division = _values(settings, of_role(DATA), language)
    varied_keys = sorted({key for one in settings for key in one if _distinct(settings, key) > 1})
    return (
        label(exercise),
        Cell(f"{len(finished_runs)}/{len(runs)}", {"": len(finished_runs)}),
        _seeds([len(study.seeds(exercise, variant)) for variant in study.every_variant(exercise)]),
        Cell("–".join(ends), {"": max(sizes, default=None)}),
        Cell(numbers.decimal(minutes, 1, language), {"": minutes}),
        label(f"{parts}; {division}" if division else parts),
        label(_values(settings, varied_keys, language) or section("checklist", language)["none"]),
    )


def _seeds(counts: Sequence[int]) -> Cell:
    return Cell(numbers.span(counts), {"": max(counts)})


def _space_text(space: Mapping[str, Any], every: Sequence[Trial], language: str) -> str:
    """Return the values that trials have, and the bounds between which a search draws them."""
    ranges = space.get("search", {}).get("ranges", {})
    between = section("checklist", language)["range"]
    bounds = {name: {end: setting(own[end], language) for end in ("low", "high")} for name, own in ranges.items()}
    value_texts = _values(
        [dict(each.values) for each in every], [key for key in every[0].values if key not in ranges], language
    )
    range_texts = [phrase(name, between.format(**ends), language) for name, ends in bounds.items()]
    return "; ".join([*range_texts, *([value_texts] if value_texts else [])])


def _distinct(settings: list[dict[str, Any]], key: str) -> int:
    return len({str(one.get(key)) for one in settings})


def _values(settings: list[dict[str, Any]], keys: Iterable[str], language: str) -> str:
    """Return the values of each key over the variants; keys that no variant sets are left out."""
    texts = []
    for key in keys:
        values = [one[key] for one in settings if one.get(key) is not None]
        if values:
            value_texts = list(dict.fromkeys(setting(value, language) for value in values))
            if len(value_texts) > MOST_VALUES + 2:  # a table row cannot break across pages
                value_texts = [*value_texts[:MOST_VALUES], "…", value_texts[-1]]
            texts.append(phrase(key, " / ".join(value_texts), language))
    return "; ".join(texts)
