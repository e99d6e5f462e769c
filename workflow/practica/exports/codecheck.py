"""A codecheck.yml for codecheckers of a finished study: the paper, and the files to make again.

Format: CODECHECK configuration file 1.0, https://codecheck.org.uk/spec/config/1.0/. The checker adds name and
certificate.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from practica.config.citation import citation
from practica.config.front import authors
from practica.config.study import Study
from practica.exports.sums import result_files
from practica.figures.catalogue import report_figures
from practica.figures.catalogue import spec as figure_spec
from practica.paper.catalogue import tables_for

CODECHECK = "codecheck.yml"


def codecheck(study: Study, results: Path) -> str:
    """Return the file: title, authors, and the existing figures, tables and numbers, by their names in a crate."""
    language = study.languages[0]
    source = citation()
    people: list[dict[str, Any]] = [
        {"name": each.name} | ({"ORCID": each.orcid.rpartition("/")[2]} if each.orcid else {})
        for each in authors(study, language) or source.authors
    ]
    there = set(result_files(results))
    content = {
        "version": "https://codecheck.org.uk/spec/config/1.0/",
        "paper": {"title": study.heading(language), "authors": people, "reference": source.address},
        "manifest": [
            {"file": f"results/{name}", "comment": comment}
            for name, comment in _contents(study).items()
            if name in there
        ],
    }
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)


def _contents(study: Study) -> dict[str, str]:
    """Return what each file that the study makes shows."""
    language = study.languages[0]
    tables = {f"tables/{each.name}.csv": each.caption[language] for each in tables_for(study)}
    specs = [figure_spec(study, name) for name in report_figures(study)]
    numbers = {
        "metrics.csv": "the final values of every run",
        "summary.csv": "their statistics over the seeds",
        "differences.csv": "the same of every two variants",
        "claims.json": "the verdicts on the claims",
    }
    return numbers | tables | {f"figures/{each.name}.pdf": each.caption[language] for each in specs}
