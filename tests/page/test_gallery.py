"""Small copies of figures, for pages outside the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from practica.errors import InputError
from practica.figures.gallery import write_gallery


def test_copies_are_smaller_and_look_alike(project: Path, tmp_path: Path) -> None:
    drawn = project / "results/figures/fig1a.png"
    write_gallery((drawn,), tmp_path)
    copy = tmp_path / "fig1a.png"
    assert copy.stat().st_size < 0.7 * drawn.stat().st_size
    with Image.open(drawn) as first, Image.open(copy) as second:
        assert first.size == second.size
        pairs = zip(first.convert("RGB").tobytes(), second.convert("RGB").tobytes(), strict=True)
        assert max(abs(a - b) for a, b in pairs) < 20


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "fig3.png").write_text("no picture")
    with pytest.raises(InputError, match=r"fig3\.png is not a picture"):
        write_gallery((tmp_path / "fig3.png",), tmp_path / "out")
