"""Addresses of results: one parser for all forms."""

from __future__ import annotations

import pytest

from practica.address import METRIC, Quantity, parts
from practica.errors import InputError


def test_a_quantity_is_a_metric_of_a_split_or_a_measure_of_none() -> None:
    metric, measure = Quantity.parse("ej08/dense/test/accuracy"), Quantity.parse("ej08/dense/gap")
    assert (metric.exercise, metric.variant, metric.split, metric.metric) == ("ej08", "dense", "test", "accuracy")
    assert (measure.split, measure.metric, measure.measure) == ("", "gap", "gap")
    assert [str(metric), str(measure)] == ["ej08/dense/test/accuracy", "ej08/dense/gap"]


@pytest.mark.parametrize("text", ["", "ej08", "ej08/dense", "ej08//gap", "ej08/dense/", "a/b/c/d/e"])
def test_another_form_is_named(text: str) -> None:
    with pytest.raises(InputError, match="should read exercise/variant/"):
        Quantity.parse(text)
    with pytest.raises(InputError, match=METRIC):
        parts(text, METRIC)


def test_a_variant_has_two_parts() -> None:
    assert parts("ej08/dense") == ["ej08", "dense"]
    for text in ("dense", "ej08/dense/s0"):
        with pytest.raises(InputError, match="should read exercise/variant"):
            parts(text)
