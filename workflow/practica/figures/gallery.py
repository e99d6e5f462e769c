"""The few small pictures that the README shows."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from practica.errors import InputError
from practica.files import atomic_path

COLOURS = 256
"""As many as lines, bands and text need; a figure is then a third as large."""


def write_gallery(pictures: tuple[Path, ...], folder: Path) -> None:
    """Write small copies of drawn figures into ``folder``.

    Raises:
        InputError: a picture is not there or is none.
    """
    for path in pictures:
        try:
            with Image.open(path) as drawn:
                # The usual median cut merges colours that few pixels have: a green line or verdict turns blue.
                how = Image.Quantize.MAXCOVERAGE
                small = drawn.convert("RGB").quantize(COLOURS, how, kmeans=1, dither=Image.Dither.NONE)
        except OSError as error:
            raise InputError(f"{path} is not a picture ({error}); draw it with `python -m practica figure`") from error
        with atomic_path(folder / path.name) as part:
            small.save(part, format="PNG", optimize=True)
