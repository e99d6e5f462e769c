"""The pictures of the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from paper.factory import ROOT, shipped_study
from practica.errors import InputError
from practica.figures.catalogue import report_figures
from practica.figures.gallery import write_gallery


def test_the_readme_shows_the_gallery_and_it_is_small() -> None:
    shown = re.findall(r"\]\((docs/gallery/[^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    study = shipped_study()
    assert shown == [f"docs/gallery/{name}.png" for name in study.front["gallery"]]
    assert set(study.front["gallery"]) <= set(report_figures(study))
    assert sum((ROOT / path).stat().st_size for path in shown) < 300_000


def test_copies_are_smaller_and_look_alike(project: Path, tmp_path: Path) -> None:
    drawn = project / "results/figures/fig13a.png"
    write_gallery((drawn,), tmp_path)
    copy = tmp_path / "fig13a.png"
    assert copy.stat().st_size < 0.7 * drawn.stat().st_size
    with Image.open(drawn) as first, Image.open(copy) as second:
        assert first.size == second.size
        pairs = zip(first.convert("RGB").tobytes(), second.convert("RGB").tobytes(), strict=True)
        assert max(abs(a - b) for a, b in pairs) < 20


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "fig01a.png").write_text("no picture")
    with pytest.raises(InputError, match=r"fig01a\.png is no picture"):
        write_gallery((tmp_path / "fig01a.png",), tmp_path / "out")
