"""The few small pictures that the README shows."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from practica.errors import InputError
from practica.files import atomic_path

COLOURS = 256
"""Enough for lines, bands and text; the files are a third of the size."""


def write_gallery(pictures: tuple[Path, ...], folder: Path) -> None:
    """Write small copies of drawn figures into ``folder``.

    Raises:
        InputError: a picture is missing or is not a picture.
    """
    for path in pictures:
        try:
            with Image.open(path) as image:
                # The default, median cut, merges rare colours: a green line or verdict would turn blue.
                how = Image.Quantize.MAXCOVERAGE
                small = image.convert("RGB").quantize(COLOURS, how, kmeans=1, dither=Image.Dither.NONE)
        except OSError as error:
            raise InputError(f"{path} is not a picture ({error}); draw it with `python -m practica figure`") from error
        with atomic_path(folder / path.name) as part:
            small.save(part, format="PNG", optimize=True)
