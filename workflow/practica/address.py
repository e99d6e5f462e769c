"""Parse the addresses of results, ``exercise/variant/split/metric``, wherever people write them."""

from __future__ import annotations

from dataclasses import dataclass

from practica.errors import InputError

VARIANT = "exercise/variant"
METRIC = "exercise/variant/split/metric"
TIMING = "timing"
"""The split of what is measured of a variant's speed, on no part of the data: its repetitions stand for the seeds."""


@dataclass(frozen=True)
class Quantity:
    """A measure of one variant, as ``digits/dense/test/accuracy``; one such as ``digits/dense/gap`` is of no split."""

    exercise: str
    variant: str
    measure: str

    @classmethod
    def parse(cls, text: str, form: str = "") -> Quantity:
        """Return what a text names, which is of a ``form`` where one is given.

        Raises:
            InputError: the text has another form.
        """
        found = parts(text, form or ("exercise/variant/measure" if text.count("/") < 3 else METRIC))
        return cls(found[0], found[1], "/".join(found[2:]))

    @property
    def split(self) -> str:
        """Return the part of the data that is measured; nothing for a measure of no split."""
        return self.measure.rpartition("/")[0]

    @property
    def metric(self) -> str:
        """Return the metric, or the measure itself."""
        return self.measure.rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.exercise}/{self.variant}/{self.measure}"


def parts(text: str, form: str = VARIANT) -> list[str]:
    """Return the parts of a text of a form such as ``exercise/variant``.

    Raises:
        InputError: it has more parts or fewer, or an empty one.
    """
    found = [part.strip() for part in text.split("/")]
    if len(found) != form.count("/") + 1 or not all(found):
        raise InputError(f"{text!r} should read {form}")
    return found
