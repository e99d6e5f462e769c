"""The second study runs from nothing to its reports, which say nothing about another study."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ELSEWHERE = re.compile(
    r"\bej\d\d|course|practice|published|Informe|Para leer|Archivos|idioma|contenido|Figura|Tabla|dollar|Boston|MNIST|"
    r"CIFAR|Pima|XOR"
)
"""What only the study of the project has, or only a report in Spanish."""
SOURCE = re.compile(r"\b(the source|The source|Source)\b")
CLAIMS = {
    "strokes-images",
    "strokes-second",
    "tumours-straight",
    "tumours-gap",
    "progression-limits",
    "progression-bent",
}
DECIDED = {"tumours-straight": "confirmed", "tumours-gap": "confirmed"}
"""Claims that are far from their bounds on every machine."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the example in a separate folder, with the project's Snakefile, and return its results."""
    if shutil.which("latexmk") is None or shutil.which("pdftotext") is None:
        pytest.skip("latexmk or pdftotext is missing: run `make latex`")
    folder = tmp_path_factory.mktemp("example")
    shutil.copy(ROOT / "examples/bundled/config.yaml", folder)
    shutil.copytree(ROOT / "examples/bundled/study", folder / "study", ignore=shutil.ignore_patterns("__pycache__"))
    command = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
    report = ["--report", "results/report.zip"]
    env = {key: value for key, value in os.environ.items() if key != "PRACTICA_DATA_MIRROR"}
    env["PYTHONPATH"] = str(ROOT / "workflow")
    for words in (command, [*command, *report]):
        done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=1500, check=False)
        assert done.returncode == 0, done.stderr[-5000:]
    return folder / "results"


@pytest.fixture(scope="module")
def texts(results: Path) -> dict[str, str]:
    """Return the texts that people read: those of the PDF and of each page, and the PDF's properties."""
    said = {}
    for name, words in (("pdf", ["pdftotext", "-layout"]), ("metadata", ["pdfinfo"])):
        end = ["-"] if name == "pdf" else []
        done = subprocess.run([*words, results / "report_en.pdf", *end], capture_output=True, text=True, check=True)
        said[name] = done.stdout
    for page in (results / "page").glob("*.html"):
        text = re.sub(r"<(script|style).*?</\1>", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        said[page.name] = unescape(re.sub(r"<[^>]+>", " ", text))
    return {name: " ".join(text.split()) for name, text in said.items()}


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


pytestmark = [pytest.mark.workflow, pytest.mark.keras]


def test_the_nets_have_learnt_real_data(results: Path) -> None:
    summary = {
        (row["exercise"], row["variant"], row["split"], row["metric"]): row for row in rows(results / "summary.csv")
    }
    least = {
        ("strokes", "pixels", "test", "accuracy"): 0.9,
        ("strokes", "filters", "test", "second_guess"): 0.95,
        ("tumours", "hidden", "validation", "accuracy"): 0.95,
        ("tumours", "logistic", "validation", "recall"): 0.9,
        ("progression", "plane", "validation", "r2"): 0.35,
    }
    for place, bound in least.items():
        assert float(summary[place]["mean"]) > bound, place
        assert summary[place]["n"] == "10"
        assert summary[place]["data"] == "real"


def test_every_claim_is_judged(results: Path) -> None:
    claims = json.loads((results / "claims.json").read_text(encoding="utf-8"))["claims"]
    assert {claim["id"] for claim in claims} == CLAIMS
    verdicts = {claim["id"]: claim["verdict"] for claim in claims}
    assert DECIDED.items() <= verdicts.items()
    assert set(verdicts.values()) <= {"confirmed", "not confirmed", "undecided"}
    assert all(set(claim["sentence"]) == {"en"} for claim in claims)


def test_figures_and_tables_have_the_names_of_the_study(results: Path) -> None:
    figures = {path.stem for path in (results / "figures").glob("*.pdf")}
    own = {"fig_reading", "fig_mistaken_pixels", "fig_mistaken_filters", "fig_folds", "fig_progression"}
    assert figures == {"fig_overview", "fig_claims", *own}
    tables = {path.stem for path in (results / "tables").glob("*.csv")}
    assert {"table_strokes", "table_strokes_cost", "table_tumours_found", "table_progression", "claims"} <= tables
    assert "source" not in rows(results / "tables/claims.csv")[0]


def test_the_report_says_what_the_study_is(texts: dict[str, str]) -> None:
    assert "How much net do small data need?" in texts["pdf"]
    assert "The authors of practica" in texts["pdf"]
    for line in (
        r"Title: How much net do small data need\?",
        "Author: The authors of practica",
        "Keywords: neural networks, small data",
        "Subject: Three data sets that come with scikit-learn",
    ):
        assert re.search(line, texts["metadata"])
    assert "Table 1:" in texts["pdf"]
    assert "E1" not in texts["pdf"]  # without numbers of a source, it needs none of its own
    assert "[1] Ethem Alpaydin" in texts["pdf"]
    assert "[missing" not in texts["pdf"]


def test_the_pages_are_those_of_the_study(texts: dict[str, str]) -> None:
    exercises = ("strokes", "tumours", "progression")
    pages = {"index.html", *(f"{each}{part}.html" for each in exercises for part in ("", "_runs"))}
    assert set(texts) == {"pdf", "metadata", *pages}
    assert "How much net do small data need?" in texts["index.html"]
    assert "Every number comes from the runs" in texts["index.html"]
    assert "Is a straight cut between tumours enough?" in texts["tumours.html"]
    assert "Right at the second guess" in texts["strokes.html"]


def test_a_claim_leads_to_the_page_of_its_exercise(results: Path) -> None:
    index = (results / "page/index.html").read_text(encoding="utf-8")
    assert re.search(r'href="strokes\.html">strokes-images<', index)
    assert re.search(r'href="tumours_runs\.html#hidden-s0-9">', index)


def test_no_hole_is_left_in_the_prose(texts: dict[str, str]) -> None:
    for text in texts.values():
        assert not re.search(r"\?\?|\\[a-z]+\{|not recorded|None[,)]", text)


def test_nothing_of_another_study_is_said(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        assert not (found := ELSEWHERE.search(text)), f"{name}: {text[max(found.start() - 80, 0) : found.end() + 80]}"


def test_no_sentence_speaks_of_a_source(texts: dict[str, str]) -> None:
    for text in texts.values():
        assert "Informe" not in text
        assert not SOURCE.search(text)
