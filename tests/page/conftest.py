"""A faked study of two exercises with its figures, tables and pages: nothing is trained."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from paper.factory import ROOT, fill, grey_picture
from practica.config.study import Study
from practica.evidence.collect import write_table as write_csv
from practica.figures.catalogue import report_figures
from practica.figures.draw import draw
from practica.figures.points import points
from practica.figures.style import save
from practica.files import write_json, write_text
from practica.page.build import write_pages
from practica.paper.catalogue import tables_for
from practica.paper.tables import write_table
from practica.plan.wiring import reports
from toy import CONFIG, TOY, toy_study


@pytest.fixture(scope="session")
def faked() -> Study:
    return toy_study(seeds=5)


@pytest.fixture(scope="session")
def project(faked: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the workflow and the faked results, ready for the report."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("Snakefile", "workflow", "report", "profiles", "envs"):
        (folder / name).symlink_to(ROOT / name)
    for path in (TOY, CONFIG):
        (folder / path.name).symlink_to(path)
    results = folder / "results"
    fill(faked, results)
    write_json(results / "study.json", dict(faked.config))
    for block in faked.blocks():
        log = results / "logs/train" / block.exercise / block.variant / f"{block.name}.log"
        write_text(log, f"{block.id}: done & <b>well</b>\n")
    for name in report_figures(faked):
        drawing = draw(name, faked, results, "es")
        write_csv(results / f"figures/{name}.csv", points(drawing))
        save(drawing, results / "figures" / name)
        shutil.copy(results / f"figures/{name}.png", results / "figures/en")  # a picture, whatever is written in it
    for table in tables_for(faked):
        write_table(faked, results, table.name)
    write_pages(faked, results)
    for name in reports(faked):
        write_text(results / f"{name}.pdf", grey_picture())
    return folder
