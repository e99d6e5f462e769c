"""The reproducibility checklist says what ran, its cost and how the data were split."""

import pandas as pd
import pytest

from paper.factory import fill, one_exercise
from practica.config.trials import trials
from practica.evidence import numbers
from practica.evidence.costs import COLUMNS, COSTS
from practica.paper.checklist import checklist, cost, searches, table
from practica.paper.facts import Facts
from practica.paper.html import fragment
from practica.paper.render import to_csv
from practica.paper.settings import phrase
from practica.paper.tabular import note_texts
from practica.words import section


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_exercise_has_its_row(toy, results, language):
    whole = table(Facts(toy, results, language))
    assert whole.columns[-1].heading == section("checklist", language)["varied"]
    rows = whole.rows
    assert [row[0].text for row in rows] == list(toy.exercises)
    assert all(row[1].text.partition("/")[0] == row[1].text.partition("/")[2] for row in rows)
    moons, steps = rows
    assert steps[2].text == "2"
    assert phrase("validation_fraction", numbers.exact(0.2, language), language) in steps[5].text
    assert phrase("folds", "5", language) in moons[5].text
    zeros = {"es": "ceros corregidos: no / sí", "en": "zeros corrected: no / yes"}
    assert zeros[language] in moons[6].text
    rates = " / ".join(numbers.exact(rate, language) for rate in (0.001, 0.002))
    assert steps[6].text == phrase("learning_rate", rates, language)
    alike = one_exercise(exercises={"steps": {"dataset": "walks", "variants": {"dense": {}, "conv": {}}}})
    assert table(Facts(alike, results, language)).rows[0][6].text == section("checklist", language)["none"]


def test_what_is_missing_is_counted(tmp_path):
    study = one_exercise()
    fill(study, tmp_path, skip=("steps/dense",))
    made = table(Facts(study, tmp_path, "en"))
    assert made.rows[0][1].text == "1/2"
    assert "Jobs that finished: 1 of 2;" in made.notes[0]
    assert r"\section{Reproducibility checklist}" in checklist(Facts(study, tmp_path, "en"))
    assert "steps" in to_csv(made)


def test_a_search_by_rungs_is_listed_with_the_epochs_that_were_trained(tmp_path):
    search = {"method": "asha", "trials": 9, "ranges": {"learning_rate": {"low": 0.001, "high": 0.1}}}
    variants = {"dense": {"search": search}}
    study = one_exercise(exercises={"steps": {"dataset": "walks", "settings": {"epochs": 6}, "variants": variants}})
    fill(study, tmp_path)
    first, second = (trial.name for trial in trials(study, "steps", "dense")[:2])
    row = dict.fromkeys(COLUMNS, 1) | {"exercise": "steps", "variant": "dense", "block": "s0", "failed": 0}
    rows = [("", 6), (first, 1), (first.replace("_1", "_3"), 2), (second, 1)]
    costs = pd.DataFrame([row | {"trial": trial, "epochs": epochs} for trial, epochs in rows])
    costs.to_csv(tmp_path / COSTS, index=False)
    facts = Facts(study, tmp_path, "en")
    (listed,) = searches(facts).rows
    assert [listed[place].text for place in (3, 5)] == ["9", "4"]
    assert listed[2].text == "learning rate 0.001 to 0.1; 1 epoch"
    assert "pruned trials included" in searches(facts).notes[1]
    assert searches(facts).notes[2] == "Trials that finished for these results: 2 of 9."


@pytest.mark.parametrize(
    ("method", "note"),
    [
        ("random", "A search by `random` draws its trials at random."),
        ("tpe", "A search by `tpe` draws its trials from"),
    ],
)
def test_a_search_is_listed_with_its_bounds(method, note, tmp_path):
    space = {"ranges": {"learning_rate": {"low": 0.001, "high": 0.1}}, "values": {"batch_size": [8, 16]}}
    variants = {"dense": {"search": {"method": method, "trials": 9, **space}}}
    study = one_exercise(exercises={"steps": {"dataset": "walks", "settings": {"epochs": 6}, "variants": variants}})
    fill(study, tmp_path)
    listed = searches(Facts(study, tmp_path, "en"))
    assert listed.rows[0][2].text.startswith("learning rate 0.001 to 0.1; batches of ")
    assert listed.notes[1].startswith(note)


def test_a_search_is_listed_with_its_values_trials_and_budget(tmp_path):
    variants = {"dense": {"grid": {"learning_rate": [0.01, 0.1], "units": [[4], [8], [16]]}}, "conv": {}}
    study = one_exercise(
        exercises={"steps": {"dataset": "walks", "settings": {"epochs": 6}, "variants": variants}}, tuning={"seeds": 3}
    )
    fill(study, tmp_path)
    facts = Facts(study, tmp_path, "en")
    (row,) = searches(facts).rows
    assert [cell.text for cell in row[:2]] == ["steps", "Dense layers"]
    assert row[2].text.startswith(phrase("learning_rate", "0.01 / 0.1", "en"))
    assert [cell.text for cell in row[3:]] == ["6", "3", "108"]
    assert r"\label{tab:searches}" in checklist(facts)
    assert searches(facts).notes[1].startswith("A grid tries every combination of the values")
    assert r"\texttt{snakemake tuning} runs it" in "".join(note_texts(searches(facts)))
    assert "<code>snakemake tuning</code> runs it" in fragment(searches(facts))
    assert searches(facts).notes[2].startswith("None of these trials has run")
    trial = trials(study, "steps", "dense")[4].name
    row = dict.fromkeys(COLUMNS, 1) | {"exercise": "steps", "variant": "dense", "trial": trial, "block": "s0-2"}
    failed = row | {"trial": trials(study, "steps", "dense")[5].name}
    pd.DataFrame([row | {"failed": 0}, failed]).to_csv(tmp_path / COSTS, index=False)
    assert searches(Facts(study, tmp_path, "en")).notes[2] == "Trials that finished for these results: 1 of 6."
    assert r"\label{tab:searches}" not in checklist(Facts(one_exercise(), tmp_path, "en"))


@pytest.mark.parametrize(
    ("cpu", "wall", "says"),
    [
        ([7200.0, 3600.0], [12.5, 12.6], "In total they took 3.0 hours of processor time."),
        ([7200.0, None], [12.5, 12.6], "The processor time of all attempts is known for 1 of the 2 jobs: 2.0 hours"),
        ([7200.0, 3600.0], [12.5, 1.1], "The processor time of all attempts is known for 1 of the 2 jobs: 2.0 hours"),
        ([None, None], [12.5, 12.6], "Their processor time is not known."),
    ],
)
def test_the_time_of_all_attempts_is_told_with_the_jobs_of_which_it_is_known(cpu, wall, says, tmp_path):
    study = one_exercise()
    fill(study, tmp_path)
    blocks = study.blocks()
    rows = [dict.fromkeys(COLUMNS, 1) | {"exercise": b.exercise, "variant": b.variant, "block": b.name} for b in blocks]
    table = pd.DataFrame(rows).assign(trial="", cpu_seconds=cpu, wall_seconds=wall, gpu_seconds=None, failed=0)
    table.to_csv(tmp_path / COSTS, index=False)
    assert says in next(cost(Facts(study, tmp_path, "en")))
