"""How far an edit reaches: the jobs of a finished study that each edit causes."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter

import pytest

from practica.code import memory
from workflow.project import Project, check_edit, check_edits_without_a_meaning, check_kept_by_touch

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
    "a word of the journal": (f"{CODE}/jobs/journal.py", '"killed"', '"was killed"', NOTHING),
    "the time to stop in": (f"{CODE}/jobs/attempt.py", "GRACE = 4.0", "GRACE = 3.0", NOTHING),
    **{
        what: (f"{CODE}/{path}", f"{line}\n", f"{line}\n\nX = str()\n", NOTHING)
        for what, path, line in (
            ("a text of the status", "jobs/status_table.py", "import annotations"),
            ("what the doctor says", "doctor/__init__.py", "import annotations"),
            ("how a key is checked", "config/schema.py", "import jsonschema"),
            ("how a setting is declared", "config/declarations.py", "import jsonschema"),
        )
    },
    "what a setting means": ("study/study.yaml", "description: Replace zeros", "description: Replace all", NOTHING),
    "what a setting of the engine means": (
        "workflow/schemas/config.schema.json",
        "Samples per gradient step.",
        "Samples of each step.",
        NOTHING,
    ),
    "values that a setting may have": ("study/study.yaml", "examples: [true]", "examples: [false]", NOTHING),
    "a task of one exercise": (
        f"{CODE}/exercises/problem.py",
        '"class", ("accuracy", "max"))',
        '"class", ("loss", "min"))',
        COLLECTED | {"Rehearsing": 1, "Training": 2, "Describing": 1},
    ),
    "a measure of one exercise": (
        "study/steps/experiment.py",
        '{"turns": ',
        '{"bends": 0.0, "turns": ',
        COLLECTED | {"Rehearsing": 1, "Training": 2, "Describing": 1},
    ),
    "how batches are fed": (
        f"{CODE}/feed.py",
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
    "a word in one figure": ("study/steps/about.yaml", "en: Height", "en: Level", SHOWN | {"Drawing": 1}),
    "a figure's caption": (
        "study/steps/about.yaml",
        "en: Three walks and their scores.",
        "en: Walks and their scores.",
        SHOWN | {"Drawing": 1},
    ),
    "what the overview shows": ("study/steps/about.yaml", "en: Steps}", "en: Walks}", SHOWN | {"Drawing": 1}),
    "how one figure is drawn": ("study/steps/figures.py", '"steps-mid"', '"steps-pre"', SHOWN | {"Drawing": 1}),
    "the words of a setting": (
        "study/study.yaml",
        "en: 'zeros corrected: {}'",
        "en: 'zeros replaced: {}'",
        SHOWN | {"Drawing": 4, "Making": 9},  # of the four variants that have it
    ),
    "the role of a setting of the engine": (
        "workflow/schemas/config.schema.json",
        'of the official test samples; null: all.", "role": "data"',
        'of the official test samples; null: all.", "role": "net"',
        SHOWN
        | {"Summarising": 1, "Drawing": FIGURES, "Making": 8},  # variants that differ in it are compared differently
    ),
    "a word over a table's column": (f"{CODE}/words/es.yaml", "fold_spread: ", "fold_spread: ~", SHOWN | {"Making": 2}),
    "how layers are listed": (f"{CODE}/paper/tables.py", '"\\u00a0×\\u00a0".join', '" x ".join', SHOWN | {"Making": 7}),
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
    "a word over axes": (f"{CODE}/words/en.yaml", "  loss: Loss\n", "  loss: Cost\n", SHOWN | {"Drawing": 6}),
    "the title of a section": ("study/steps/about.yaml", "en: 'Steps: a", "en: 'Walks: a", SHOWN | {"Building": 1}),
    "a measure that no claim uses yet": (
        f"{CODE}/evidence/measures.py",
        '"gap": gap,',
        '"gap": gap, "other": gap,',
        SHOWN | {"Judging": 1, "Making": 3, "Drawing": 2},  # the overview and the forest plot
    ),
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


def test_words_in_the_folder_of_the_study_concern_what_shows_them(touched) -> None:
    own = touched.folder / "study/words"
    own.mkdir()
    try:
        english = (touched.folder / CODE / "words/en.yaml").read_text(encoding="utf-8")
        (own / "fr.yaml").write_text(english.replace("report: report_en", "report: rapport"), encoding="utf-8")
        assert touched.planned() == set()
        (own / "es.yaml").write_text("figures:\n  loss: Pérdida\n", encoding="utf-8")
        assert Counter(job.split()[0] for job in touched.planned()) == SHOWN | {"Drawing": 6}
    finally:
        shutil.rmtree(own)


def test_a_preamble_and_a_class_concern_the_pdfs_alone(touched) -> None:
    folder = touched.folder / "study"
    preamble, own_class = folder / "preamble.tex", folder / "narrow.cls"
    try:
        own_class.write_text(r"\LoadClass{article}", encoding="utf-8")
        assert touched.planned() == set()  # nothing asks for it
        for path, text in ((preamble, "% One."), (preamble, "% Two."), (own_class, r"\LoadClass[12pt]{article}")):
            path.write_text(text, encoding="utf-8")
            assert Counter(job.split()[0] for job in touched.planned()) == PDFS
            assert touched.snakemake("--touch").returncode == 0
            assert touched.planned() == set()
    finally:
        preamble.unlink(missing_ok=True)
        own_class.unlink(missing_ok=True)
    assert touched.snakemake("--touch").returncode == 0


def test_jobs_know_what_the_command_that_plans_them_found_out_about_the_code(fresh: Project) -> None:
    places = (f"{folder}/practica_code.*.json" for folder in ("workflow/practica/__pycache__", ".snakemake"))
    command = f"cat {' '.join(places)} > {{output}} 2> /dev/null || test -s {{output}}"  # one of them
    rule = f'rule look:\n    output:\n        "seen.json",\n    shell:\n        "{command}"\n'
    (fresh.folder / "study/steps/look.smk").write_text(rule)
    time.sleep(memory.SETTLED + 0.5)  # what is found out about files that have just been written is not kept
    process = fresh.snakemake("--nocolor", "seen.json")
    assert process.returncode == 0, process.stderr
    assert json.loads((fresh.folder / "seen.json").read_text())["found"]
