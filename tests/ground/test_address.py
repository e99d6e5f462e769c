"""Addresses of results: one parser for all forms."""

from __future__ import annotations

import pytest

from practica.address import METRIC, Quantity, parts
from practica.errors import InputError


def test_a_quantity_is_a_metric_of_a_split_or_a_measure_of_none() -> None:
    metric, measure = Quantity.parse("steps/dense/test/accuracy"), Quantity.parse("steps/dense/gap")
    assert (metric.exercise, metric.variant, metric.split, metric.metric) == ("steps", "dense", "test", "accuracy")
    assert (measure.split, measure.metric, measure.measure) == ("", "gap", "gap")
    assert [str(metric), str(measure)] == ["steps/dense/test/accuracy", "steps/dense/gap"]


@pytest.mark.parametrize("text", ["", "steps", "steps/dense", "steps//gap", "steps/dense/", "a/b/c/d/e"])
def test_another_form_is_named(text: str) -> None:
    with pytest.raises(InputError, match="should read exercise/variant/"):
        Quantity.parse(text)
    with pytest.raises(InputError, match=METRIC):
        parts(text, METRIC)


def test_a_variant_has_two_parts() -> None:
    assert parts("steps/dense") == ["steps", "dense"]
    for text in ("dense", "steps/dense/s0"):
        with pytest.raises(InputError, match="should read exercise/variant"):
            parts(text)
