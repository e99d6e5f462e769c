"""Parse the addresses of results, ``exercise/variant/split/metric``, wherever people write them."""

from __future__ import annotations

from dataclasses import dataclass

from practica.errors import InputError

TIMING = "timing"
"""The split of what is measured of a variant's speed, on no part of the data: its repetitions stand for the seeds."""


@dataclass(frozen=True)
class Variant:
    """A variant of an exercise, such as ``ej08/dense``."""

    exercise: str
    variant: str

    @classmethod
    def parse(cls, text: str) -> Variant:
        """Return the variant that a text names.

        Raises:
            InputError: the text has another form.
        """
        return cls(*parts(text, "exercise/variant"))

    def __str__(self) -> str:
        return f"{self.exercise}/{self.variant}"


@dataclass(frozen=True)
class Address:
    """A measure of one variant, such as ``ej08/dense/test/accuracy``; one such as ``ej08/dense/gap`` is of no split."""

    exercise: str
    variant: str
    measure: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return what a text of either form names.

        Raises:
            InputError: the text has another form.
        """
        form = "exercise/variant/split/metric" if text.count("/") > 2 else "exercise/variant/measure"
        exercise, variant, *measure = parts(text, form)
        return cls(exercise, variant, "/".join(measure))

    @classmethod
    def of_metric(cls, text: str) -> Address:
        """Return the metric of a split that a text names.

        Raises:
            InputError: the text has another form.
        """
        exercise, variant, *measure = parts(text, "exercise/variant/split/metric")
        return cls(exercise, variant, "/".join(measure))

    @property
    def split(self) -> str:
        """Return the part of the data that is measured; nothing for a measure of no one split."""
        return self.measure.rpartition("/")[0]

    @property
    def metric(self) -> str:
        """Return the metric, or the measure itself."""
        return self.measure.rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.exercise}/{self.variant}/{self.measure}"


def parts(text: str, form: str) -> list[str]:
    """Return the parts of a text of the form ``a/b/c``.

    Raises:
        InputError: it has more parts or fewer, or an empty one.
    """
    found = text.split("/")
    if len(found) != form.count("/") + 1 or not all(found):
        raise InputError(f"{text!r} should read {form}")
    return found
