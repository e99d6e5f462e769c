"""Numbers as the report's language prints them."""

import math

import pytest

from practica.paper import numbers


@pytest.mark.parametrize(
    ("mean", "sd", "metric", "language", "text"),
    [
        (0.9514, 0.00231, "accuracy", "es", "0,951 ± 0,002"),
        (0.9514, None, "best_accuracy", "es", "0,951"),
        (0.9514, 0.00231, "accuracy", "en", "0.951 ± 0.002"),
        (0.99999, None, "accuracy", "es", "1,000"),
        (-0.0123, None, "accuracy", "es", "−0,012"),
        (17.255, 0.04, "psnr", "es", "17,25 ± 0,04"),
        (24.123, 1.5, "mse", "es", "24,1 ± 1,5"),
        (0.0261, 0.0004, "mse", "es", "0,0261 ± 0,0004"),
        (2.31e-5, 1.2e-6, "mse", "es", "(2,31 ± 0,12) × 10⁻⁵"),
        (2.31e-5, None, "mse", "es", "2,31 × 10⁻⁵"),
        (0.0, 0.0, "mse", "es", "0,00 ± 0,00"),
        (math.inf, None, "psnr", "es", "∞"),
        (math.nan, None, "mse", "es", "NaN"),
    ],
)
def test_measures(mean: float, sd: float | None, metric: str, language: str, text: str) -> None:
    assert numbers.measure(mean, sd, metric, language).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [(673, "es", "673"), (1234, "es", "1234"), (16140, "es", "16\u202f140"), (5799440, "en", "5,799,440")],
)
def test_counts(value: int, language: str, text: str) -> None:
    assert numbers.count(value, language) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.001, "0,001"), (0.5, "0,5"), (1e-5, "10⁻⁵"), (2.5e-6, "2,5 × 10⁻⁶"), (0.0, "0"), (1.0, "1")]
)
def test_settings_keep_their_figures(value: float, text: str) -> None:
    assert numbers.exact(value, "es").replace("\u00a0", " ") == text


def test_a_value_that_rounds_up_gains_no_figure() -> None:
    assert numbers.significant(9.999, "es") == "10,0"


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert numbers.decimal(-0.0004, 3, "es") == "0,000"
    assert numbers.decimal(-0.0005001, 3, "es") == "−0,001"
    assert numbers.measure(-0.0004, 0.009, "accuracy", "en") == "0.000\u00a0±\u00a00.009"


def test_an_end_of_an_interval_beside_zero_shows_its_side() -> None:
    assert numbers.interval(-0.0001, 0.0024, 0.001, "accuracy", "en") == "[−0.0001;\u00a00.0024]"
    assert numbers.interval(0.0004, 0.0062, 0.004, "accuracy", "es") == "[0,0004;\u00a00,0062]"
    assert numbers.interval(0.0, 0.3, 0.1, "accuracy", "es") == "[0,000;\u00a00,300]"
