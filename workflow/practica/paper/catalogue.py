"""The tables of a study: pure data, quick to import, because the workflow reads it every time it is parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from practica import exercises
from practica.address import COLUMN, SPLITS, TIMING, parts
from practica.config.about import MultilingualText
from practica.config.front import one_or_many
from practica.config.names import variant_name
from practica.config.study import Study
from practica.evidence.claims import about as claimed
from practica.words import items, section

TABLE_FILES = ("metrics.csv", "summary.csv", "runs.csv")
NEEDS = {
    "scores": TABLE_FILES,
    "metrics": TABLE_FILES,
    "folds": TABLE_FILES,
    "cost": (*TABLE_FILES, "models.json"),
    "layers": ("models.json",),
    "runs": ("runs.csv",),
    "protocols": ("runs.csv",),
    "verdicts": ("claims.json",),
    "claims": ("claims.json",),
    "differences": ("differences.csv", "runs.csv"),
}
"""The files under the results folder from which each kind of table is made."""
MOST_NAMES = 4
"""A caption names this many nets and counts the others."""


@dataclass(frozen=True)
class TableSpec:
    """One table.

    Attributes:
        name: file name under ``results/tables`` and name in the prose.
        kind: how it is made: a key of ``NEEDS``.
        exercise: the exercise whose section shows it; None for the appendix.
        caption: by language.
        number: the table's number in the source, if it has one.
        dataset: only the variants on this data set; None for all.
        columns: the (split, metric) pairs that it shows, for ``scores``.
        variant: the variant whose layers it shows, for ``layers``.
    """

    name: str
    kind: str
    exercise: str | None
    caption: Mapping[str, str]
    number: int | None = None
    dataset: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    variant: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the files under the results folder from which the table is made."""
        return NEEDS[self.kind]

    def variants(self, study: Study) -> tuple[str, ...]:
        """Return the study's variants that are rows of the table."""
        names = study.variants(self.exercise) if self.exercise else ()
        rows = (name for name in names if self.dataset in (None, study.dataset(self.exercise or "", name)))
        return (self.variant,) if self.variant else tuple(rows)

    def by_protocol(self, study: Study) -> bool:
        """Return whether the table has rows of all protocols; times beside the runs and layers have only the first."""
        timed = bool(self.columns) and all(split == TIMING for split, _ in self.columns)
        return bool(study.protocols) and self.kind != "layers" and not timed

    def rows(self, study: Study) -> tuple[str, ...]:
        """Return the variants that are rows of the table, under every protocol under which they run."""
        if not (self.exercise and self.by_protocol(study)):
            return self.variants(study)
        there = study.every_variant(self.exercise)
        every = [study.under(name, each) for name in self.variants(study) for each in study.shown_protocols]
        return tuple(name for name in every if name in there)


def declared(study: Study, exercise: str) -> list[TableSpec]:
    """Return the tables that the ``about.yaml`` of an exercise lists, whether or not the study runs their rows."""
    entries = study.about(exercise).get("tables", {})
    return [_table(study, exercise, name, entry) for name, entry in entries.items()]


def _table(study: Study, exercise: str, name: str, entry: Mapping[str, Any]) -> TableSpec:
    text = MultilingualText(entry["caption"])
    columns = tuple((split, metric) for split, metric in (parts(each, COLUMN) for each in entry.get("columns", ())))
    if entry["kind"] == "scores" and not columns:
        columns = tuple((split, "accuracy") for split in SPLITS)
    timed = bool(columns) and all(split == TIMING for split, _ in columns)
    ends = entry["kind"] in ("scores", "metrics", "folds") and not timed
    last = _last(study, exercise) if ends else dict.fromkeys(study.languages, "")
    caption = {language: f"{text[language]} {last[language]}".rstrip() for language in study.languages}
    return TableSpec(
        name,
        entry["kind"],
        exercise,
        caption,
        number=entry.get("number"),
        dataset=entry.get("dataset"),
        columns=columns,
    )


