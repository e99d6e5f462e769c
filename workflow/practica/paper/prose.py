"""Fill the prose of the report with the results: the macros that authors write, and what each expands to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from practica.address import claim_and_part, parts
from practica.errors import InputError, hint
from practica.evidence.effects import effect_text
from practica.evidence.results import Missing
from practica.evidence.rules import NOT_COMPARABLE
from practica.files import read_text
from practica.paper import catalogue, comparisons, custom_latex, floats, protocols, render
from practica.paper.catalogue import TableSpec
from practica.paper.escape import escape
from practica.paper.facts import Fact, Facts
from practica.paper.floats import Picture
from practica.paper.layers import shown_as, shown_tables
from practica.paper.macros import Macro, expand, macros
from practica.paper.names import figure_specs
from practica.paper.parts import cause
from practica.paper.sentences import choose
from practica.paper.table import PALE, Table
from practica.paper.tables import make_table
from practica.paper.tabular import in_colour
from practica.words import items, word

RESULTS_FROM_DOCUMENT = "../.."
"""The results folder, relative to the folder in which LaTeX runs, so that no path needs escaping."""


class Prose:
    """The prose of one section, and the figures and tables that it has placed."""

    def __init__(self, facts: Facts, exercise: str | None, pictures: dict[str, str], *, floats: bool = True) -> None:
        """Prepare the section of ``exercise`` (None: the introduction) with its ``pictures``, captions by name.

        Without ``floats`` it has neither figures nor tables.
        """
        self.floats = floats
        self.facts = facts
        self.exercise = exercise
        self.pictures = pictures
        self.tables = {spec.name: spec for spec in (shown_tables(facts, exercise) if exercise else ())}
        # The prose may name figures and tables of what the study does not run; they become gaps.
        self.specs = figure_specs(facts.study, exercise) if exercise else {}
        self.captions = {name: spec.caption[facts.language] for name, spec in self.specs.items()}
        self.rowless = {spec.name: spec for spec in (catalogue.declared(facts.study, exercise) if exercise else ())}
        self.placed: set[str] = set()
        self.nets: set[str] = set()
        self.reasons: set[str] = set()

    def expand(self, path: Path) -> str:
        """Return the prose file with its macros expanded.

        Raises:
            InputError: the file is missing, or a macro in it is wrong; the message names file and line.
        """
        if not path.is_file():
            raise InputError(f"the report needs the prose file {path}: write it")
        return expand(read_text(path), str(path), self.macros())

    def macros(self) -> dict[str, Macro]:
        r"""Return the macros of the prose.

        ``\resultado{exercise/variant/split/metric}``: a result; a difference ``{a - b}`` and prefixes work as well.
        ``\fuente{...}``: the same number in the source. ``\parametros{exercise/variant}``: the model's parameters.
        ``\ajuste{exercise/variant/setting}``: a resolved setting.
        ``\entrenamiento{exercise/variant}``: how it is trained, in words.
        ``\entrenaigual{exercise/variant}{exercise/variant}{alike}{otherwise}``: one text if both are trained alike,
        else the other.
        ``\sihay{exercise/variant/split/metric}{text}{otherwise}``: the text if there is a result, else the other one.
        ``\semillas{exercise/variant}``: how many seeds ran. ``\compara{a}{b}{larger}{smaller}{same}``: the true text.
        ``\veredicto{digits-a}`` or ``{digits-a/speed}``: the verdict on a claim or one of its parts, in a word.
        ``\segun{digits-a}{confirmed.}{not confirmed.}{undecided.}``: the sentence for the verdict; without a verdict,
        why. With several protocols, the sentence for the verdict over all, with that under each in brackets; one for
        each if they contradict each other.
        ``\evidencia{digits-a/speed}``: the number that decided it, with its interval; for a claim, that of its first
        part.
        ``\figura{fig1a,fig1b}{common caption, or empty}``, ``\tabla{name}``, ``\capas{digits/dense,...}``: floats.
        """
        expansions: dict[str, Callable[..., str]] = {
            "resultado": lambda reference: self._print(self.facts.look_up(reference)),
            "fuente": self._printed,
            "parametros": lambda name: self._print(self.facts.look_up(f"parametros:{name}")),
            "ajuste": lambda name: self._text_or_gap(self.facts.setting(name), _boxed),
            "entrenamiento": lambda name: self._text_or_gap(self.facts.training(name), escape),
            "entrenaigual": self._alike,
            "sihay": self._where_known,
            "semillas": self._seeds,
            "compara": self._compare,
            "veredicto": self._verdict,
            "segun": self._choose,
            "evidencia": self._evidence,
            "figura": self._figure,
            "tabla": self._table,
            "capas": self._layers,
        }
        return macros(expansions.__getitem__)

    def rest(self) -> str:
        """Return the figures and tables of the exercise that the prose does not place, except those of layers."""
        rest = [name for name in self.pictures if name not in self.placed]
        parts = [self._figure(",".join(names), "") for names in floats.together(rest)]
        parts += [
            self._table(name) for name, spec in self.tables.items() if name not in self.placed and not spec.variant
        ]
        return "\n".join(parts)

    def other_layers(self) -> list[Table]:
        """Return the tables of layers that the prose does not place: those of many variants would bury a section."""
        specs = (spec for name, spec in self.tables.items() if spec.variant and name not in self.placed)
        return [make_table(spec, self.facts) for spec in specs]

    def _print(self, fact: Fact | Missing) -> str:
        return self._gap(fact.reason) if isinstance(fact, Missing) else _boxed(fact.text)

    def _printed(self, name: str) -> str:
        """Return a number of the source; pale if it must not be compared with ours."""
        text = self._print(self.facts.look_up(f"fuente:{name}"))
        return in_colour(text, PALE) if self._apart(name) else text

    def _apart(self, *references: str) -> bool:
        """Return whether the study is a demonstration, and any of the numbers is not a count of parameters."""
        counts = ["parameters/" in each or "parametros:" in each for each in references]
        return self.facts.study.demonstration and not all(counts)

    def _text_or_gap(self, text: str | Missing, form: Callable[[str], str]) -> str:
        return self._gap(text.reason) if isinstance(text, Missing) else form(text)

    def _gap(self, reason: str) -> str:
        return floats.gap(reason, word("missing", self.facts.language))

    def _seeds(self, name: str) -> str:
        exercise, variant = parts(name)
        absent = self.facts.absent(exercise, variant)
        results, run = self.facts.results, (exercise, variant)
        return self._text_or_gap(absent or str(results.finished(*run) or results.expected(*run)), _boxed)

    def _alike(self, first: str, second: str, alike: str, otherwise: str) -> str:
        one, other = self.facts.training(first), self.facts.training(second)
        return alike if one == other and not isinstance(one, Missing) else otherwise

    def _where_known(self, reference: str, text: str, otherwise: str) -> str:
        return otherwise if isinstance(self.facts.look_up(reference), Missing) else text

    def _compare(self, first: str, second: str, larger: str, smaller: str, same: str) -> str:
        one, other = self.facts.look_up(first), self.facts.look_up(second)
        for fact in (one, other):
            if isinstance(fact, Missing):
                return self._gap(fact.reason)
        if self._apart(first, second):
            return in_colour(escape(word("uncompared", self.facts.language)), PALE)
        if differs := self.facts.unlike(first, second):
            return self._unlike(differs)
        assert isinstance(one, Fact)
        assert isinstance(other, Fact)
        return {1: larger, -1: smaller, 0: same}[one.compare(other)]

    def _unlike(self, differs: str) -> str:
        words = word(NOT_COMPARABLE, self.facts.language)
        return in_colour(escape(f"{words} ({differs})"), NOT_COMPARABLE)

    def _verdict(self, reference: str) -> str:
        fact = comparisons.find(reference, self.facts)
        if isinstance(fact, Missing):
            return self._gap(fact.reason)
        claim, part = fact
        name = claim_and_part(reference)[1]
        verdict, under = (part if name else claim)["verdict"], protocols.verdicts(claim, self.facts, name)
        if name and under:  # a part has no verdict over all protocols
            parts = [f"{self._coloured(each)} ({escape(labels)})" for each, labels in under.items()]
            return items(parts, self.facts.language)
        text = escape(protocols.verdicts_text(under, self.facts, verdict))
        return f"{self._coloured(verdict)} ({text})" if text else self._coloured(verdict)

    def _coloured(self, verdict: str) -> str:
        return in_colour(escape(word(verdict, self.facts.language)), verdict)

    def _choose(self, reference: str, *sentences: str) -> str:
        fact = comparisons.find(reference, self.facts)
        if isinstance(fact, Missing):
            return self._gap(fact.reason)
        return choose(fact[0], claim_and_part(reference)[1], sentences, self.facts, self.reasons)

    def _evidence(self, reference: str) -> str:
        fact = comparisons.find(reference, self.facts)
        if isinstance(fact, Missing):
            return self._gap(fact.reason)
        part = fact[1]
        judged = part["estimate"] is not None
        return _boxed(effect_text(part, self.facts.language)) if judged else self._gap(cause(part, self.facts))

    def _figure(self, names: str, caption: str) -> str:
        figure_names = [name.strip() for name in names.split(",")]
        for name in figure_names:
            self._place(name, {**self.captions, **self.pictures}, "figure")
        if not self.floats:
            return ""
        return floats.across(
            self.facts.study, floats.figure([self._picture(name, bool(caption)) for name in figure_names], caption)
        )

    def _picture(self, name: str, part: bool) -> Picture:
        """Return a picture; one that is ``part`` of a figure with a common caption has its title under it."""
        captions = {**self.captions, **self.pictures}
        text = self.specs[name].title[self.facts.language] if part else captions[name]
        number = self.specs[name].number
        if name not in self.pictures:
            return Picture(name, text, None, self._gap(word("left_out", self.facts.language)), number)
        path = f"{self.facts.study.shelf('figures', self.facts.language)}/{name}.pdf"
        if (self.facts.folder / path).is_file():
            return Picture(name, text, f"{RESULTS_FROM_DOCUMENT}/{path}", number=number)
        return Picture(name, text, None, self._gap(word("no_figure", self.facts.language)), number)

    def _table(self, name: str) -> str:
        self._place(name, {**self.rowless, **self.tables}, "table")
        if not self.floats:
            return ""
        if name not in self.tables:
            return floats.across(self.facts.study, self._rowless(self.rowless[name]))
        table = make_table(self.tables[name], self.facts)
        # Claims fill pages, as the text does, where columns do not prevent it.
        breaks = self.tables[name].kind == "claims" and not custom_latex.decides_columns(self.facts.study)
        return floats.across(self.facts.study, render.to_latex(table, number=str(table.number or ""), breaks=breaks))

    def _layers(self, names: str) -> str:
        if not self.floats:
            return ""
        tables, holes = [], []
        for name in names.split(","):
            exercise, variant = parts(name)
            net = f"{exercise}/{variant}"
            if absent := self.facts.absent(exercise, variant):
                holes.append(self._gap(absent.reason))
                continue
            if net in self.nets:
                raise InputError(f"the layers of {net} are placed twice")
            self.nets.add(net)
            table = shown_as(self.facts, exercise, variant)
            if table not in self.placed:  # one table may serve several nets
                self._place(table, self.tables, "table")
                tables.append(make_table(self.tables[table], self.facts))
        return "\n\n".join([*holes, *([floats.across(self.facts.study, render.beside(tables))] if tables else [])])

    def _rowless(self, table: TableSpec) -> str:
        """Return a float in place of a table none of whose variants are part of the study."""
        hole = self._gap(word("left_out", self.facts.language))
        caption = rf"\caption{{{escape(table.caption[self.facts.language])}}}\label{{tab:{table.name}}}"
        number = floats.numbering("table", str(table.number or ""))
        return rf"\begin{{table}}[!htp]\centering{number}{caption}{hole}\end{{table}}"

    def _place(self, name: str, names: Mapping[str, object], kind: str) -> None:
        if name not in names:
            raise InputError(f"{self.exercise} has no {kind} {name!r}{hint(name, names)}")
        if name in self.placed:
            raise InputError(f"{kind} {name!r} is placed twice")
        self.placed.add(name)


def _boxed(text: str) -> str:
    """Keep a number on one line, and a range after it too; the box also makes it text inside a formula."""
    number, space, span = text.partition(" (")
    return " ".join(rf"\mbox{{{escape(part)}}}" for part in (number, f"({span}" if space else "") if part)
