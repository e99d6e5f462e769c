"""The source's own settings: what they change in nets and data, and that nothing changes without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras
import numpy as np
import pytest

from practica import exercises
from practica.config.study import Study
from practica.exercises.problem import Arrays, Problem, Settings
from practica.training.block import builder
from practica.training.fit import count_parameters
from ten import STUDY, needs

pytestmark = pytest.mark.keras

PUBLISHED = "published"
ProblemOf = Callable[..., Problem]


def published() -> list[tuple[str, str]]:
    return [(e, v) for e in STUDY.exercises for v in STUDY.variants(e, PUBLISHED) if PUBLISHED in STUDY.protocols]


def losses(net: keras.Model) -> list[str]:
    """Return the layers with a penalty on weights or outputs."""
    bearing = ("kernel_regularizer", "activity_regularizer")
    return [layer.name for layer in net.layers if any(getattr(getattr(layer, key, None), "l2", 0) for key in bearing)]


def net_of(study: Study, exercise: str, variant: str) -> keras.Model:
    values = {**study.settings(exercise, variant), "dataset": study.dataset(exercise, variant)}
    net = builder(exercises.load(exercise), study.model(exercise, variant))(Settings(values))
    assert isinstance(net, keras.Model)
    return net


@pytest.fixture(autouse=True)
def cleared() -> Iterator[None]:
    yield
    keras.backend.clear_session()


@pytest.mark.parametrize(("exercise", "variant"), published())
def test_the_nets_are_the_same_but_for_penalties_and_outputs(exercise: str, variant: str, study: Study) -> None:
    there, here = net_of(study, exercise, variant), net_of(study, exercise, variant.partition("@")[0])
    assert count_parameters(there) == count_parameters(here)
    assert [type(layer) for layer in there.layers] == [type(layer) for layer in here.layers]
    settings = study.settings(exercise, variant)
    if factor := settings.get("activity_l2", settings.get("l2")):
        assert losses(there), factor
    if "output" in settings:
        assert settings["output"] in [
            getattr(layer.activation, "__name__", "") for layer in there.layers[-2:] if hasattr(layer, "activation")
        ]


@needs("ej10/vgg16")
def test_vgg16_is_penalised_in_its_first_two_convolutions_and_its_dense_layers(study: Study) -> None:
    net = net_of(study, "ej10", "vgg16@published")
    kinds = [type(layer).__name__ for layer in net.layers if layer.name in losses(net)]
    assert kinds == ["Conv2D"] * 2 + ["Dense"] * 4
    assert losses(net_of(study, "ej10", "vgg16")) == []


def test_the_reviews_are_mixed_and_split_anew(problem_of: ProblemOf, arrays: dict[str, Arrays]) -> None:
    over = {"merge": True, "test_fraction": 0.1, "validation_fraction": 1 / 9, "review_length": 20}
    parts = problem_of("ej04", "dense", **over).parts()
    count = len(arrays["imdb"]["y_train"]) + len(arrays["imdb"]["y_test"])
    assert {name: len(part) for name, part in parts.items()} == {
        "train": count * 8 // 10,
        "validation": count // 10,
        "test": count // 10,
    }
    plain = problem_of("ej04", "dense", review_length=20)
    assert plain.test is not None
    assert len(plain.test) == len(arrays["imdb"]["y_test"])


def test_the_map_is_learnt_from_a_grid(problem_of: ProblemOf) -> None:
    over = {"grid_points": 1000, "train_samples": None, "test_fraction": 0.2, "validation_fraction": 0.25}
    parts = problem_of("ej05", "tanh5", **over).parts()
    assert {name: len(part) for name, part in parts.items()} == {"train": 600, "validation": 200, "test": 200}
    x = np.sort(np.concatenate([part.x[:, 0] for part in parts.values()]))
    np.testing.assert_allclose(x, np.linspace(0, 1, 1000), atol=1e-6)
    for part in parts.values():
        np.testing.assert_allclose(part.y, 4 * part.x * (1 - part.x), atol=1e-6)


def test_plain_folds_are_neighbours_of_what_the_test_part_leaves(
    problem_of: ProblemOf, arrays: dict[str, Arrays]
) -> None:
    over = {"plain_folds": True, "test_fraction": 0.1, "standardise": False, "count_zeros": True}
    x = arrays["pima"]["x"].astype(np.float32)
    raw = [problem_of("ej06", "raw", fold=fold, **over) for fold in range(5)]
    tests = [part.test for part in raw if part.test is not None]
    assert len(tests) == 5
    assert all(np.array_equal(test.x, tests[0].x) for test in tests)
    order = {row.tobytes(): place for place, row in enumerate(x)}  # neither scaled nor corrected
    places = [order[row.tobytes()] for part in raw for row in np.asarray(part.validation.x)]  # type: ignore[union-attr]
    assert places == sorted(places)
    assert len(places) == len(x) - len(tests[0])
    corrected = problem_of("ej06", "corrected", fold=0, **over)
    was = raw[0].train.x[:, 1]
    assert corrected.train.x[was == 0, 1] == pytest.approx(was.mean(), rel=1e-5)


def test_right_is_what_is_beyond_the_threshold(problem_of: ProblemOf, arrays: dict[str, Arrays]) -> None:
    problem = problem_of("ej02", "xor_221", right_above=0.9)
    assert sorted(np.unique(problem.train.y)) == [0, 1]
    right = problem.task.metrics["accuracy"]
    targets = np.array([[0.0], [0.0], [1.0], [1.0]], np.float32)
    outputs = np.array([[-0.4], [0.95], [0.85], [0.92]], np.float32)
    assert np.asarray(right(targets, outputs)).tolist() == [1, 0, 0, 1]
    assert problem.task.accuracy is None
    assert problem_of("ej02", "xor_221").task.metrics == {}


@pytest.mark.parametrize(("exercise", "variant"), [("ej02", "cifar_mse"), ("ej10", "alexnet")])
def test_pixels_are_standardised_by_the_training_part(exercise: str, variant: str, problem_of: ProblemOf) -> None:
    problem = problem_of(exercise, variant, standardise=True)
    assert problem.to_input is not None
    inputs = np.asarray(problem.to_input(problem.train.x))
    assert inputs.ndim == (2 if exercise == "ej02" else 4)
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(inputs.std(axis=0), 1, atol=1e-4)
