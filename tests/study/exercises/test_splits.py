"""Every exercise splits its data without a leak, by class, and in the same way for all its variants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from practica.config.reader import read_config
from practica.config.study import Study
from practica.exercises.problem import Arrays, Problem, Ragged, Samples
from ten import ROOT, STUDY, runs, those_that_run

pytestmark = pytest.mark.keras

WITH_TEST = ["ej02/cifar_mse", "ej03/l2", "ej04/dense", "ej05/tanh5", "ej07/autoencoder", "ej08/dense", "ej09/dense"]
WITH_TEST += ["ej10/alexnet", "ej10/alexnet_cifar10"]
CLASSIFIERS = ["ej02/cifar_xent", "ej03/l2", "ej04/conv", "ej08/conv", "ej09/conv", "ej10/vgg16", "ej10/vgg16_cifar10"]
PAIRED = {
    "ej02": ["cifar_mse", "cifar_xent", "cifar_mse_numpy", "cifar_xent_numpy"],
    "ej03": ["l2", "dropout_l2", "bn_l2"],
    "ej04": ["dense", "conv"],
    "ej07": ["autoencoder", "autoencoder_asym"],
    "ej08": ["dense", "conv"],
    "ej09": ["dense", "conv"],
    "ej10": ["alexnet", "vgg16"],
}

ProblemOf = Callable[..., Problem]


def rows(samples: Samples | None) -> list[bytes]:
    """Return each sample's input as bytes."""
    assert samples is not None
    x = samples.x
    if isinstance(x, Ragged):
        return [x.values[a:b].tobytes() for a, b in zip(x.offsets[:-1], x.offsets[1:], strict=True)]
    return [row.tobytes() for row in x]


def same(one: Problem, other: Problem) -> bool:
    return all(rows(samples) == rows(other.parts()[part]) for part, samples in one.parts().items())


@pytest.mark.parametrize("name", those_that_run([*WITH_TEST, "ej01/linear"]))
def test_no_sample_is_in_two_parts(name: str, problem_of: ProblemOf) -> None:
    parts = problem_of(*name.split("/")).parts()
    seen = [row for samples in parts.values() for row in rows(samples)]
    assert len(set(seen)) == len(seen)
    assert set(parts) == {"train", "validation"} | ({"test"} if name in WITH_TEST else set())


@pytest.mark.parametrize("name", those_that_run(CLASSIFIERS))
def test_validation_has_the_classes_of_train(name: str, problem_of: ProblemOf) -> None:
    problem = problem_of(*name.split("/"), validation_fraction=0.25)
    assert problem.validation is not None
    train, validation = (np.bincount(samples.y) for samples in (problem.train, problem.validation))
    assert np.all(np.abs(train / train.sum() - validation / validation.sum()) < 0.02)


@pytest.mark.parametrize("exercise", those_that_run(PAIRED))
def test_variants_share_the_split(exercise: str, problem_of: ProblemOf) -> None:
    there = [variant for variant in PAIRED[exercise] if runs(f"{exercise}/{variant}")]
    first, *others = (problem_of(exercise, variant) for variant in there)
    assert all(same(first, other) for other in others)


@pytest.mark.parametrize("name", those_that_run([*WITH_TEST, "ej01/linear"]))
def test_a_seed_repeats_its_split_and_another_draws_another(name: str, problem_of: ProblemOf) -> None:
    first, again, other = (problem_of(*name.split("/"), seed=seed) for seed in (0, 0, 1))
    assert same(first, again)
    assert set(rows(first.validation)) != set(rows(other.validation))


@pytest.mark.parametrize("name", those_that_run(["ej02/cifar_xent", "ej08/dense", "ej10/vgg16"]))
def test_the_official_test_set_stays_whole(
    name: str, problem_of: ProblemOf, arrays: dict[str, Arrays], study: Study
) -> None:
    test = problem_of(*name.split("/")).test
    official = arrays[study.dataset(*name.split("/"))]
    assert test is not None
    np.testing.assert_array_equal(test.x, official["x_test"])
    np.testing.assert_array_equal(test.y, official["y_test"])


def test_xor_trains_on_its_four_points_only(problem_of: ProblemOf) -> None:
    parts = problem_of("ej02", "xor_221").parts()
    assert list(parts) == ["train"]
    assert len(parts["train"]) == 4


def test_the_test_pairs_of_the_logistic_map_come_after_all_others(
    problem_of: ProblemOf, arrays: dict[str, Arrays]
) -> None:
    time = {value.tobytes(): t for t, value in enumerate(arrays["logistic"]["x"].astype(np.float32))}
    when = {part: [time[row] for row in rows(samples)] for part, samples in problem_of("ej05", "tanh5").parts().items()}
    assert max(when["train"] + when["validation"]) < min(when["test"])


def test_prices_are_scaled_by_the_training_part_alone(problem_of: ProblemOf) -> None:
    problem = problem_of("ej01", "linear")
    assert problem.validation is not None
    np.testing.assert_allclose(problem.train.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(problem.train.x.std(axis=0), 1, atol=1e-5)
    assert np.abs(problem.validation.x.mean(axis=0)).max() > 1e-3


@pytest.mark.parametrize("profile", [[], ["profiles/quick/settings.yaml"]])
@pytest.mark.parametrize("exercise", STUDY.exercises)
def test_twins_are_configured_like_the_nets_beside_which_they_are_compared(exercise: str, profile: list[str]) -> None:
    study = Study.resolve(read_config([ROOT / name for name in ("config.yaml", *profile)]))
    for twin, variant in study.twins(exercise).items():
        assert study.settings(exercise, twin) == study.settings(exercise, variant)
        assert study.dataset(exercise, twin) == study.dataset(exercise, variant)
