"""Looking up the facts that the prose states."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from paper.factory import fill, one_exercise, write_block, write_failure
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.collect import collect, write_statistics, write_table
from practica.evidence.results import Missing, Results
from practica.paper.facts import Fact, Facts
from toy import resolve


@pytest.fixture(scope="module")
def facts(toy: Study, results: Path) -> Facts:
    return Facts(toy, results, "es")


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("steps/dense/test/accuracy", "0,901 ± 0,001"),
        ("steps/dense/train/accuracy - steps/dense/validation/accuracy", "0,040 ± 0,000"),
        ("steps/dense/test/accuracy - fuente:steps/dense/test/accuracy", "−0,049"),
        ("fuente:steps/dense/test/accuracy", "0,95"),
        ("fuente:steps/dense/parameters/total", "16\u202f140"),
        ("parametros:steps/conv", "12\u202f986"),
        ("parametros:steps/conv - parametros:steps/conv", "0"),
        ("moons/raw_numpy/timing/ms_per_epoch", "1000 (900–1100)"),
        ("moons/raw_numpy/timing/ms_per_epoch - moons/raw/timing/ms_per_epoch", "500 ± 50"),
    ],
)
def test_known_references(facts: Facts, reference: str, text: str) -> None:
    result = facts.look_up(reference)
    assert isinstance(result, Fact)
    assert result.text.replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("stps/dense/test/accuracy", "steps"),
        ("steps/dens/test/accuracy", "dense"),
        ("steps/dense/test/acuracy", "test/accuracy"),
        ("steps/dense/accuracy", "exercise/variant/split/metric"),
        ("fuente:steps/dense/train/accuracy", "steps/dense/test/accuracy"),
        ("font:steps/dense/test/accuracy", "fuente"),
        ("tiempo:raw/keras", "fuente"),
        ("parametros:steps/cnv", "conv"),
        ("steps/conv/test/loss - steps/dense/test/loss - steps/dense/test/loss", "more than one"),
    ],
)
def test_unknown_references_suggest_a_known_one(facts: Facts, reference: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint):
        facts.look_up(reference)


def test_a_difference_is_taken_seed_by_seed_and_has_a_spread(tmp_path: Path) -> None:
    study = one_exercise(seeds=3)
    fill(study, tmp_path)
    facts = Facts(study, tmp_path, "en")
    facts.results = Results(study, tmp_path)
    table = facts.results.metrics
    for variant, values in (("dense", [0.1, 0.5, 0.9]), ("conv", [0.3, 0.6, np.nan])):
        chosen = (table["variant"] == variant) & (table["split"] == "test") & (table["metric"] == "accuracy")
        table.loc[chosen, "value"] = values
    result = facts.look_up("steps/conv/test/accuracy - steps/dense/test/accuracy")
    assert isinstance(result, Fact)
    assert (result.value, result.text.replace("\u00a0", " ")) == (pytest.approx(0.15), "0.150 ± 0.071")


def test_an_exercise_that_is_not_in_play_is_a_hole_and_not_an_error(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path)
    result = Facts(study, tmp_path, "es").look_up("moons/raw/train/accuracy")
    assert result == Missing("moons: el ejercicio no forma parte de esta corrida")


def test_a_time_of_a_net_whose_twin_does_not_run_is_a_hole_and_not_an_error(facts: Facts) -> None:
    assert isinstance(facts.look_up("moons/deeper/timing/ms_per_epoch"), Missing)


def test_a_failed_run_and_one_that_diverged_say_so(tmp_path: Path) -> None:
    study = one_exercise(seeds=1)
    dense, conv = study.blocks()
    write_failure(conv, tmp_path, "the loss became nan")
    write_block(dense, tmp_path)
    collect(study, tmp_path)
    metrics = pd.read_csv(tmp_path / "metrics.csv")
    metrics.loc[(metrics["split"] == "test") & (metrics["metric"] == "accuracy"), "value"] = float("nan")
    write_table(tmp_path / "metrics.csv", metrics)
    write_statistics(study, tmp_path)
    facts = Facts(study, tmp_path, "es")
    assert facts.look_up("steps/dense/test/accuracy") == Missing("el entrenamiento divergió")
    failed = facts.look_up("steps/conv/test/accuracy - steps/dense/train/accuracy")
    assert isinstance(failed, Missing)
    assert failed.reason == "the loss became nan"


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        (("0.951", 3), ("0.949", 3), 1),
        (("0.949", 3), ("0.951", 3), -1),
        (("0.9514", 3), ("0.9508", 3), 0),  # both print 0.951
        (("0.953", 3), ("0.95", 2), 0),  # the source prints two decimals
        (("0.956", 3), ("0.95", 2), 1),
    ],
)
def test_comparisons_go_by_what_is_printed(one: tuple[str, int], other: tuple[str, int], order: int) -> None:
    first, second = (Fact(float(text), text, decimals) for text, decimals in (one, other))
    assert first.compare(second) == order


def test_settings_are_those_resolved(facts: Facts) -> None:
    study = facts.study
    many = one_exercise(
        exercises={"steps": {**study.config["exercises"]["steps"], "settings": {"train_samples": 10000}}}
    )
    assert Facts(many, facts.results.folder, "es").setting("steps/dense/train_samples") == "10\u202f000"
    assert facts.setting("moons/deeper/units") == "8 y 8"
    assert facts.setting("moons/corrected/correct_zeros") == "sí"
    assert facts.setting("steps/dense/epochs") == str(study.settings("steps", "dense")["epochs"])
    with pytest.raises(InputError, match="did you mean 'epochs'"):
        facts.setting("steps/dense/epocs")


def test_training_is_told_in_words(tmp_path: Path) -> None:
    settings = {"optimizer": "adam", "learning_rate": 0.001, "epochs": 3, "batch_size": 32, "train_samples": 500}
    exercise = {"dataset": "walks", "settings": settings, "variants": {"dense": {}}}
    facts = Facts(resolve({"exercises": {"steps": exercise}}), tmp_path, "es")
    assert facts.training("steps/dense") == (
        "Adam, tasa de aprendizaje 0,001, lotes de 32 ejemplos, 3 épocas"
        " y 500 ejemplos entre entrenamiento y validación"
    )


def test_without_models_there_are_holes(tmp_path: Path, toy: Study) -> None:
    facts = Facts(toy, tmp_path, "en")
    assert isinstance(facts.look_up("parametros:steps/dense"), Missing)


@pytest.mark.parametrize(
    ("dense", "conv", "said"),
    [(3, 3, "3 semillas"), (3, 1, "1–3 semillas"), (1, 0, "una semilla"), (0, 0, "3 semillas")],
)
def test_the_seeds_that_are_said_are_those_that_are_done(tmp_path: Path, dense: int, conv: int, said: str) -> None:
    study = resolve({**one_exercise().config, "seeds": 3, "exercises": _one_by_one(one_exercise())})
    blocks = {variant: [each for each in study.blocks() if each.variant == variant] for variant in ("dense", "conv")}
    for block in (*blocks["dense"][:dense], *blocks["conv"][:conv]):
        write_block(block, tmp_path)
    collect(study, tmp_path)
    assert Facts(study, tmp_path, "es").seeds() == said


def _one_by_one(study: Study) -> dict[str, object]:
    """Return the exercises with a block for each seed."""
    return {name: {**entry, "seeds_per_job": 1} for name, entry in study.config["exercises"].items()}


def test_two_variants_may_differ_only_in_what_a_claim_that_compares_them_declares(tmp_path: Path) -> None:
    compared = ("steps/dense/test/accuracy", "steps/conv/test/accuracy")
    for settings, message in (({"dropout": 0.3}, "Dropout of 0.3 / –"), ({"learning_rate": 0.3}, "")):
        variants = {"dense": {"settings": settings}, "conv": {}}
        exercise = {"dataset": "walks", "settings": {"learning_rate": 0.1}, "variants": variants}
        facts = Facts(resolve({"exercises": {"steps": exercise}}), tmp_path, "en")
        assert facts.unlike(*compared) == message
        vars(facts)["declared"] = {}
        assert facts.unlike(*compared) == ""
