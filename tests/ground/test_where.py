"""One place decides where results and data are, and every command uses it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from practica.cli import main
from practica.config.study import Study
from practica.files import write_json
from practica.launch.merging import Merged, note
from toy import TOY, copied

CONFIG = {
    "study": str(TOY),
    "results": "out",
    "data": {"folder": "sets", "on_missing": "stand-in"},
    "seeds": 1,
    "exercises": {
        "steps": {
            "dataset": "walks",
            "settings": {
                **{"epochs": 2, "batch_size": 60, "optimizer": "adam", "learning_rate": 0.1},
                **{"validation_fraction": 0.2, "units": [2]},
            },
            "variants": {"dense": {}},
        }
    },
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder whose configuration names unusual places."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRACTICA_DATA_MIRROR", raising=False)
    Path("config.yaml").write_text(yaml.safe_dump(CONFIG))
    Path("mine.yaml").write_text("results: mine\ndata: {folder: my sets}\nseeds: 2\n")
    Path("profile").mkdir()
    Path("profile/config.yaml").write_text("configfile: settings.yaml\n")
    Path("profile/settings.yaml").write_text("results: quick\n")
    return tmp_path


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result


def finished(results: str) -> None:
    write_json(Path(results) / "study.json", dict(Study.resolve(CONFIG).config))


def test_the_configuration_says_where() -> None:
    assert run("where", "results").output == "out\n"
    assert run("where", "data").output == "sets\n"
    assert run("where", "results", "--profile", "profile").output == "quick\n"
    assert run("where", "results", "--config", "config.yaml", "--config", "mine.yaml").output == "mine\n"
    assert run("where", "results", "--config", "results=word").output == "word\n"


def test_without_a_configuration_they_are_where_they_always_are() -> None:
    Path("config.yaml").unlink()
    assert run("where", "results").output == "results\n"
    assert run("where", "data").output == "data\n"


def test_prepare_and_train_go_there() -> None:
    run("prepare", "walks")
    assert Path("sets/prepared/walks/dataset.json").is_file()
    run("train", "steps", "dense", "--seeds", "0")
    assert Path("out/runs/steps/dense/s0/metrics.json").is_file()
    assert not Path("data").exists()
    assert not Path("results").exists()


def test_prepare_says_once_whose_configuration_it_takes() -> None:
    note(Merged(("config.yaml", "mine.yaml")))
    assert run("prepare", "walks").stderr.count("as in the last run here") == 1
    assert Path("my sets/prepared/walks/dataset.json").is_file()


def test_prepare_does_what_the_configuration_says_of_missing_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRACTICA_DATA_MIRROR", "")
    called: list[object] = []

    def prepare(name: str, folder: Path, **options: object) -> None:
        called.append((name, str(folder), options))
        raise SystemExit(0)

    monkeypatch.setattr("practica.data.prepare", prepare)
    run("prepare", "walks")
    (dataset, folder, options), *more = called
    assert (dataset, str(folder), more) == ("walks", "sets", [])
    assert (options["mirror"], options["on_missing"]) == (None, "stand-in")


@pytest.mark.parametrize("command", ["status", "sums", "crate", "deposit", "claims", "figure fig_overview"])
def test_commands_that_speak_of_a_run_look_there(command: str) -> None:
    finished("out")
    result = CliRunner().invoke(main, command.split())
    assert "out" in result.output or result.exit_code == 0, result.output
    assert "Traceback" not in result.output
    assert not Path("results").exists()
    if command == "sums":
        assert Path("out/SHA256SUMS").is_file()


def test_nothing_is_collected_where_nothing_has_run() -> None:
    """Else the tables would stand in the way of the first run, like files of somebody else."""
    result = CliRunner().invoke(main, ["collect"])
    assert (result.exit_code, "there are no results in " in str(result.exception) + result.output) == (2, True)
    assert not Path("results").exists()


def test_they_take_the_configuration_of_the_last_run_and_say_so() -> None:
    note(Merged(("config.yaml", "mine.yaml"), ("seeds=3",)))
    finished("mine")
    process = run("sums")
    assert process.stdout == "mine/SHA256SUMS: 1 files\n"
    assert process.stderr.startswith("Configuration: config.yaml, mine.yaml, seeds=3, as in the last run here")
    assert run("where", "data").stdout == "my sets\n"
    Path("mine/study.json").unlink()
    rows = json.loads(run("status", "--json").stdout)
    assert [row["block"] for row in rows] == ["s0", "s1", "s2"]
    assert len(json.loads(run("status", "--json", "--config", "config.yaml").stdout)) == 1


RESULTS = (
    "study.json",
    "metrics.csv",
    "costs.csv",
    "informe.pdf",
    "report_en.pdf",
    "runs/steps/a/s0/metrics.json",
    "logs/a.log",
)


def made(folder: str, *names: str) -> None:
    for name in names:
        (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
        (Path(folder) / name).touch()


def test_the_results_of_the_last_run_are_removed_and_nothing_else() -> None:
    note(Merged(("config.yaml", "mine.yaml")))
    made("mine", *RESULTS)
    made("out", *RESULTS)
    assert run("clean").stdout == "mine: removed\n"
    assert not Path("mine").exists()
    assert Path("out/study.json").exists()
    assert run("clean").stdout == ""
    made("out", "thesis.docx", "data/raw/mnist.npz", "measured/steps.csv")
    text = run("clean", "--config", "config.yaml").stdout
    assert text == "out: removed, except for data, thesis.docx, which no study makes\n"
    assert sorted(str(path) for path in Path("out").rglob("*.*")) == ["out/data/raw/mnist.npz", "out/thesis.docx"]


def test_all_that_the_rules_write_is_removed_and_the_pdf_in_a_language_of_the_study(tmp_path: Path) -> None:
    rules = (Path(__file__).parents[2] / "workflow/rules").glob("*.smk")
    written = {name for file in rules for name in re.findall(r"{RESULTS}/([\w.]+)", file.read_text(encoding="utf-8"))}
    assert {"costs.csv", "history.csv.gz", "page"} <= written
    own = copied(tmp_path / "own") / "words"
    own.mkdir()
    (own / "pt.yaml").write_text("language: {report: relatorio}\n", encoding="utf-8")
    made("out", "relatorio.pdf", *(name if "." in name else f"{name}/a.csv" for name in written))
    assert run("clean", "--config", "config.yaml", "--config", "study=own").stdout == "out: removed\n"


def test_results_elsewhere_are_removed_and_the_link_to_them_stays(tmp_path: Path) -> None:
    made("scratch", *RESULTS)
    Path("out").symlink_to("scratch")
    run("clean")
    assert list(Path("scratch").iterdir()) == []
    assert Path("out").is_symlink()


def test_make_clean_removes_what_the_configuration_names_or_refuses(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    python = Path(".venv/bin/python")
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    for name in ("workflow", "tests"):
        Path(name).mkdir()
    made("out", *RESULTS)
    note(Merged(("config.yaml",), (f"results={root}/report",)))
    command = ["make", "-f", root / "Makefile", "clean"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert "of the project itself" in process.stderr
    assert Path(".snakemake").exists()
    note(Merged(("config.yaml",)))
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert not Path("out").exists()
    assert not Path(".snakemake").exists()


def test_a_file_of_the_last_run_that_is_gone_is_named() -> None:
    note(Merged(("config.yaml", "gone.yaml")))
    assert "cannot read gone.yaml" in run("where", "results", code=2).stderr


@pytest.mark.parametrize(
    "words",
    [
        ["train", "steps", "dense", "--results", "ROOT/report"],
        ["prepare", "walks", "--folder", "ROOT/docs"],
        ["restore", "somewhere", "--results", "ROOT/report"],
        ["sums", "--config", "results=ROOT/report"],
        ["where", "results", "--config", "results=sets"],
    ],
)
def test_no_command_writes_into_the_project_itself(words: list[str]) -> None:
    root = str(Path(__file__).parents[2])
    process = run(*(word.replace("ROOT", root) for word in words), code=2)
    assert "of the project itself" in process.stderr or "give each a folder of its own" in process.stderr


def test_adopt_finds_the_grid_of_the_run_it_speaks_of() -> None:
    Path("mine.yaml").write_text("exercises: {steps: {variants: {dense: {grid: {epochs: [2, 3]}}}}}\n")
    note(Merged(("config.yaml", "mine.yaml")))
    process = run("adopt", "steps/dense", code=2)
    assert "out/tuning/steps/dense.csv" in process.stderr
    assert "run `snakemake tuning`" in process.stderr


def test_an_overlay_alone_is_told_what_it_lacks() -> None:
    for text in ("results: x\n", "exercises: {steps: {settings: {epochs: 3}}}\n"):
        Path("mine.yaml").write_text(text)
        process = run("where", "results", "--config", "mine.yaml", code=2)
        assert "is a required property" in process.stderr
        assert "name both: --config config.yaml --config mine.yaml" in process.stderr
    Path("my own.yaml").write_text("results: x\n")
    process = run("where", "results", "--config", "my own.yaml", code=2)
    assert "--config config.yaml --config 'my own.yaml'" in process.stderr


def test_a_profile_that_is_none_is_named() -> None:
    assert "nowhere holds no config.yaml" in run("where", "results", "--profile", "nowhere", code=2).stderr


def test_commands_that_only_read_may_read_anywhere() -> None:
    root = Path(__file__).parents[2]
    result = CliRunner().invoke(main, ["compare", str(root / "reference"), "--results", str(root / "reference")])
    assert "of the project itself" not in result.output
