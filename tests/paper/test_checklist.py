"""The reproducibility checklist says what ran, what it cost and how the data were split."""

import pytest

from paper.factory import fill, one_exercise
from practica.paper import numbers
from practica.paper.checklist import checklist, table
from practica.paper.facts import Facts
from practica.paper.render import to_csv
from practica.paper.settings import said
from practica.words import section


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_exercise_has_its_row(shipped, results, language):
    rows = table(Facts(shipped, results, language)).rows
    assert [row[0].text for row in rows] == list(shipped.exercises)
    assert all(row[1].text.partition("/")[0] == row[1].text.partition("/")[2] for row in rows)
    ej01, ej06, ej08, ej10 = rows[0], rows[5], rows[7], rows[9]
    assert ej08[2].text == "2"
    assert said("validation_fraction", numbers.exact(0.2, language), language) in ej08[5].text
    assert said("folds", "5", language) in ej06[5].text
    zeros = {"es": "ceros corregidos: no / sí", "en": "zeros corrected: no / yes"}
    assert zeros[language] in ej06[6].text
    rates = " / ".join(numbers.exact(rate, language) for rate in (0.0005, 0.001))
    assert ej10[6].text == said("learning_rate", rates, language)
    assert ej01[6].text == section("checklist", language)["none"]


def test_what_is_missing_is_counted(tmp_path):
    study = one_exercise()
    fill(study, tmp_path, skip=("ej08/dense",))
    made = table(Facts(study, tmp_path, "en"))
    assert made.rows[0][1].text == "1/2"
    assert "1 of 2 jobs finished" in made.notes[0]
    assert r"\section{Reproducibility checklist}" in checklist(Facts(study, tmp_path, "en"))
    assert "ej08" in to_csv(made)
