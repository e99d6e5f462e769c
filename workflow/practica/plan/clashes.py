"""Find names that two things of a study would share. Quick to import, like ``checks``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from practica.config.study import Study
from practica.figures import catalogue as figures
from practica.paper.catalogue import tables_for
from practica.words import report_name


def clashes(study: Study) -> Iterator[str]:
    """Yield a sentence about each name that two figures, tables, pages or files of the PDFs would share."""
    every = {
        "figures": list(_figures(study)),
        "tables": [each.name for each in tables_for(study)],
        "pages of the HTML report": list(_pages(study)),
        "files of the PDF": ["intro", *map(report_name, study.languages), *study.exercises],
    }
    for kind, names in every.items():
        for name in [name for name, count in Counter(names).items() if count > 1]:
            yield f"{study.folder}: two {kind} would be called {name!r}; give one, or its exercise, another name"


def _figures(study: Study) -> Iterator[str]:
    """Yield the names of the figures that exercises list, run or not, and of those that exist without being listed."""
    yield figures.OVERVIEW
    for exercise in study.every_exercise:
        names = [each.name for each in figures.declared(study, exercise)]
        yield from names
        if exercise in study.exercises:
            counts = Counter(each.name for each in figures.of_exercise(study, exercise))
            yield from (counts - Counter(names)).elements()


def _pages(study: Study) -> Iterator[str]:
    pages = ["index", *chain.from_iterable((each, f"{each}_runs") for each in study.exercises)]
    yield "vega"
    for place, language in enumerate(study.languages):
        yield from (f"{page}_{language}" if place else page for page in pages)
