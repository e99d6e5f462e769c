"""Parse the addresses of results, ``exercise/variant/split/metric``, wherever people write them.

A variant under another protocol than the first is one of its own, ``variant@protocol``: nothing takes it for the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from practica.errors import InputError

VARIANT = "exercise/variant"
METRIC = "exercise/variant/split/metric"
AT = "@"
"""What stands between a variant and a protocol other than the first, as in ``digits/dense@published``."""
SPLITS = ("train", "validation", "test")
"""The parts of the data."""
TIMING = "timing"
"""The split of what is measured of a variant's speed, on no part of the data: its repetitions stand for the seeds."""
BEST = "best_"
"""What begins the name of a metric at the best validation epoch."""
RUNNING = "running_"
"""What begins the name of a training metric as Keras reports it: the mean over an epoch's steps, with Dropout at work.

Without it, the same metric is evaluated with the weights of the epoch's end, on all training samples.
"""
PREFIXES = (BEST, RUNNING)
"""What begins the name of every metric that is not the one evaluated with the weights of the last epoch."""


def bare(metric: str) -> str:
    """Return the name of a metric, whenever and however it is taken: ``accuracy`` of ``running_accuracy``."""
    return metric.removeprefix(BEST).removeprefix(RUNNING)


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

    @property
    def protocol(self) -> str:
        """Return the protocol of the variant; nothing for the first."""
        return protocol_of(self.variant)

    def under(self, protocol: str) -> Quantity:
        """Return the same measure of the same variant under another protocol; nothing stands for the first."""
        return replace(self, variant=under(self.variant, protocol))

    def __str__(self) -> str:
        return f"{self.exercise}/{self.variant}/{self.measure}"


def under(variant: str, protocol: str) -> str:
    """Return what a variant is called under a protocol; nothing stands for the first, under which it has its name."""
    return f"{base_of(variant)}{AT}{protocol}" if protocol else base_of(variant)


def base_of(variant: str) -> str:
    """Return what the configuration calls a variant, under whichever protocol it stands."""
    return variant.partition(AT)[0]


def protocol_of(variant: str) -> str:
    """Return the protocol of a variant; nothing stands for the first."""
    return variant.partition(AT)[2]


def check_one_protocol(reference: str) -> None:
    """Raise ``InputError`` where a result is taken from one of another protocol, as ``a/b/test/c - a/b@d/test/c``."""
    sides = [side.split("/") for side in reference.split(" - ") if ":" not in side]
    if len({protocol_of(side[1].strip()) for side in sides if len(side) > 1}) > 1:
        raise InputError(
            f"{reference!r} compares runs of two protocols, which differ in many settings; say both numbers"
        )


def parts(text: str, form: str = VARIANT) -> list[str]:
    """Return the parts of a text of a form such as ``exercise/variant``.

    Raises:
        InputError: it has more parts or fewer, or an empty one.
    """
    found = [part.strip() for part in text.split("/")]
    if len(found) != form.count("/") + 1 or not all(found):
        raise InputError(f"{text!r} should read {form}")
    return found