def tables_for(study: Study) -> tuple[TableSpec, ...]:
    """Return the tables in the order of the report: verdicts, those of the exercises in play, appendix."""
    own = (spec for exercise in study.exercises for spec in exercise_tables(study, exercise))
    return (*front_tables(study), *own, *appendix_tables(study))


def front_tables(study: Study) -> tuple[TableSpec, ...]:
    """Return the table of the first pages, if there are claims about the exercises in play."""
    if not any(claimed(study, exercise) for exercise in study.exercises):
        return ()
    return (TableSpec("claims", "verdicts", None, _captions(study, "table_verdicts")),)


def appendix_tables(study: Study) -> tuple[TableSpec, ...]:
    """Return the tables of the appendix; differences only if there are variants to compare."""
    pairs = ((study.dataset(e, v) for v in study.variants(e)) for e in study.exercises)
    comparable = any(len(names) > len(set(names)) for names in map(list, pairs))
    kinds = ["protocols"] * bool(study.protocols) + ["differences"] * comparable + ["runs"]
    return tuple(TableSpec(f"table_{kind}", kind, None, _captions(study, f"table_{kind}")) for kind in kinds)


def exercise_tables(study: Study, exercise: str) -> tuple[TableSpec, ...]:
    """Return the exercise's tables: its own or its metrics, its claims, and the layers of every net in Keras."""
    own = tuple(spec for spec in declared(study, exercise) if spec.variants(study))
    return (*(own or (_metrics(study, exercise),)), *_claims(study, exercise), *(_layers(study, exercise)))


def layers_table(exercise: str, variant: str) -> str:
    """Return the name of the table with the layers of a variant's net."""
    return f"layers_{exercise}_{variant}"


def _metrics(study: Study, exercise: str) -> TableSpec:
    first, last = _captions(study, "table_metrics", exercise=exercise), _last(study, exercise)
    caption = {language: f"{first[language]} {last[language]}" for language in study.languages}
    return TableSpec(f"table_{exercise}", "metrics", exercise, caption)


def _claims(study: Study, exercise: str) -> tuple[TableSpec, ...]:
    """Return the table of the claims about an exercise, if there are any."""
    if not claimed(study, exercise):
        return ()
    caption = _captions(study, one_or_many(study, "table_claims", [exercise]), exercise=exercise)
    return (TableSpec(f"claims_{exercise}", "claims", exercise, caption),)


def _last(study: Study, exercise: str) -> dict[str, str]:
    """Return the sentence on values of the last epoch, by language."""
    return _captions(study, one_or_many(study, "last", [exercise]))


def _captions(study: Study, key: str, **holes: str) -> dict[str, str]:
    return {language: section("captions", language)[key].format(**holes) for language in study.languages}


def _layers(study: Study, exercise: str) -> list[TableSpec]:
    """Return one table per net in Keras: which nets are equal is known only once they are built."""
    by_hand = exercises.by_hand(exercise)
    variants = [name for name in study.variants(exercise) if study.model(exercise, name) not in by_hand]
    return [
        TableSpec(
            layers_table(exercise, name), "layers", exercise, layers_caption(study, exercise, [name]), variant=name
        )
        for name in variants
    ]


def layers_caption(study: Study, exercise: str, variants: Sequence[str]) -> dict[str, str]:
    """Return the caption of the layers that the nets of some variants share, by language."""
    caption = {}
    few = variants if len(variants) <= MOST_NAMES + 1 else variants[:MOST_NAMES]
    for language in study.languages:
        words = section("report", language)
        names = [words["quoted"].format(variant_name(study, exercise, variant, language)) for variant in few]
        if more := len(variants) - len(few):
            names.append(words["more_nets"].format(more))
        form = words["layers_of_net" if len(variants) == 1 else "layers_of_nets"]
        caption[language] = form.format(nets=items(names, language), exercise=exercise)
    return caption
