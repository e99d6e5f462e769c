"""How far an edit reaches in the study of the ten: ``tests/workflow/test_reruns.py`` lists those of the engine."""

from __future__ import annotations

import pytest

from ten import needs
from workflow.project import check_edit

CODE = "workflow/practica"
RUNS = {"ej01": 1, "ej02": 8, "ej03": 3, "ej04": 2, "ej05": 1, "ej06": 4, "ej07": 2, "ej08": 2, "ej09": 2, "ej10": 5}
pytestmark = [pytest.mark.workflow, needs(*RUNS)]
# Both PDFs have every figure and table, and the pages show them.
SHOWN = {"Building": 2, "Writing": 1, "all": 1}
# Every figure and table except those of layers is made from the tables of all runs.
COLLECTED = SHOWN | {"Collecting": 1, "Summarising": 1, "Judging": 1, "Drawing": 52, "Making": 54}

# The file, the edit, and the jobs that follow.
EDITS = {
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
        f"{CODE}/feed.py",
        ".prefetch(2)",
        ".prefetch(3)",
        COLLECTED | {"Rehearsing": 1, "Training": sum(RUNS.values()), "Timing": 1, "Making": 28},
    ),
    "how digits are drawn": ("study/ej07/figures.py", 'cmap="gray"', 'cmap="Greys"', SHOWN | {"Drawing": 2}),
    "the words of a setting": (
        "study/ej06/about.yaml",
        "en: 'zeros corrected: {}'",
        "en: 'zeros replaced: {}'",
        SHOWN | {"Drawing": 2, "Making": 6},  # those of ej06
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_exactly_what_an_edit_concerns_is_made_again(edit: str, touched) -> None:
    check_edit(touched, *EDITS[edit])
