"""Looking up what the prose states."""

from pathlib import Path

import numpy as np
import pytest

from paper.factory import fill, one_exercise, write_block, write_failure
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.collect import collect
from practica.evidence.results import Missing
from practica.files import read_json, write_json
from practica.paper.facts import Fact, Facts


@pytest.fixture(scope="module")
def facts(shipped: Study, results: Path) -> Facts:
    return Facts(shipped, results, "es")


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("ej08/dense/test/accuracy", "0,901 ± 0,001"),
        ("ej08/dense/train/accuracy - ej08/dense/validation/accuracy", "0,040 ± 0,000"),
        ("ej08/dense/test/accuracy - fuente:ej08/dense/test/accuracy", "−0,049"),
        ("fuente:ej10/alexnet/test/accuracy", "0,50"),
        ("fuente:ej08/dense/parameters/total", "16\u202f140"),
        ("parametros:ej08/conv", "12\u202f986"),
        ("ej02/xor_221/timing/ms_per_epoch", "1,00 (0,900–1,10)"),
        ("ej02/cifar_mse_numpy/timing/ms_per_epoch - ej02/cifar_mse/timing/ms_per_epoch", "500 ± 50"),
    ],
)
def test_known_references(facts: Facts, reference: str, text: str) -> None:
    found = facts.look_up(reference)
    assert isinstance(found, Fact)
    assert found.text.replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("ej88/dense/test/accuracy", "ej08"),
        ("ej08/dens/test/accuracy", "dense"),
        ("ej08/dense/test/acuracy", "test/accuracy"),
        ("ej08/dense/accuracy", "exercise/variant/split/metric"),
        ("fuente:ej08/dense/train/accuracy", "ej08/dense/test/accuracy"),
        ("font:ej08/dense/test/accuracy", "fuente"),
        ("tiempo:xor_221/keras", "fuente"),
        ("parametros:ej08/cnv", "conv"),
    ],
)
def test_unknown_references_suggest_a_known_one(facts: Facts, reference: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint):
        facts.look_up(reference)


def test_a_difference_is_taken_seed_by_seed_and_has_a_spread(tmp_path: Path) -> None:
    study = one_exercise(seeds=3)
    fill(study, tmp_path)
    facts = Facts(study, tmp_path, "en")
    table = facts.results.metrics
    for variant, values in (("dense", [0.1, 0.5, 0.9]), ("conv", [0.3, 0.6, np.nan])):
        chosen = (table["variant"] == variant) & (table["split"] == "test") & (table["metric"] == "accuracy")
        table.loc[chosen, "value"] = values
    found = facts.look_up("ej08/conv/test/accuracy - ej08/dense/test/accuracy")
    assert isinstance(found, Fact)
    assert (found.value, found.text.replace("\u00a0", " ")) == (pytest.approx(0.15), "0.150 ± 0.071")


def test_an_exercise_that_is_not_in_play_is_a_hole_and_not_an_error(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path)
    found = Facts(study, tmp_path, "es").look_up("ej09/dense/test/accuracy")
    assert found == Missing("ej09: el ejercicio no forma parte de esta corrida")


def test_a_failed_run_and_one_that_diverged_say_so(tmp_path: Path) -> None:
    study = one_exercise(seeds=1)
    dense, conv = study.blocks()
    write_failure(conv, tmp_path, "the loss became nan")
    write_block(dense, tmp_path)
    metrics = dense.folder(tmp_path) / "metrics.json"
    content = read_json(metrics)
    content["runs"][0]["metrics"]["test"]["accuracy"] = None
    write_json(metrics, content)
    collect(study, tmp_path)
    facts = Facts(study, tmp_path, "es")
    assert facts.look_up("ej08/dense/test/accuracy") == Missing("el entrenamiento divergió")
    failed = facts.look_up("ej08/conv/test/accuracy - ej08/dense/train/accuracy")
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
    assert facts.setting("ej03/l2/words") == "10\u202f000"
    assert facts.setting("ej06/deeper/units") == "24, 24, 12 y 12"
    assert facts.setting("ej09/dense/permute") == "sí"
    assert facts.setting("ej08/dense/epochs") == str(study.settings("ej08", "dense")["epochs"])
    with pytest.raises(InputError, match="did you mean 'epochs'"):
        facts.setting("ej08/dense/epocs")


def test_training_is_told_in_words(tmp_path: Path) -> None:
    settings = {"optimizer": "adam", "learning_rate": 0.001, "epochs": 3, "batch_size": 32, "train_samples": 500}
    exercise = {"dataset": "mnist", "settings": settings, "variants": {"dense": {}}}
    facts = Facts(Study.resolve({"exercises": {"ej08": exercise}}), tmp_path, "es")
    assert facts.training("ej08/dense") == (
        "Adam, tasa de aprendizaje 0,001, lotes de 32 ejemplos, 3 épocas"
        " y 500 ejemplos entre entrenamiento y validación"
    )


def test_without_models_there_are_holes(tmp_path: Path, shipped: Study) -> None:
    facts = Facts(shipped, tmp_path, "en")
    assert isinstance(facts.look_up("parametros:ej08/dense"), Missing)
