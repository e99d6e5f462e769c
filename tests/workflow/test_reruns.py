"""How far an edit reaches: the jobs of a finished study that each edit causes."""

from __future__ import annotations

import pytest

from workflow.project import check_edit, check_edits_without_a_meaning, check_kept_by_touch

pytestmark = pytest.mark.workflow

CODE = "workflow/practica"
SHOWN = {"Building": 2, "Writing": 1, "all": 1}
"""Both PDFs have every figure and table, and the pages show them."""
PDFS = {"Building": 2, "all": 1}
FIGURES, TABLES = 13, 19
COLLECTED = SHOWN | {"Collecting": 1, "Summarising": 1, "Judging": 1, "Drawing": FIGURES, "Making": TABLES}
"""Every figure and table is made from the tables of all runs or from the layers of the nets."""
NOTHING: dict[str, int] = {}
EDITS = {
    "a constant that nobody uses": (f"{CODE}/exercises/problem.py", "SIGN = ", "UNUSED = 1\nSIGN = ", NOTHING),
    "the lock's patience": (f"{CODE}/jobs/lock.py", "STALE = 30.0", "STALE = 31.0", NOTHING),
    "how a key is checked": (
        f"{CODE}/config/schema.py",
        "import jsonschema\n",
        "import jsonschema\n\nX = 1\n",
        NOTHING,
    ),
    "what a setting means": ("study/study.yaml", "description: Replace zeros", "description: Replace all", NOTHING),
    "a measure of one exercise": (
        "study/steps/experiment.py",
        '{"turns": ',
        '{"bends": 0.0, "turns": ',
        COLLECTED | {"Rehearsing": 1, "Training": 2, "Describing": 1},
    ),
    "how batches are fed": (
        f"{CODE}/backend.py",
        ".prefetch(2)",
        ".prefetch(3)",
        COLLECTED | {"Rehearsing": 1, "Training": 8, "Making": 12},
    ),
    "a word of one figure's title": (
        "study/moons/about.yaml",
        "en: 'Moons, turned'",
        "en: 'Moons, bent'",
        SHOWN | {"Drawing": 1},
    ),
    "how one figure is drawn": ("study/steps/figures.py", '"steps-mid"', '"steps-pre"', SHOWN | {"Drawing": 1}),
    "a table's caption": (
        "study/steps/about.yaml",
        "en: Accuracy on the steps.",
        "en: Accuracy on steps.",
        SHOWN | {"Making": 1},
    ),
    "a word of one PDF's first page": (
        f"{CODE}/words/en.yaml",
        "exercise_judged: one exercise",
        "exercise_judged: an exercise",
        SHOWN | {"Building": 1},
    ),
    "a word of the pages": (f"{CODE}/words/en.yaml", "home: Home", "home: Start", {"Writing": 1, "all": 1}),
    "a decimal mark": (
        f"{CODE}/words/es.yaml",
        'decimal_mark: ","',
        'decimal_mark: "."',
        SHOWN | {"Judging": 1, "Drawing": FIGURES, "Making": TABLES},
    ),
    "the class of the PDFs": ("study/study.yaml", "\nsettings:\n", "\nlatex: {options: [12pt]}\nsettings:\n", PDFS),
    "the look of all lines": (
        f"{CODE}/figures/style.py",
        '"lines.linewidth": 1.2',
        '"lines.linewidth": 1.3',
        SHOWN | {"Drawing": FIGURES},
    ),
}


def test_of_edits_without_a_meaning_nothing_follows(touched) -> None:
    check_edits_without_a_meaning(touched, EDITS)


@pytest.mark.parametrize("edit", [name for name, (*_, jobs) in EDITS.items() if jobs])
def test_exactly_what_an_edit_concerns_is_made_again(edit: str, touched) -> None:
    check_edit(touched, *EDITS[edit])


def test_results_that_an_edit_leaves_valid_can_be_kept(touched) -> None:
    check_kept_by_touch(touched)
