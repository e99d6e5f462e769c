"""How far an edit reaches: the jobs of a finished study that each edit causes."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from ten import needs
from workflow.project import check_edit, check_edits_without_a_meaning, check_kept_by_touch

CODE, RULES = "workflow/practica", "workflow/rules"
RUNS = {"ej01": 1, "ej02": 8, "ej03": 3, "ej04": 2, "ej05": 1, "ej06": 4, "ej07": 2, "ej08": 2, "ej09": 2, "ej10": 5}
pytestmark = [pytest.mark.workflow, needs(*RUNS)]
# Both PDFs have every figure and table, and the pages show them.
SHOWN = {"Building": 2, "Writing": 1, "all": 1}
PDFS = {"Building": 2, "all": 1}
# Every figure and table except those of layers is made from the tables of all runs.
COLLECTED = SHOWN | {"Collecting": 1, "Summarising": 1, "Judging": 1, "Drawing": 52, "Making": 54}

# The file, the edit, the jobs that follow, and the names that they must have.
NOTHING: dict[str, int] = {}
EDITS = {
    "a constant that nobody uses": (
        f"{CODE}/exercises/problem.py",
        "REGRESSION = ",
        'UNUSED = Task("mse", None, ("mse", "max"))\nREGRESSION = ',
        NOTHING,
    ),
    "the lock's patience": (f"{CODE}/jobs/lock.py", "STALE = 30.0", "STALE = 31.0", NOTHING),
    "a word of the journal": (f"{CODE}/jobs/journal.py", '"killed"', '"was killed"', NOTHING),
    "the time to stop in": (f"{CODE}/jobs/attempt.py", "GRACE = 4.0", "GRACE = 3.0", NOTHING),
    "a text of the status": (
        f"{CODE}/jobs/status_table.py",
        "import annotations\n",
        "import annotations\n\nX = str()\n",
        NOTHING,
    ),
    "what the doctor says": (
        f"{CODE}/doctor/__init__.py",
        "import annotations\n",
        "import annotations\n\nX = str()\n",
        NOTHING,
    ),
    "how a key is checked": (
        f"{CODE}/config/schema.py",
        "import jsonschema\n",
        "import jsonschema\n\nX = str()\n",
        NOTHING,
    ),
    "a task of one exercise": (
        f"{CODE}/exercises/problem.py",
        'SIGN = Task("mse", "sign", ("accuracy", "max"))',
        'SIGN = Task("mse", "sign", ("loss", "min"))',
        COLLECTED | {"Rehearsing": 1, "Training": RUNS["ej02"], "Describing": 1, "Timing": 1},
    ),
    "a metric of one exercise": (
        "study/ej07/experiment.py",
        '"psnr": _psnr',
        '"ratio": 1.0, "psnr": _psnr',
        COLLECTED | {"Rehearsing": 1, "Training": RUNS["ej07"], "Describing": 1},
    ),
    "how batches are fed": (
        f"{CODE}/backend.py",
        ".prefetch(2)",
        ".prefetch(3)",
        COLLECTED | {"Rehearsing": 1, "Training": sum(RUNS.values()), "Timing": 1, "Making": 28},
    ),
    "a word of one figure's title": (
        "study/ej05/about.yaml",
        "'Mapa logístico: predicción'",
        "'Mapa logístico: lo predicho'",
        SHOWN | {"Drawing": 1},
    ),
    "a word in one figure": (
        "study/ej05/about.yaml",
        "true_map: {es: Mapa exacto",
        "true_map: {es: El mapa",
        SHOWN | {"Drawing": 1},
    ),
    "a figure's caption": (
        "study/ej07/about.yaml",
        "Validation mean squared error by epoch of the two",
        "Mean squared error by epoch of both",
        SHOWN | {"Drawing": 1},
    ),
    "how digits are drawn": ("study/ej07/figures.py", 'cmap="gray"', 'cmap="Greys"', SHOWN | {"Drawing": 2}),
    "what the overview shows": (
        "study/ej01/about.yaml",
        "  title: Boston\n",
        "  title: B.\n",
        SHOWN | {"Drawing": 1},
    ),
    "what a setting means": (
        "study/ej06/about.yaml",
        "description: Replace impossible zeros",
        "description: Replace all zeros",
        NOTHING,
    ),
    "what a setting of the engine means": (
        "workflow/schemas/config.schema.json",
        "Samples per gradient step.",
        "Samples of each step.",
        NOTHING,
    ),
    "values that a setting may have": ("study/study.yaml", "    maximum: 10000\n", "    maximum: 20000\n", NOTHING),
    "how a setting is declared": (
        f"{CODE}/config/declarations.py",
        "import jsonschema\n",
        "import jsonschema\n\nX = str()\n",
        NOTHING,
    ),
    "the words of a setting": (
        "study/ej06/about.yaml",
        "en: 'zeros corrected: {}'",
        "en: 'zeros replaced: {}'",
        SHOWN | {"Drawing": 2, "Making": 6},  # those of ej06
    ),
    "the role of a setting of the engine": (
        "workflow/schemas/config.schema.json",
        'of the official test samples; null: all.", "role": "data"',
        'of the official test samples; null: all.", "role": "net"',
        SHOWN | {"Summarising": 1, "Drawing": 52, "Making": 16},  # variants that differ in it are compared differently
    ),
    "a word over a table's column": (
        f"{CODE}/words/es.yaml",
        "fold_spread: ",
        "fold_spread: ~",
        SHOWN | {"Making": 1},
    ),
    "a table's caption": (
        "study/ej08/about.yaml",
        "Accuracy on MNIST.",
        "Accuracy on all of MNIST.",
        SHOWN | {"Making": 1},
    ),
    "how layers are listed": (
        f"{CODE}/paper/tables.py",
        '"\\u00a0×\\u00a0".join',
        '" x ".join',
        SHOWN | {"Making": 26},
    ),
    "a word of one PDF's first page": (
        f"{CODE}/words/en.yaml",
        "exercise_judged: one exercise",
        "exercise_judged: an exercise",
        SHOWN | {"Building": 1},
    ),
    "a word of the pages": (f"{CODE}/words/en.yaml", "home: Home", "home: Start", {"Writing": 1, "all": 1}),
    "a word over axes": (f"{CODE}/words/en.yaml", "  loss: Loss\n", "  loss: Cost\n", SHOWN | {"Drawing": 15}),
    "a decimal mark": (
        f"{CODE}/words/es.yaml",
        'decimal_mark: ","',
        'decimal_mark: "."',
        SHOWN | {"Judging": 1, "Drawing": 52, "Making": 54},
    ),
    "the title of a section": (
        "study/ej08/about.yaml",
        "en: 'MNIST digits",
        "en: 'Digits",
        SHOWN | {"Building": 1},
    ),
    "a measure that no claim uses yet": (
        f"{CODE}/evidence/measures.py",
        '"gap": gap,',
        '"gap": gap, "other": gap,',
        SHOWN | {"Judging": 1, "Making": 11, "Drawing": 2},  # the overview and the forest plot
    ),
    "the class of the PDFs": ("study/study.yaml", "\nsettings:\n", "\nlatex: {options: [12pt]}\nsettings:\n", PDFS),
    "the look of all lines": (
        f"{CODE}/figures/style.py",
        '"lines.linewidth": 1.2',
        '"lines.linewidth": 1.3',
        SHOWN | {"Drawing": 52},
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
        (own / "es.yaml").write_text("figures:\n  residual: Lo que falta\n", encoding="utf-8")
        assert Counter(job.split()[0] for job in touched.planned()) == SHOWN | {"Drawing": 1}  # the return map
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
