"""Parse the addresses of results, ``exercise/variant/split/metric``, wherever people write them.

A variant under another protocol than the first has a name of its own, ``variant@protocol``, so nothing confuses the
two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from practica.errors import InputError

VARIANT = "exercise/variant"
METRIC = "exercise/variant/split/metric"
SETTING = "exercise/variant/setting"
LOCAL = "variant/split/metric"
"""The address of a metric in the files of its exercise."""
COLUMN = "split/metric"
AT = "@"
"""The sign between a variant and a protocol other than the first, as in ``digits/dense@published``."""
VariantAddress = tuple[str, str]
"""An exercise, and a variant such as ``dense`` or, under a protocol, ``dense@published``."""
SPLITS = ("train", "validation", "test")
"""The splits of the data."""
TIMING = "timing"
"""The split of measured times, which belong to no part of the data: repetitions take the place of seeds."""
BEST = "best_"
"""The prefix of a metric at the best validation epoch."""
RUNNING = "running_"
"""The prefix of a training metric as Keras reports it: the mean over an epoch's steps, with Dropout active.

Without the prefix, the metric is evaluated with the weights at the end of the epoch, on all training samples.
"""
PREFIXES = (BEST, RUNNING)
"""The prefixes of every metric that is not evaluated with the weights of the last epoch."""


def bare(metric: str) -> str:
    """Return the name of a metric without prefix: ``accuracy`` for ``running_accuracy``."""
    return metric.removeprefix(BEST).removeprefix(RUNNING)


@dataclass(frozen=True)
class Quantity:
    """A measure of one variant, such as ``digits/dense/test/accuracy``; ``digits/dense/gap`` has no split."""

    exercise: str
    variant: str
    measure: str

    @classmethod
    def parse(cls, text: str, form: str = "") -> Quantity:
        """Return the quantity that a text names, in the given ``form`` if there is one.

        Raises:
            InputError: the text has another form.
        """
        names = parts(text, form or ("exercise/variant/measure" if text.count("/") < 3 else METRIC))
        return cls(names[0], names[1], "/".join(names[2:]))

    @property
    def split(self) -> str:
        """Return the split that is measured; empty for a measure without one."""
        return self.measure.rpartition("/")[0]

    @property
    def metric(self) -> str:
        """Return the metric, or the measure itself."""
        return self.measure.rpartition("/")[2]

    @property
    def protocol(self) -> str:
        """Return the protocol of the variant; empty for the first."""
        return protocol_of(self.variant)

    def under(self, protocol: str) -> Quantity:
        """Return the same measure of the same variant under another protocol; the first has an empty name."""
        return replace(self, variant=under(self.variant, protocol))

    def __str__(self) -> str:
        return f"{self.exercise}/{self.variant}/{self.measure}"


def under(variant: str, protocol: str) -> str:
    """Return the name of a variant under a protocol; under the first, which is empty, it is the plain name."""
    return f"{base_of(variant)}{AT}{protocol}" if protocol else base_of(variant)


def base_of(variant: str) -> str:
    """Return the name of a variant in the configuration, whatever its protocol."""
    return variant.partition(AT)[0]


def protocol_of(variant: str) -> str:
    """Return the protocol of a variant; empty for the first."""
    return variant.partition(AT)[2]


def check_one_protocol(reference: str) -> None:
    """Raise ``InputError`` if results of two protocols are subtracted, as in ``a/b/test/c - a/b@d/test/c``."""
    if len({Quantity.parse(text).protocol for prefix, text in sides(reference) if not prefix}) > 1:
        raise InputError(
            f"{reference!r} compares runs of two protocols, which differ in many settings; say both numbers"
        )


def sides(reference: str) -> list[tuple[str, str]]:
    """Return the prefix and address of each side of a reference such as ``fuente:a/b/test/c - a/b/test/c``.

    A result has an empty prefix. A reference without " - " has one side.
    """
    pairs = (side.rpartition(":") for side in reference.split(" - "))
    return [(prefix.strip(), address.strip()) for prefix, _, address in pairs]


def claim_and_part(reference: str) -> tuple[str, str]:
    """Return the claim and the part that ``digits-a/speed`` names; the part is empty for the claim as a whole."""
    claim, _, part = reference.partition("/")
    return claim, part


def parts(text: str, form: str = VARIANT) -> list[str]:
    """Return the parts of a text in a form such as ``exercise/variant``.

    Raises:
        InputError: it has more or fewer parts, or an empty one.
    """
    names = [part.strip() for part in text.split("/")]
    if len(names) != form.count("/") + 1 or not all(names):
        raise InputError(f"{text!r} should read {form}")
    return names
