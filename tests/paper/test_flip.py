"""A result flipped by hand in metrics.csv flips every sentence, number, verdict and colour that rests on it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text

from paper.factory import fill, one_exercise
from practica.config.study import Study
from practica.evidence.collect import write_statistics, write_table
from practica.evidence.results import Results
from practica.evidence.verdicts import write_claims
from practica.figures.catalogue import figures_for, spec
from practica.figures.draw import draw_from
from practica.figures.tones import SIGNS, TONES
from practica.files import read_json
from practica.page.build import write_pages
from practica.paper.catalogue import tables_for
from practica.paper.facts import Facts
from practica.paper.prose import Prose
from practica.paper.tables import write_table as write_paper_table
from practica.words import word
from toy import TOY

CONFIRMED, REFUTED = "confirmed", "not confirmed"
SHIFTS = {CONFIRMED: 0.04, REFUTED: -0.03}
"""By how much the dense net's accuracy on training data is moved: it then overfits more than the other, or less."""
MEAN = {CONFIRMED: "994", REFUTED: "924"}
FIRST = {CONFIRMED: "990", REFUTED: "920"}
"""The decimals of that accuracy then: its mean over the seeds, and the first seed's."""
MARKS = {"es": "0,", "en": "0."}
CHOSEN = {
    "es": {CONFIRMED: "es, además, una forma de no memorizar", REFUTED: "no evita que la convolucional memorice"},
    "en": {CONFIRMED: "is also a way not to memorise", REFUTED: "does not keep the convolutional net from memorising"},
}
LANGUAGES = pytest.mark.parametrize("language", ["es", "en"])
WORLDS = pytest.mark.parametrize("verdict", [CONFIRMED, REFUTED])


@pytest.fixture(scope="module")
def study() -> Study:
    return one_exercise("steps", seeds=5)


@pytest.fixture(scope="module")
def flipped(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that gives the results after the edit that leads to a verdict."""
    first = tmp_path_factory.mktemp("flip") / "first"
    fill(study, first)
    folders = {}
    for verdict, by in SHIFTS.items():
        folder = folders[verdict] = first.with_name(verdict.replace(" ", "_"))
        shutil.copytree(first, folder)
        table = pd.read_csv(folder / "metrics.csv")
        moved = (table["variant"] == "dense") & (table["split"] == "train")
        moved &= table["metric"].isin(["accuracy", "running_accuracy"])
        table.loc[moved, "value"] += by
        write_table(folder / "metrics.csv", table.astype({"fold": "Int64"}))
        # What Snakemake runs after such an edit, in its order.
        write_statistics(study, folder)
        write_claims(study, folder)
        for each in tables_for(study):
            write_paper_table(study, folder, each.name)
        write_pages(study, folder)
    return folders.__getitem__


@WORLDS
def test_the_verdict_follows(flipped: Callable[[str], Path], verdict: str) -> None:
    judged = {claim["id"]: claim["verdict"] for claim in read_json(flipped(verdict) / "claims.json")["claims"]}
    assert judged["steps-b"] == verdict


@LANGUAGES
@WORLDS
def test_the_prose_follows(flipped: Callable[[str], Path], study: Study, verdict: str, language: str) -> None:
    pictures = {name: spec(study, name).caption[language] for name in figures_for(study)}
    prose = Prose(Facts(study, flipped(verdict), language), "steps", pictures)
    text = prose.expand(TOY / "steps" / f"{language}.tex")
    text = " ".join(text.replace("%\n", "").split())
    (other,) = SHIFTS.keys() - {verdict}
    assert CHOSEN[language][verdict] in text
    assert CHOSEN[language][other] not in text
    colour = TONES[verdict].upper()
    assert rf"\textcolor[HTML]{{{colour}}}{{{word(verdict, language)}}}" in text


@LANGUAGES
@WORLDS
def test_the_tables_follow(flipped: Callable[[str], Path], study: Study, verdict: str, language: str) -> None:
    folder = flipped(verdict) / study.shelf("tables", language)
    for name in ("claims", "claims_steps"):
        assert TONES[verdict].upper() in (folder / f"{name}.tex").read_text(), name
        assert f'data-value="{verdict}"' in (folder / f"{name}.html").read_text(), name
    trained = MARKS[language] + MEAN[verdict]
    for kind in ("html", "tex"):
        assert any(trained in path.read_text() for path in folder.glob(f"*.{kind}")), kind


@LANGUAGES
@WORLDS
def test_the_pages_follow(flipped: Callable[[str], Path], verdict: str, language: str) -> None:
    suffix = "" if language == "es" else f"_{language}"
    page = flipped(verdict) / "page"
    index, own, runs = ((page / f"{name}{suffix}.html").read_text() for name in ("index", "steps", "steps_runs"))
    row = next(row for row in index.split('<table id="claims"')[1].split("<tr>") if "steps-b" in row)
    assert f'class="{verdict.replace(" ", "-")}" data-value="{verdict}"' in row
    card = index.split('class="cards"')[1]
    assert re.search(rf'<i class="{verdict.replace(" ", "-")}"', card)
    assert f'data-value="{verdict}"' in own
    assert MARKS[language] + FIRST[verdict] in runs


@LANGUAGES
@WORLDS
def test_the_overview_follows(flipped: Callable[[str], Path], study: Study, verdict: str, language: str) -> None:
    figure = draw_from(Results(study, flipped(verdict)), "fig_overview", language)
    marks = {each.get_text(): each.get_color() for each in figure.findobj(Text)}  # type: ignore[attr-defined]
    assert marks[f"b{SIGNS[verdict]}"] == f"#{TONES[verdict]}"
