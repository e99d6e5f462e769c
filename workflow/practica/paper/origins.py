"""Lead from each figure and table of the report to its files, the rule that made it, and the commit of its runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from practica.config.citation import repository
from practica.figures import catalogue as figures
from practica.figures.specs import Spec
from practica.paper.catalogue import appendix_tables, front_tables
from practica.paper.escape import breakable, escape
from practica.paper.facts import Facts
from practica.paper.layers import shown_tables
from practica.words import Words, section, word

COMMIT_DIGITS = 10
MOST = 3
"""More commits than this, if they are all of the study, are counted: the appendix before lists them."""
RULES = {"figure": "workflow/rules/figures.smk", "table": "workflow/rules/paper.smk"}
"""Where the rules stand in the repository."""


class Origin(NamedTuple):
    """Where one figure or table comes from.

    Attributes:
        name: its file name, without suffix.
        kind: ``figure`` or ``table``, which is also the name of the rule that makes it.
        title: what a figure of the whole study, which has no number, is called.
        label: its label in the document; "" where its caption has no number.
        files: what there is to open, relative to the folder of the results, where the PDF lies.
        variants: whose runs it shows, of ``exercise``; none: of the whole study.
    """

    name: str
    kind: str
    title: str
    label: str
    files: tuple[str, ...]
    exercise: str | None = None
    variants: tuple[str, ...] = ()


def macro(language: str) -> str:
    """Return the definition of what ``floats.origin`` uses, for the preamble."""
    text = escape(section("origins", language)["link"])
    return rf"\DeclareRobustCommand{{\origin}}[1]{{~{{\normalfont\scriptsize[\hyperlink{{origin:#1}}{{{text}}}]}}}}"


def origins(facts: Facts) -> Iterator[Origin]:
    """Yield where each figure and table of the report comes from that is there, in the order of their files."""
    study, language = facts.study, facts.language
    shelf = study.shelf("figures", language)
    for name in figures.report_figures(study):
        if (facts.folder / f"{shelf}/{name}.pdf").is_file():
            spec = figures.spec(study, name)
            label = f"fig:{name}" if spec.exercise else ""
            title = spec.title[language]
            files = (f"{shelf}/{name}.csv", *_drawn_from(spec, facts))
            yield Origin(name, "figure", title, label, files, spec.exercise or None, spec.variants)
    shelf = study.shelf("tables", language)
    tables = [*front_tables(study), *(each for e in study.exercises for each in shown_tables(facts, e))]
    for table in [*tables, *appendix_tables(study)]:
        files = (f"{shelf}/{table.name}.csv", *table.needs)
        yield Origin(table.name, "table", "", f"tab:{table.name}", files, table.exercise, table.rows(study))


def origins_section(facts: Facts) -> str:
    """Return the section of the appendix that lists all origins, in LaTeX."""
    words = section("origins", facts.language)
    web = repository()
    rows = [_row(each, facts, words, web) for each in origins(facts)]
    head = " & ".join(rf"\textbf{{{escape(words[key])}}}" for key in ("what", "files", "rule", "commit"))
    wide = r">{\raggedright\arraybackslash}p{%s\linewidth}"
    columns = rf"@{{}}{wide % 0.2}{wide % 0.42}l{wide % 0.2}@{{}}"
    return "\n".join(
        [
            rf"\section{{{escape(words['title'])}}}",
            escape(words["text"]),
            rf"\begingroup\def\theHtable{{origins}}\footnotesize\begin{{longtable}}{{{columns}}}",
            rf"\toprule {head}\\\midrule\endhead\bottomrule\endfoot",
            *rows,
            # A longtable counts and has a target, even without a caption.
            r"\end{longtable}\addtocounter{table}{-1}\endgroup",
        ]
    )


def _row(origin: Origin, facts: Facts, words: Words, web: str) -> str:
    number = rf"~\ref{{{origin.label}}}" if origin.label else rf"~({escape(origin.title)})"
    target = rf"\hypertarget{{origin:{origin.name}}}{{}}"
    links = ", ".join(rf"\href{{{file}}}{{{breakable(file, '/_')}}}" for file in origin.files)
    trained_at = commits(_runs(origin, facts))
    text = ", ".join(_linked(commit, dirty, facts.language, web) for commit, dirty in trained_at.items()) or "–"
    if len(trained_at) > MOST and len(trained_at) == len(commits(_done(facts))):
        text = escape(words["all"].format(len(trained_at), word("appendix", facts.language)))
    rule = origin.kind
    if web and trained_at:
        rule = rf"\href{{{web}/blob/{next(iter(trained_at))}/{RULES[origin.kind]}}}{{{origin.kind}}}"
    return rf"{target}{escape(words[origin.kind])}{number} & {links} & {rule} & {text}\\"


def _linked(commit: str, dirty: bool, language: str, web: str) -> str:
    """Return a commit in LaTeX; its digits lead to its page at ``web``, if that is known."""
    text = escape(commit[:COMMIT_DIGITS])
    return (rf"\href{{{web}/commit/{commit}}}{{{text}}}" if web else text) + escape(_remark(dirty, language))


def _drawn_from(spec: Spec, facts: Facts) -> tuple[str, ...]:
    """Return the files that hold what a figure shows; for a figure of arrays, those of the first finished block."""
    if spec.reads != "arrays":
        has_claims = figures.any_claims(facts.study)
        return tuple(file for file in figures.READS[spec.reads] if has_claims or file != "claims.json")
    variant = (spec.exercise, spec.variants[0])
    names = set(facts.results.terms(*variant)["block"])
    blocks = (each for each in facts.study.blocks() if (each.exercise, each.variant) == variant)
    files = (each.folder(facts.folder) / "arrays.npz" for each in blocks if each.name in names)
    return tuple(str(file.relative_to(facts.folder)) for file in files if file.is_file())[:1]


def _runs(origin: Origin, facts: Facts) -> pd.DataFrame:
    """Return the rows of the finished runs that a figure or table shows."""
    runs = _done(facts)
    if origin.exercise:
        runs = runs[runs["exercise"] == origin.exercise]
    return runs[runs["variant"].isin(origin.variants)] if origin.variants else runs


def _done(facts: Facts) -> pd.DataFrame:
    """Return the rows of all finished runs."""
    return facts.results.runs[facts.results.runs["status"] == "done"]


def told_commits(runs: pd.DataFrame, language: str, digits: int) -> list[str]:
    """Return each commit of some runs once, by its first digits, and whether the tree was dirty."""
    return [commit[:digits] + _remark(dirty, language) for commit, dirty in commits(runs).items()]


def _remark(dirty: bool, language: str) -> str:
    return f" ({word('dirty', language)})" if dirty else ""


def commits(runs: pd.DataFrame) -> dict[str, bool]:
    """Return each commit of some runs, and whether the tree of any of them was dirty."""
    rows = runs[runs["commit"].notna() & (runs["commit"] != "")]
    dirty = (rows["dirty"].astype(str) == "True").groupby(rows["commit"].astype(str), sort=False).any()
    return {str(commit): bool(each) for commit, each in dirty.items()}
