"""The whole tiny study, and what Snakemake runs again after each kind of change."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

from practica.plan.places import clear_results
from ten import needs

pytestmark = [pytest.mark.workflow, pytest.mark.keras, needs("ej08/dense", "ej08/conv")]

ROOT = Path(__file__).parents[2]
EXERCISES = set(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["exercises"])
CLAIMED = {
    path.parent.name
    for path in ROOT.glob("study/*/about.yaml")
    if yaml.safe_load(path.read_text(encoding="utf-8")).get("claims")
}
TEN = [f"ej{number:02}" for number in range(1, 11)]
EJ08 = "study/ej08/experiment.py"


def pdf_text(path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is missing (poppler-utils)")
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


@needs("ej05/tanh5")
def test_every_variant_has_its_files_and_all_say_that_the_data_are_a_stand_in(finished) -> None:
    runs = finished.folder / "results" / "runs"
    found = {path.parent.relative_to(runs).as_posix() for path in runs.glob("*/*/*/metrics.json")}
    assert {name.split("/")[0] for name in found} == EXERCISES
    for name in found:
        files = [json.loads((runs / name / f"{kind}.json").read_text()) for kind in ("metrics", "history", "manifest")]
        computed = files[0]["provenance"]["data"]["name"] in ("logistic", "xor")
        assert all(file["stand_in"] is not computed for file in files), name
    with (finished.folder / "results" / "metrics.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["exercise"] for row in rows} == EXERCISES
    assert {row["data"] for row in rows if row["exercise"] == "ej08"} == {"STAND-IN"}
    assert list((finished.folder / "results/tensorboard/ej05/tanh5/s0/validation").glob("*tfevents*"))


def test_all_that_a_study_makes_is_what_make_clean_removes(finished, tmp_path) -> None:
    for path in (finished.folder / "results").iterdir():
        (tmp_path / path.name).mkdir() if path.is_dir() else (tmp_path / path.name).touch()
    assert clear_results(tmp_path) == []


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
    open_claims = [claim for claim in claims if claim["verdict"] == "not evaluated"]
    first = pdf_text(finished.folder / "results" / "informe.pdf").split("\f")[0]
    assert f"{len(open_claims)} quedan sin evaluar" in " ".join(first.split())


@needs("ej01/linear")
def test_an_edit_of_a_claim_judges_again_and_trains_nothing(finished) -> None:
    with finished.edited("study/ej01/about.yaml", "rule: {below: 0.9}", "rule: {below: 0.8}"):
        planned = finished.planned()
    assert "Judging the claims" in planned
    drawn = [job for job in planned if job.startswith(("Training", "Drawing", "Collecting"))]
    assert sorted(drawn) == ["Drawing fig_claims", "Drawing fig_overview"]  # which show the verdicts


def test_an_edit_of_the_metrics_makes_again_all_that_rests_on_them_and_collects_nothing(finished) -> None:
    row = "ej08,conv,0,,test,accuracy,"
    with finished.edited("results/metrics.csv", row, f"{row}0"):
        planned = finished.planned()
    assert {
        "Summarising the metrics over the seeds",
        "Judging the claims",
        "Making table2",
        "Making claims",
        "Making claims_ej08",
        "Making table_differences",
        "Drawing fig_claims",
        "Drawing fig_overview",
        "Building the report results/informe.pdf",
        "Building the report results/report_en.pdf",
        "Writing the pages of the HTML report",
    } <= planned
    assert not any(job.startswith(("Training", "Collecting", "Timing", "Describing")) for job in planned)


def test_nothing_is_left_to_do_and_the_plan_says_so(finished, tmp_path) -> None:
    plan = tmp_path / "plan.json"
    done = finished.snakemake("-n", env={"PRACTICA_PLAN": str(plan)})
    assert done.returncode == 0, done.stderr
    assert "Nothing to be done" in done.stdout
    content = json.loads(plan.read_text())
    assert (content["trainings"], content["others"]) == ([], {})


@needs("ej10/vgg16")
def test_a_dry_run_imports_no_tensorflow(finished, tmp_path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nclass Refuse:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('tensorflow', 'keras'):\n"
        "            raise SystemExit(f'{name} was imported')\nsys.meta_path.insert(0, Refuse())\n"
    )
    path = f"{tmp_path}:{finished.folder / 'workflow'}"
    done = finished.snakemake("-n", "--forceall", env={"PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    assert "Training ej10/vgg16/s0" in done.stdout


def test_a_comment_reruns_nothing(finished) -> None:
    with finished.edited(EJ08, "from __future__", "# A remark.\nfrom __future__"):
        assert finished.planned() == set()
    with finished.edited("workflow/practica/training/fit.py", "from __future__", "# A remark.\nfrom __future__"):
        assert finished.planned() == set()


def test_an_edit_of_an_exercise_reruns_that_exercise_alone(finished) -> None:
    with finished.edited(EJ08, "to_input=scale_pixels", "to_input=lambda x: scale_pixels(x)"):
        assert finished.trained() == {"ej08/dense/s0", "ej08/conv/s0"}


def test_an_edit_of_the_training_reruns_every_exercise(finished) -> None:
    with finished.edited("workflow/practica/backend.py", ".prefetch(2)", ".prefetch(3)"):
        assert {name.split("/")[0] for name in finished.trained()} == EXERCISES


def test_a_variants_learning_rate_reruns_that_variant_alone(finished) -> None:
    (finished.folder / "over.yaml").write_text(
        "exercises: {ej08: {variants: {dense: {settings: {learning_rate: 0.005}}}}}\n"
    )
    assert finished.trained("--configfile", "tiny.yaml", "over.yaml") == {"ej08/dense/s0"}


@needs("ej02/cifar_mse")
def test_twins_are_timed_again_for_settings_of_their_own_only(finished) -> None:
    over = finished.folder / "over.yaml"
    for exercise, variant, timed in (("ej08", "dense", False), ("ej02", "cifar_mse", True)):
        settings = f"{{variants: {{{variant}: {{settings: {{learning_rate: 0.005}}}}}}}}"
        over.write_text(f"exercises: {{{exercise}: {settings}}}\n")
        planned = finished.planned("--configfile", "tiny.yaml", "over.yaml")
        assert any(job.startswith("Training") for job in planned)
        assert any(job.startswith("Timing") for job in planned) == timed


def test_trials_are_trained_only_when_they_are_asked_for(finished) -> None:
    (finished.folder / "over.yaml").write_text(
        "tuning: {seeds: 1}\n"
        "exercises: {ej08: {variants: {dense: {grid: {learning_rate: [0.005, 0.05], bn_momentum: [0.9]}}}}}\n"
    )
    config = ["--configfile", "tiny.yaml", "over.yaml"]
    assert finished.trained(*config) == set()
    trained = [name for name in finished.trained(*config, "--", "tuning") if name.startswith("ej08/dense/")]
    assert len(trained) == 2
    assert all(name.startswith("ej08/dense/t") and name.endswith("/s0") for name in trained)


def test_added_seeds_keep_the_old_ones(finished) -> None:
    trained = finished.trained("--config", "seeds=2", "only=ej08")
    assert trained == {"ej08/dense/s1", "ej08/conv/s1"}


def test_only_a_part_trains_nothing_of_the_rest(finished) -> None:
    planned = finished.planned("--config", "only=ej08")
    assert not any(job.startswith("Training") for job in planned)
    assert any(job.startswith("Building the report") for job in planned)
    assert not any("ej03" in job for job in planned)


def test_a_changed_sentence_rebuilds_the_report_alone(finished) -> None:
    with finished.edited("study/ej08/es.tex", "\n", "\n\n"):
        jobs = finished.planned()
    assert jobs == {"Building the report results/informe.pdf", "all"}


def test_the_html_report_holds_every_figure_and_table(finished) -> None:
    done = finished.snakemake("--report", "results/report.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(finished.folder / "results" / "report.zip") as archive:
        names = [name.rsplit("/", 1)[-1] for name in archive.namelist()]
    figures = {path.name for path in (finished.folder / "results" / "figures").glob("*.png")}
    tables = {path.name for path in (finished.folder / "results" / "tables").glob("*.html")}
    assert figures | tables | {"informe.pdf", "report_en.pdf"} <= set(names)


@needs("ej05/tanh5")
def test_a_failing_run_stops_nothing_else_and_the_report_marks_the_hole(finished) -> None:
    """Runs last, because it changes the results of ej05 and ej08."""
    (finished.folder / "over.yaml").write_text(
        "only: [ej05, ej08]\n"
        "exercises: {ej08: {variants: {dense: {settings: {optimizer: sgd, learning_rate: 1.0e+30}}}}}\n"
    )
    config = ["--configfile", "tiny.yaml", "over.yaml"]
    done = finished.snakemake(*config)
    assert done.returncode == 1
    assert "FAILED: Training ej08/dense/s0" in done.stderr
    failure = json.loads((finished.folder / "results/failures/ej08/dense/s0.json").read_text())
    assert "lower the learning rate" in failure["reason"]
    assert finished.trained(*config) == {"ej08/dense/s0"}

    partial = finished.snakemake(*config, "--config", "partial=true")
    assert partial.returncode == 0, partial.stderr
    text = pdf_text(finished.folder / "results" / "informe.pdf")
    assert "falta" in text
    with (finished.folder / "results" / "runs.csv").open() as stream:
        status = {(row["exercise"], row["variant"]): row for row in csv.DictReader(stream)}
    assert status["ej08", "dense"]["status"] == "failed"
    assert "learning rate" in status["ej08", "dense"]["reason"]
    assert status["ej08", "conv"]["status"] == "done"
