"""What the catalogue knows about a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Text = Mapping[str, str]
"""The same text in several languages, by their codes."""

HIGH = 3.1
"""Height [in] of a figure whose axes are about as high as wide."""


@dataclass(frozen=True)
class Panel:
    """One set of axes over the epochs: a recorded metric, and the words for its axis where they differ."""

    metric: str
    label: str = ""
    log: bool = False


@dataclass(frozen=True)
class Spec:
    """What one figure shows.

    Attributes:
        name: file name without suffix; ``figNN`` as in the source, ``figxNN`` for those it lacks, where NN is then
            the exercise.
        kind: ``curves`` (one variant, training and validation), ``compare`` (variants side by side), ``folds``
            (validation and its spread over the folds), ``prices``, ``map``, ``digits``, ``overview``, or
            ``twins`` (every first variant beside the second).
        panels: the axes of a figure over epochs, from top to bottom; none means whatever was recorded.
        split: the part of the data that a comparison of variants shows.
        log_epochs: whether the axis of epochs is logarithmic, for runs that are long and over soon.
        labels: the words for the variants in a comparison; default: their names.
        height: of a figure over epochs [in]; 0: what its axes need. For one that stands beside a higher one.
        first: the place of the first variant's look, so that a variant looks alike in every figure.
        scale: figures over epochs that share this word share the limits of their axes, so that they can be compared.
    """

    name: str
    exercise: str
    variants: tuple[str, ...]
    kind: str
    title: Text
    caption: Text
    panels: tuple[Panel, ...] = ()
    split: str = "validation"
    labels: tuple[str, ...] = ()
    log_epochs: bool = False
    height: float = 0.0
    first: int = 0
    scale: str = ""

    @property
    def reads(self) -> str:
        """Return what the figure is drawn from: ``tables`` by epoch, ``arrays``, ``metrics`` or ``overview``."""
        other = {"prices": "arrays", "map": "arrays", "digits": "arrays", "twins": "metrics", "overview": "overview"}
        return other.get(self.kind, "tables")


@dataclass(frozen=True)
class Glance:
    """What the panel of an exercise shows: its name, a metric, and which variants under which names."""

    name: Text
    metric: str
    variants: Mapping[str, Text]
    log: bool = False
