"""The second study runs from nothing to its reports, and again what a change concerns; it speaks of no other study."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import zipfile
from html import unescape
from pathlib import Path

import pytest

from practica.plan.places import clear_results
from workflow.project import ROOT, Project, copy_project

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
STROKES = "study/strokes/experiment.py"
EXERCISES = {"strokes", "tumours", "progression"}
DECIDED = {"tumours-straight": "confirmed", "tumours-gap": "confirmed"}
"""Claims that are far from their bounds on every machine."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the project in which the example has run."""
    if shutil.which("latexmk") is None or shutil.which("pdftotext") is None:
        pytest.skip("latexmk or pdftotext is missing: run `make latex`")
    project = copy_project(tmp_path_factory.mktemp("example"), ROOT / "examples/bundled", {})
    commit = ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "All"]
    for words in (["init", "-q"], ["add", "."], commit):  # the report names the version of the code
        subprocess.run(["git", *words], cwd=project.folder, check=True)
    for words in ([], ["--report", "results/report.zip"]):
        process = project.snakemake(*words)
        assert process.returncode == 0, process.stderr[-5000:]
    return project


@pytest.fixture(scope="module")
def results(finished: Project) -> Path:
    """Return the results of the example."""
    return finished.folder / "results"


@pytest.fixture(scope="module")
def texts(results: Path) -> dict[str, str]:
    """Return the texts that people read: those of the PDF and of each page, and the PDF's properties."""
    message = {}
    for name, words in (("pdf", ["pdftotext", "-layout"]), ("metadata", ["pdfinfo"])):
        end = ["-"] if name == "pdf" else []
        process = subprocess.run([*words, results / "report_en.pdf", *end], capture_output=True, text=True, check=True)
        message[name] = process.stdout
    for page in (results / "page").glob("*.html"):
        text = re.sub(r"<(script|style).*?</\1>", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        message[page.name] = unescape(re.sub(r"<[^>]+>", " ", text))
    return {name: " ".join(text.split()) for name, text in message.items()}


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
        assert not (result := ELSEWHERE.search(text)), (
            f"{name}: {text[max(result.start() - 80, 0) : result.end() + 80]}"
        )


def test_no_sentence_speaks_of_a_source(texts: dict[str, str]) -> None:
    for text in texts.values():
        assert "Informe" not in text
        assert not SOURCE.search(text)


def test_all_that_a_study_makes_is_what_make_clean_removes(finished: Project, tmp_path: Path) -> None:
    for path in (finished.folder / "results").iterdir():
        (tmp_path / path.name).mkdir() if path.is_dir() else (tmp_path / path.name).touch()
    assert clear_results(tmp_path) == []


def test_the_html_report_holds_every_figure_and_table(finished: Project) -> None:
    with zipfile.ZipFile(finished.folder / "results" / "report.zip") as archive:
        names = [name.rsplit("/", 1)[-1] for name in archive.namelist()]
    figures = {path.name for path in (finished.folder / "results" / "figures").glob("*.png")}
    tables = {path.name for path in (finished.folder / "results" / "tables").glob("*.html")}
    assert figures | tables | {"report_en.pdf"} <= set(names)


def test_an_edit_of_a_claim_judges_again_and_trains_nothing(finished: Project) -> None:
    with finished.edited("study/strokes/about.yaml", "rule: {at_least: 0.98}", "rule: {at_least: 0.97}"):
        planned = finished.planned()
    assert "Judging the claims" in planned
    drawn = [job for job in planned if job.startswith(("Training", "Drawing", "Collecting"))]
    assert sorted(drawn) == ["Drawing fig_claims", "Drawing fig_overview"]  # which show the verdicts


def test_an_edit_of_the_metrics_makes_again_all_that_rests_on_them_and_collects_nothing(finished: Project) -> None:
    row = "strokes,filters,0,,test,accuracy,"
    with finished.edited("results/metrics.csv", row, f"{row}0"):
        planned = finished.planned()
    assert {
        "Summarising the metrics over the seeds",
        "Judging the claims",
        "Making table_strokes",
        "Making claims",
        "Making claims_strokes",
        "Making table_differences",
        "Drawing fig_claims",
        "Drawing fig_overview",
        "Building the report results/report_en.pdf",
        "Writing the pages of the HTML report",
    } <= planned
    assert not any(job.startswith(("Training", "Collecting", "Timing", "Describing")) for job in planned)


def test_nothing_is_left_to_do_and_the_plan_says_so(finished: Project, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    process = finished.snakemake("-n", env={"PRACTICA_PLAN": str(plan)})
    assert process.returncode == 0, process.stderr
    assert "Nothing to be done" in process.stdout
    content = json.loads(plan.read_text())
    assert (content["trainings"], content["others"]) == ([], {})


def test_a_dry_run_imports_no_tensorflow(finished: Project, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nclass Refuse:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('tensorflow', 'keras'):\n"
        "            raise SystemExit(f'{name} was imported')\nsys.meta_path.insert(0, Refuse())\n"
    )
    path = f"{tmp_path}:{finished.folder / 'workflow'}"
    process = finished.snakemake("-n", "--forceall", env={"PYTHONPATH": path})
    assert process.returncode == 0, process.stderr
    assert "Training strokes/filters/s0-9" in process.stdout


def test_a_comment_reruns_nothing(finished: Project) -> None:
    with finished.edited(STROKES, "from __future__", "# A remark.\nfrom __future__"):
        assert finished.planned() == set()
    with finished.edited("workflow/practica/training/fit.py", "from __future__", "# A remark.\nfrom __future__"):
        assert finished.planned() == set()


def test_an_edit_of_an_exercise_reruns_that_exercise_alone(finished: Project) -> None:
    with finished.edited(STROKES, "to_input=_scaled", "to_input=lambda x: _scaled(x)"):
        assert finished.trained() == {"strokes/pixels/s0-9", "strokes/filters/s0-9"}


def test_an_edit_of_the_training_reruns_every_exercise(finished: Project) -> None:
    with finished.edited("workflow/practica/feed.py", ".prefetch(2)", ".prefetch(3)"):
        assert {name.split("/")[0] for name in finished.trained()} == EXERCISES


def test_a_variants_learning_rate_reruns_that_variant_alone(finished: Project) -> None:
    (finished.folder / "over.yaml").write_text(
        "exercises: {strokes: {variants: {pixels: {settings: {learning_rate: 0.006}}}}}\n"
    )
    assert finished.trained("--configfile", "tiny.yaml", "over.yaml") == {"strokes/pixels/s0-9"}


def test_trials_are_trained_only_when_they_are_asked_for(finished: Project) -> None:
    (finished.folder / "over.yaml").write_text(
        "tuning: {seeds: 1}\n"
        "exercises: {strokes: {variants: {pixels: {grid: {learning_rate: [0.005, 0.05], batch_size: [64]}}}}}\n"
    )
    config = ["--configfile", "tiny.yaml", "over.yaml"]
    assert finished.trained(*config) == set()
    trained = [name for name in finished.trained(*config, "--", "tuning") if name.startswith("strokes/pixels/")]
    assert len(trained) == 2
    assert all(name.startswith("strokes/pixels/t") and name.endswith("/s0") for name in trained)


def test_added_seeds_keep_the_old_ones(finished: Project) -> None:
    trained = finished.trained("--config", "seeds=12", "only=strokes")
    assert trained == {"strokes/pixels/s10-11", "strokes/filters/s10-11"}


def test_only_a_part_trains_nothing_of_the_rest(finished: Project) -> None:
    planned = finished.planned("--config", "only=strokes")
    assert not any(job.startswith("Training") for job in planned)
    assert any(job.startswith("Building the report") for job in planned)
    assert not any("tumours" in job for job in planned)


def test_a_changed_sentence_rebuilds_the_report_alone(finished: Project) -> None:
    with finished.edited("study/strokes/en.tex", "\n", "\n\n"):
        jobs = finished.planned()
    assert jobs == {"Building the report results/report_en.pdf", "all"}


def test_a_failing_run_stops_nothing_else_and_the_report_marks_the_hole(
    finished: Project, texts: dict[str, str]
) -> None:
    """Runs last, because it changes the results of strokes and progression."""
    (finished.folder / "over.yaml").write_text(
        "only: [progression, strokes]\n"
        "exercises: {strokes: {variants: {pixels: {settings: {optimizer: sgd, learning_rate: 1.0e+30}}}}}\n"
    )
    config = ["--configfile", "tiny.yaml", "over.yaml"]
    process = finished.snakemake(*config)
    assert process.returncode == 1
    assert "FAILED: Training strokes/pixels/s0-9" in process.stderr
    failure = json.loads((finished.folder / "results/failures/strokes/pixels/s0-9.json").read_text())
    assert "lower the learning rate" in failure["reason"]
    assert finished.trained(*config) == {"strokes/pixels/s0-9"}

    partial = finished.snakemake(*config, "--config", "partial=true")
    assert partial.returncode == 0, partial.stderr
    words = ["pdftotext", "-layout", finished.folder / "results/report_en.pdf", "-"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert text.count("missing") > texts["pdf"].count("missing")
    with (finished.folder / "results" / "runs.csv").open() as stream:
        status = {(row["exercise"], row["variant"]): row for row in csv.DictReader(stream)}
    assert status["strokes", "pixels"]["status"] == "failed"
    assert "learning rate" in status["strokes", "pixels"]["reason"]
    assert status["strokes", "filters"]["status"] == "done"
