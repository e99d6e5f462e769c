"""The appendix: the code, machines and data behind the results, and every run with its time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from practica.paper import origins, render
from practica.paper.catalogue import appendix_tables
from practica.paper.checklist import checklist
from practica.paper.escape import breakable, escape
from practica.paper.facts import Facts
from practica.paper.origins import told_commits
from practica.paper.table import Table
from practica.paper.tables import make_table
from practica.words import items, word

ROW = r"@{}>{\raggedright}p{0.2\linewidth}>{\raggedright\arraybackslash}p{0.76\linewidth}@{}"
PRINT_DIGITS = 16  # of a fingerprint or a revision: enough to distinguish them


def appendix(facts: Facts, other_layers: Sequence[Table]) -> str:
    """Return the appendix as LaTeX, in one column, with the layers of the nets that no section shows."""
    language = facts.language
    # Each row is a table of its own, so that a page may end between two of them.
    rows = [
        rf"\noindent\begin{{tabular}}[t]{{{ROW}}}\textbf{{{escape(name)}}} & "
        + r"\newline ".join(breakable(value) for value in values)
        + r"\end{tabular}\par"
        for name, values in provenance(facts).items()
    ]
    return "\n".join(
        [
            r"\FloatBarrier\csname if@twocolumn\endcsname\onecolumn\fi\appendix",
            rf"\section{{{escape(word('appendix', language))}}}",
            r"\begingroup\small\setlength{\parskip}{2pt}",
            *rows,
            r"\endgroup",
            *(render.to_latex(make_table(spec, facts), breaks=True) for spec in appendix_tables(facts.study)),
            origins.origins_section(facts),
            checklist(facts),
            _other_layers(other_layers, language),
        ]
    )


def _other_layers(tables: Sequence[Table], language: str) -> str:
    """Return the section of layers; empty if the sections before show them all."""
    if not tables:
        return ""
    return rf"\section{{{escape(word('other_layers', language))}}}" + render.table_rows(tables)


def provenance(facts: Facts) -> dict[str, list[str]]:
    """Return the code, machines and data that the results come from, by label."""
    language = facts.language
    finished_runs = facts.results.runs[facts.results.runs["status"] == "done"]
    entries = {
        "commit": told_commits(finished_runs, language, PRINT_DIGITS),
        **_rewritten(finished_runs, facts),
        "versions": _versions(finished_runs),
        "host": _distinct(finished_runs["host"]),
        "cpu": _distinct(finished_runs["cpu"]),
        "gpu": _distinct(finished_runs["gpu"]) or [word("none", language)],
        "threads": [text for text in [items(_distinct(finished_runs["threads"]), language)] if text],
        "datasets": _datasets(finished_runs, facts),
    }
    return {word(key, language): values or [word("unknown", language)] for key, values in entries.items()}


def _rewritten(finished_runs: pd.DataFrame, facts: Facts) -> dict[str, list[str]]:
    """Return where the files were taken from that are not as their runs left them, with the variants; mostly empty."""
    if "rewritten" not in finished_runs:  # collected before there was such a column
        return {}
    lines = []
    for source, rows in finished_runs[finished_runs["rewritten"] != ""].groupby("rewritten", sort=False):
        variants: dict[str, list[str]] = {}
        for row in rows.to_dict("records"):
            variants.setdefault(f"{row['exercise']}/{row['variant']}", []).append(row["block"])
        names = ", ".join(f"{name} ({', '.join(blocks)})" for name, blocks in variants.items())
        lines.append(f"{names}: {source}")
    return {"rewritten": lines} if lines else {}


def _distinct(column: pd.Series) -> list[str]:
    """Return the different known values of a column."""
    return list(dict.fromkeys(str(value) for value in column.dropna() if value != ""))


def _versions(finished_runs: pd.DataFrame) -> list[str]:
    packages = {"tensorflow": "TensorFlow", "keras": "Keras", "numpy": "NumPy"}
    versions = (
        f"{name} {' / '.join(_distinct(finished_runs[key]))}"
        for key, name in packages.items()
        if _distinct(finished_runs[key])
    )
    text = ", ".join(versions)
    return [text] if text else []


def _origin(origin: str, language: str) -> str:
    """Return where data came from; for a local file only its name, because its folder tells a reader nothing."""
    kind, colon, source = origin.partition(": ")
    name = Path(source).name if Path(source).is_absolute() else source
    return word(f"origin_{kind}", language).removeprefix("origin_") + colon + name


def _datasets(finished_runs: pd.DataFrame, facts: Facts) -> list[str]:
    """Return a line per data set: its name, where it came from and its fingerprint."""
    lines = []
    for row in finished_runs[["exercise", "variant", "data", "origin", "fingerprint"]].to_dict("records"):
        name = facts.study.dataset(row["exercise"], row["variant"])
        mark = " [STAND-IN]" if row["data"] == "STAND-IN" else ""
        print_ = f"{word('fingerprint', facts.language)} {row['fingerprint'][:PRINT_DIGITS]}"
        lines.append(f"{name}{mark}: {_origin(row['origin'], facts.language)}; {print_}")
    return sorted(dict.fromkeys(lines))
