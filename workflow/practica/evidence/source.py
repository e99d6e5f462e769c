"""The numbers that the source prints, as it prints them, for comparison with ours."""

from __future__ import annotations

from collections.abc import Mapping

from practica.address import Quantity
from practica.config.study import Study
from practica.errors import InputError


def numbers(study: Study) -> Mapping[str, str]:
    """Return every number that the source prints, by ``exercise/variant/split/metric``.

    As text, because 0.50 says more than 0.5.
    """
    return {
        f"{exercise}/{name}": text
        for exercise in study.every_exercise
        for name, text in study.about(exercise).get("printed", {}).items()
    }


def of(values: Mapping[str, str], quantity: Quantity) -> str | None:
    """Return what the source prints for a quantity, under whichever protocol ours was measured."""
    return values.get(str(quantity.under("")))


def source_number(study: Study, name: str) -> str:
    """Return a number that the source prints.

    Raises:
        InputError: the source does not print it.
    """
    every = numbers(study)
    try:
        return every[name]
    except KeyError:
        exercise = Quantity.parse(name).exercise
        names = ", ".join(key for key in every if key.startswith(f"{exercise}/"))
        raise InputError(f"the source prints no {name!r}{f' (it prints {names})' if names else ''}") from None
