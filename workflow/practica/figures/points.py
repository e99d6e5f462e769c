"""The numbers that a figure draws, as a table: what a reader needs to draw it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

COLUMNS = ("panel", "series", "kind", "x", "y", "value")
"""Where a number is drawn: the axes, by title, label or number from 1; the entry in the legend; the kind of mark; the
coordinates in units of the axes (column and row for an image), and the brightness of a pixel."""


def points(figure: Figure) -> pd.DataFrame:
    """Return every number that the figure draws from data, with ``COLUMNS``, in the order of drawing.

    The kinds are ``line`` and ``points``, ``band`` (the outline of an area), ``interval`` (both ends of an error bar),
    ``bar`` (centre and height) and ``image`` (one row a pixel). Lines across the whole axes are no data.
    """
    parts = [
        table.assign(panel=_panel(axes, number), series=_series(artist), kind=kind)
        for number, axes in enumerate(figure.axes, start=1)
        for artist, kind, table in _drawings(axes)
    ]
    return pd.concat([pd.DataFrame(columns=COLUMNS), *parts])[list(COLUMNS)]


@contextmanager
def series(axes: Axes, name: str) -> Iterator[None]:
    """Name the series of everything that is drawn in these axes meanwhile."""
    before = axes.get_children()
    yield
    for artist in axes.get_children():
        if artist not in before:
            artist.set_gid(name)


def _panel(axes: Axes, number: int) -> str:
    title = axes.get_title() or axes.get_title(loc="left")
    return " ".join(title.split()) or axes.get_ylabel() or str(number)


def _series(artist: Artist) -> str:
    """Return the name that ``series`` gave, else the label; matplotlib's own labels begin with an underscore."""
    label = str(artist.get_gid() or artist.get_label())
    return "" if label.startswith("_") else label


def _drawings(axes: Axes) -> Iterator[tuple[Artist, str, pd.DataFrame]]:
    """Yield each artist of the axes that draws data, what kind it is, and its numbers."""
    for artist in axes.get_children():
        if isinstance(artist, Line2D) and artist.get_transform() == axes.transData:
            kind = "points" if artist.get_linestyle() == "None" else "line"
            yield artist, kind, _table([artist.get_xydata()])
        elif isinstance(artist, LineCollection):
            yield artist, "interval", _table(artist.get_segments())
        elif isinstance(artist, PolyCollection):
            yield artist, "band", _table([path.vertices for path in artist.get_paths()])
        elif isinstance(artist, Rectangle) and artist in axes.patches:
            centre = artist.get_x() + artist.get_width() / 2
            yield artist, "bar", _table([[(centre, artist.get_y() + artist.get_height())]])
    for image in axes.images:
        pixels = np.asarray(image.get_array())
        rows, columns = np.indices(pixels.shape[:2])
        grey = pixels if pixels.ndim == 2 else pixels[..., :3].mean(axis=-1)
        yield image, "image", _table([np.column_stack([columns.ravel(), rows.ravel()])]).assign(value=grey.ravel())


def _table(parts: Sequence[Any]) -> pd.DataFrame:
    """Return the places of any number of parts, ``(n, 2)`` each, one below the other."""
    places = [np.reshape(np.asarray(part, float), (-1, 2)) for part in parts]  # some without any have one axis
    return pd.DataFrame(np.concatenate([np.empty((0, 2)), *places]), columns=["x", "y"])
