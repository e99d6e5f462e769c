"""The whole study of the ten at its smallest, on stand-ins."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess

import pytest
import yaml

from practica.plan.places import clear_results
from ten import ROOT, needs

pytestmark = [pytest.mark.workflow, pytest.mark.keras, needs("ej08/dense", "ej08/conv")]

EXERCISES = set(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["exercises"])
CLAIMED = {
    path.parent.name
    for path in ROOT.glob("study/*/about.yaml")
    if yaml.safe_load(path.read_text(encoding="utf-8")).get("claims")
}
TEN = [f"ej{number:02}" for number in range(1, 11)]


def pdf_text(path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is missing (poppler-utils)")
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


@needs("ej05/tanh5")
def test_every_variant_has_its_files_and_all_say_that_the_data_are_a_stand_in(finished) -> None:
    runs = finished.folder / "results" / "runs"
    result = {path.parent.relative_to(runs).as_posix() for path in runs.glob("*/*/*/metrics.json")}
    assert {name.split("/")[0] for name in result} == EXERCISES
    for name in result:
        files = [json.loads((runs / name / f"{kind}.json").read_text()) for kind in ("metrics", "history", "manifest")]
        computed = files[0]["provenance"]["data"]["name"] in ("logistic", "xor")
        assert all(file["stand_in"] is not computed for file in files), name
    with (finished.folder / "results" / "metrics.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["exercise"] for row in rows} == EXERCISES
    assert {row["data"] for row in rows if row["exercise"] == "ej08"} == {"STAND-IN"}
    assert list((finished.folder / "results/tensorboard/ej05/tanh5/s0/validation").glob("*tfevents*"))


@needs(*TEN)
def test_every_figure_and_table_of_the_source_is_there(finished) -> None:
    results = finished.folder / "results"
    figures = {path.stem for path in (results / "figures").glob("*.pdf")}
    for number in range(1, 19):
        assert any(name.startswith(f"fig{number:02}") for name in figures), number
    assert {path.stem for path in (results / "figures").glob("*.png")} == figures
    assert {path.stem for path in (results / "figures" / "en").glob("*.pdf")} == figures
    for number in range(1, 5):
        assert all((results / "tables" / f"table{number}.{kind}").is_file() for kind in ("tex", "csv", "html"))


@needs("ej10/alexnet")
def test_the_pdf_marks_stand_ins_on_its_first_page(finished) -> None:
    text = pdf_text(finished.folder / "results" / "informe.pdf")
    assert "STAND-IN" in text.split("\f")[0]
    assert "AlexNet" in text


def test_one_seed_on_generated_data_decides_nothing(finished) -> None:
    claims = json.loads((finished.folder / "results" / "claims.json").read_text())["claims"]
    assert {claim["exercise"] for claim in claims} == CLAIMED
    # Times are measured on XOR, whose four points are not generated, and repeated.
    assert {claim["verdict"] for claim in claims if claim["id"] != "ej02-b"} == {"not evaluated"}
    others = [claim for claim in claims if claim["verdict"] in ("not evaluated", "not comparable")]
    some = len(others) < len(claims)
    message = f"Las otras {len(others)} no se juzgan" if some else f"ninguna de las {len(claims)} afirmaciones"
    first = pdf_text(finished.folder / "results" / "informe.pdf").split("\f")[0]
    assert message in " ".join(first.split())


@needs("ej02/cifar_mse")
def test_twins_are_timed_again_for_settings_of_their_own_only(finished) -> None:
    over = finished.folder / "over.yaml"
    for exercise, variant, timed in (("ej08", "dense", False), ("ej02", "cifar_mse", True)):
        settings = f"{{variants: {{{variant}: {{settings: {{learning_rate: 0.005}}}}}}}}"
        over.write_text(f"exercises: {{{exercise}: {settings}}}\n")
        planned = finished.planned("--configfile", "tiny.yaml", "over.yaml")
        assert any(job.startswith("Training") for job in planned)
        assert any(job.startswith("Timing") for job in planned) == timed


def test_all_that_a_study_makes_is_what_make_clean_removes(finished, tmp_path) -> None:
    for path in (finished.folder / "results").iterdir():
        (tmp_path / path.name).mkdir() if path.is_dir() else (tmp_path / path.name).touch()
    assert clear_results(tmp_path) == []


def test_a_changed_sentence_rebuilds_the_report_alone(finished) -> None:
    with finished.edited("study/ej08/es.tex", "\n", "\n\n"):
        jobs = finished.planned()
    assert jobs == {"Building the report results/informe.pdf", "all"}
