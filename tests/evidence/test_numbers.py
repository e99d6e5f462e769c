"""Numbers as the report's language prints them."""

import math
from dataclasses import replace

import pytest

from practica.evidence import numbers
from practica.evidence.estimates import estimate, possible, scale_of


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


def test_thousands_are_grouped_in_large_values() -> None:
    assert numbers.significant(10863.2, "en") == "10,863"
    assert numbers.significant(1162.4, "en") == "1162"


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert numbers.decimal(-0.0004, 3, "es") == "0,000"
    assert numbers.decimal(-0.0005001, 3, "es") == "−0,001"
    assert numbers.measure(-0.0004, 0.009, "accuracy", "en") == "0.000\u00a0±\u00a00.009"


def test_an_end_of_an_interval_beside_zero_shows_its_side() -> None:
    assert numbers.interval(-0.0001, 0.0024, 0.001, "accuracy", "en") == "[−0.0001;\u00a00.0024]"
    assert numbers.interval(0.0004, 0.0062, 0.004, "accuracy", "es") == "[0,0004;\u00a00,0062]"
    assert numbers.interval(0.0, 0.3, 0.1, "accuracy", "es") == "[0,000;\u00a00,300]"


def test_an_end_that_is_open_is_infinite() -> None:
    assert numbers.interval(3.5, None, 4.0, "ratio", "en") == "[3.50;\u00a0∞]"
    assert numbers.interval(None, 0.5, 0.1, "gap", "es") == "[−∞;\u00a00,500]"


@pytest.mark.parametrize(
    ("values", "metric", "text"),
    [
        ([0.9, 0.92, 0.94], "accuracy", "0.920 ± 0.020"),
        ([0.99, 0.98, 0.5], "accuracy", "0.980 (0.500–0.990)"),
        ([1e-5, 2e-5, 3e-4], "mse", "2.00 (1.00–30.0) × 10⁻⁵"),
        ([1, 2, 20], "epochs_to_95", "2.0 (1.0–20.0)"),
        ([1, 1, 1, 1, 0], "solved", "4 of 5"),
        ([0.25], "mse", "0.250"),
    ],
)
def test_what_seeds_say_prints_by_its_kind(values: list[float], metric: str, text: str) -> None:
    result = estimate(values, scale_of(metric), possible(metric))
    assert numbers.estimate(result, metric, "en").replace("\u00a0", " ") == text


@pytest.mark.parametrize(("p", "text"), [(1e-9, "p < 0,001"), (0.0123, "p = 0,012"), (1.0, "p = 1,0")])
def test_a_p_value_prints_with_two_figures(p: float, text: str) -> None:
    assert numbers.chance(p, "es").replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("values", "text", "ends"),
    [
        ([12345.1, 12345.2, 12345.3], "12345.2 ± 0.1", "[12345.0; 12345.4]"),
        ([1234567, 1234570, 1234580], "(1.234572 ± 0.000007) × 10⁶", "[1.234555; 1.234589] × 10⁶"),
        ([22.1, 23.2, 25.3], "23.5 ± 1.6", "[19.5; 27.6]"),
        ([7.0, 7.0 + 1e-9, 7.0 - 1e-9], "7.000000 ± 0.000000", ""),
    ],
)
def test_a_small_spread_shows_its_first_digit(values: list[float], text: str, ends: str) -> None:
    value = estimate(values)
    assert numbers.estimate(value, "perplexity", "en").replace("\u00a0", " ") == text
    if ends:
        interval = numbers.interval(value.low, value.high, value.mean, "perplexity", "en", spread=value.sd)
        assert interval.replace("\u00a0", " ") == ends


def test_what_prose_compares_is_what_it_shows() -> None:
    value = estimate([12345.1, 12345.2, 12345.3])
    assert numbers.decimals(value.mean, "perplexity", value.sd) == 1
    assert numbers.decimals(value.mean, "perplexity") == -2
    assert numbers.measure(value.mean, None, "perplexity", "en", spread=value.sd) == "12345.2"
    skewed = replace(value, skewed=True)
    assert numbers.estimate(skewed, "perplexity", "en") == "12345.2 (12345.1–12345.3)"
