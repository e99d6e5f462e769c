"""Particulars of single exercises: folds and corrections, noise, permutation, augmentation, words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from practica.exercises.problem import Arrays, Problem, Ragged, Settings
from ten import needs

pytestmark = pytest.mark.keras

FOLDS = 5
ProblemOf = Callable[..., Problem]


def folds(problem_of: ProblemOf, variant: str, seed: int = 0) -> list[Problem]:
    return [problem_of("ej06", variant, seed=seed, fold=fold) for fold in range(FOLDS)]


def test_the_folds_partition_the_patients_by_class(problem_of: ProblemOf, arrays: dict[str, Arrays]) -> None:
    y = arrays["pima"]["y"]
    parts = folds(problem_of, "corrected")
    validation = [part.validation for part in parts if part.validation is not None]
    assert sum(len(samples) for samples in validation) == len(y)
    assert {int(samples.y.sum()) for samples in validation} == {y.sum() // FOLDS}
    assert all(len(part.train) + len(samples) == len(y) for part, samples in zip(parts, validation, strict=True))


def test_raw_and_corrected_have_the_same_folds_and_seeds_others(problem_of: ProblemOf) -> None:
    def ages(variant: str, seed: int) -> list[np.ndarray]:
        # The age is never corrected, so it shows who is in a fold; ranks undo the scaling.
        parts = folds(problem_of, variant, seed)
        return [np.argsort(part.train.x[:, 7]) for part in parts]

    raw, corrected, other = ages("raw", 0), ages("corrected", 0), ages("raw", 1)
    for one, same, different in zip(raw, corrected, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, different)


@needs("ej06/corrected")
def test_impossible_zeros_become_the_means_of_the_training_fold() -> None:
    from study.ej06.experiment import correct_zeros

    train = np.array([[0, 10, 0, 4, 5, 6, 0, 0], [1, 30, 20, 0, 5, 6, 7, 8]], dtype=float)
    validation = np.array([[0, 0, 0, 0, 0, 0, 0, 0], [9, 900, 800, 700, 600, 500, 9, 9]], dtype=float)
    train_after, validation_after = correct_zeros(train, validation)
    np.testing.assert_array_equal(train_after, [[0, 10, 20, 4, 5, 6, 0, 0], [1, 30, 20, 4, 5, 6, 7, 8]])
    np.testing.assert_array_equal(validation_after, [[0, 20, 20, 4, 5, 6, 0, 0], validation[1]])
    assert train[0, 2] == 0


@needs("ej06/corrected")
def test_the_validation_fold_changes_nothing_in_the_training_fold(
    settings_of: Callable[..., Settings], arrays: dict[str, Arrays]
) -> None:
    """Neither the means that replace zeros nor the scale depend on the rows that judge the net."""
    from study.ej06 import experiment as ej06

    settings, pima = settings_of("ej06", "corrected"), arrays["pima"]
    before = ej06.problem(pima, settings, 0, 2)
    _, validation = ej06._folds(pima["y"].tobytes(), pima["y"].dtype.str, settings.folds, 0)[2]
    x = np.array(pima["x"])
    x[validation] = np.where(x[validation] == 0, 0, x[validation] * 1000 + 77)
    after = ej06.problem({**pima, "x": x}, settings, 0, 2)
    np.testing.assert_array_equal(after.train.x, before.train.x)
    assert after.validation is not None and before.validation is not None
    assert not np.array_equal(after.validation.x, before.validation.x)


def test_folds_are_scaled_by_their_training_part(problem_of: ProblemOf) -> None:
    part = folds(problem_of, "raw")[0]
    assert part.validation is not None
    np.testing.assert_allclose(part.train.x.mean(axis=0), 0, atol=1e-6)
    assert np.abs(part.validation.x.mean(axis=0)).max() > 1e-3


def test_images_are_noisy_in_every_part_and_targets_are_clean(problem_of: ProblemOf, arrays: dict[str, Arrays]) -> None:
    problem = problem_of("ej07", "autoencoder", noise_std=0.5)
    assert problem.test is not None
    np.testing.assert_array_equal(problem.test.y, (arrays["mnist"]["x_test"] / 255).astype(np.float32))
    for samples in problem.parts().values():
        assert samples.x.dtype == samples.y.dtype == np.float32
        assert (samples.x.min(), samples.x.max()) == (0, 1)
        inside = (samples.x > 0) & (samples.x < 1) & (np.abs(samples.y - 0.5) < 0.02)
        # A Gaussian with a deviation of 0.5, cut at one deviation, keeps 0.54 of its deviation.
        assert np.std((samples.x - samples.y)[inside]) == pytest.approx(0.27, abs=0.02)


def test_cleaning_is_measured_against_the_noisy_images(problem_of: ProblemOf) -> None:
    problem = problem_of("ej07", "autoencoder")
    assert problem.measure is not None
    clean = np.zeros((4, 28, 28), dtype=np.float32)
    measured = problem.measure("test", clean + 0.5, clean, clean + 0.1)
    assert measured == pytest.approx({"psnr": 20, "noisy_mse": 0.25, "noisy_psnr": 6.0206}, rel=1e-4)
    shown = problem.artefacts(lambda x: 1 - x)
    assert {name: array.shape for name, array in shown.items()} == dict.fromkeys(
        ("clean", "noisy", "cleaned"), (3, 28, 28)
    )
    np.testing.assert_array_equal(shown["cleaned"], 1 - shown["noisy"])


def test_the_signal_to_noise_ratio_is_averaged_over_the_images(problem_of: ProblemOf) -> None:
    """The ratio computed from the mean error, 23 dB here, would reflect the worst images."""
    measure = problem_of("ej07", "autoencoder").measure
    assert measure is not None
    clean = np.zeros((2, 28, 28), dtype=np.float32)
    errors = np.array([0.1, 0.01], dtype=np.float32)[:, None, None]
    measured = measure("test", clean + errors * 10**0.5, clean, clean + errors)
    assert measured["psnr"] == pytest.approx((20 + 40) / 2, abs=1e-3)
    assert measured["noisy_psnr"] == pytest.approx((10 + 30) / 2, abs=1e-3)


def test_one_permutation_of_the_pixels_serves_all_parts(problem_of: ProblemOf) -> None:
    def order(permuted: np.ndarray, plain: np.ndarray) -> list[int]:
        # Random images: the values over all images identify a pixel.
        place = {column.tobytes(): pixel for pixel, column in enumerate(plain.reshape(len(plain), -1).T)}
        return [place[column.tobytes()] for column in permuted.reshape(len(permuted), -1).T]

    permuted, plain = (problem_of("ej09", "dense", permute=permute).parts() for permute in (True, False))
    orders = [order(permuted[part].x, plain[part].x) for part in ("train", "validation", "test")]
    assert orders[0] == orders[1] == orders[2]
    assert sorted(orders[0]) == list(range(784)) != orders[0]
    other = problem_of("ej09", "dense", seed=1).parts()["test"].x
    assert order(other, plain["test"].x) != orders[0]


@needs("ej10/alexnet")
def test_augmentation_alters_images_in_training_only(
    problem_of: ProblemOf, settings_of: Callable[..., Settings], arrays: dict[str, Arrays]
) -> None:
    from study.ej10.experiment import augmentation

    problem = problem_of("ej10", "alexnet")
    assert problem.augment is not None
    images = arrays["cifar100"]["x_train"][:8].astype(np.float32)
    layers = problem.augment()
    assert [type(layer).__name__ for layer in layers] == ["RandomFlip", "RandomTranslation", "RandomRotation"]
    assert all(layer is not new for layer, new in zip(layers, problem.augment(), strict=True))
    for layer in layers:
        np.testing.assert_array_equal(layer(images, training=False), images)
        assert not np.array_equal(layer(images, training=True), images)
    assert augmentation(settings_of("ej10", "alexnet", flip=False, shift=0, rotation=0)) == []


def test_words_are_counted() -> None:
    import tensorflow as tf

    from practica.exercises.inputs import count_words

    reviews = tf.ragged.constant([[1, 3, 3, 9], [2]], dtype=tf.uint16)
    np.testing.assert_array_equal(count_words(5)(reviews), [[0, 1, 0, 2, 0], [0, 0, 1, 0, 0]])


def test_reviews_are_padded_as_keras_does() -> None:
    import keras

    from practica.exercises.sequences import padded

    words = [[1, 5, 6, 7, 8], [1, 9], [1, 4, 3]]
    offsets = np.cumsum([0] + [len(review) for review in words])
    reviews = Ragged(np.concatenate(words).astype(np.uint16), offsets)
    np.testing.assert_array_equal(padded(reviews, 3, 100), keras.utils.pad_sequences(words, 3))
    np.testing.assert_array_equal(padded(reviews, 3, 7)[0], [6, 2, 2])


def test_prices_are_measured_in_thousands_of_dollars(problem_of: ProblemOf) -> None:
    problem = problem_of("ej01", "linear")
    assert problem.measure is not None
    target = np.array([[10.0], [20.0], [30.0]])
    assert problem.measure("train", None, target, target - 2) == pytest.approx({"r2": 1 - 12 / 200, "mae": 2})
    shown = problem.artefacts(lambda x: np.zeros((len(x), 1)))
    assert shown["target"].shape == shown["predicted"].shape
    assert shown["target"].min() >= 5


@needs("ej05/tanh5")
def test_the_horizon_of_the_logistic_map_counts_the_steps_near_the_exact_path(problem_of: ProblemOf) -> None:
    measure = problem_of("ej05", "tanh5").measure
    assert measure is not None
    x = np.random.default_rng(0).beta(0.5, 0.5, (4000, 1))  # as the map visits its interval
    y = 4 * x * (1 - x)
    assert measure("validation", x, y, y) == {}
    exact, off, wrong = (measure("test", x, y, p)["horizon"] for p in (y, y - 0.02 * x, np.full_like(y, 0.5)))
    assert 12 < exact < 50
    assert 1 < off < 6
    assert wrong < off
