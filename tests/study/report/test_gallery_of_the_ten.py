"""The pictures of the README."""

from __future__ import annotations

import re
from pathlib import Path

from practica.figures.catalogue import declared, report_figures
from ten import ROOT, STUDY


def test_the_readme_shows_the_gallery_and_it_is_small() -> None:
    shown = re.findall(r"\]\((docs/gallery/[^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    gallery = STUDY.front["gallery"]
    # The figures of this study, then the start page and page 1 of the example, which no rule draws.
    example = ["docs/gallery/example_pages.png", "docs/gallery/example_pdf.png"]
    expected = [f"docs/gallery/{name}.png" for name in gallery] + example
    known = {each.name for exercise in STUDY.every_exercise for each in declared(STUDY, exercise)} | set(
        report_figures(STUDY)
    )
    # The README still has the picture of an exercise that was removed, but none is drawn.
    assert [path for path in shown if path in expected or Path(path).stem in known] == expected
    assert set(gallery) & known
    assert sum((ROOT / path).stat().st_size for path in shown) < 300_000
