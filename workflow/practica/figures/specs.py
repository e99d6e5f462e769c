"""The specification of a figure in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from practica.config.about import Text

OVER_EPOCHS = ("curves", "compare", "folds")
SEVERAL = {"compare": (1, 2), "folds": (1, 1), "pairs": (2, 2)}
"""The kinds drawn without what a study leaves out: how many variants go together, and how many must be left."""
KINDS = (*OVER_EPOCHS, "pairs", "overview", "forest")
"""The kinds that are drawn here; every other kind is the exercise's own."""
HIGH = 3.1
"""Height [in] of a figure whose axes are about as high as wide."""


@dataclass(frozen=True)
class Panel:
    """One set of axes over the epochs: a recorded metric, and the words for its axis if they differ.

    With ``errors`` it shows one minus the metric, which is a share of right answers.
    """

    metric: str
    label: str = ""
    log: bool = False
    errors: bool = False


@dataclass(frozen=True)
class Spec:
    """What one figure shows.

    Attributes:
        name: file name without suffix.
        kind: ``curves`` (one variant, training and validation), ``compare`` (variants side by side), ``folds``
            (validation and its spread over the folds), ``pairs`` (every first variant beside the second), ``overview``,
            ``forest``, or the name of a function in the module ``figures`` of the exercise's folder.
        number: the figure's number in the source, if it has one.
        panels: the axes of a figure over epochs, from top to bottom; empty means everything that was recorded.
        split: the split that a comparison of variants shows.
        log_epochs: whether the axis of epochs is logarithmic, for long runs that change mostly at the start.
        labels: the words for the variants in a comparison; default: their names.
        height: of a figure over epochs [in]; 0: as high as its axes need. For a figure beside a higher one.
        places: the place of each variant's look, so that a variant looks alike in every figure.
        left_out: its variants that the study leaves out, if enough others are left; it says so.
        arrays: the arrays that a figure of the exercise's own kind is drawn from.
        lettered: whether its axes have letters, as parts of a figure.
        scale: figures over epochs of an exercise that share this word share the limits of their axes.
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
    places: tuple[int, ...] = ()
    left_out: tuple[str, ...] = ()
    scale: str = ""
    number: int | None = None
    arrays: tuple[str, ...] = ()
    lettered: bool = False

    @property
    def reads(self) -> str:
        """Return the source of its data: ``tables`` by epoch, ``arrays``, ``metrics``, ``overview`` or ``claims``."""
        other = {"pairs": "metrics", "overview": "overview", "forest": "claims"}
        return other.get(self.kind, "tables" if self.kind in OVER_EPOCHS else "arrays")


class Marks(NamedTuple):
    """What the overview's panels show: a metric each, the exercises with test results, ours and the source's.

    ``seeds`` is the largest number of seeds behind a curve.
    """

    metrics: dict[str, str]
    tested: set[str]
    printed: set[str]
    seeds: int


@dataclass(frozen=True)
class Glance:
    """The content of an exercise's panel: its name, a metric, and the variants with their labels."""

    name: Text
    metric: str
    variants: Mapping[str, Text]
    log: bool = False
