"""What the documents say is true: commands parse, files exist, examples are valid."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn
from click.testing import CliRunner
from snakemake.cli import get_argument_parser

from documents import DOCUMENTS, FENCE, ROOT, WORKED, paths, snippets
from practica.cli import main
from practica.config import extra_seeds
from practica.words import languages, report_name
from toy import TOY
from workflow.project import copy_project

TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
MADE = ("results", "data", ".venv", ".snakemake")
"""Folders that a run makes."""
ROOT_FILE = re.compile(r"[A-Z]+\.(md|cff)$|(config|pyproject)\.")


def commands(*begin):
    """Return the arguments of the snippets that are commands beginning with these words."""
    result = [(name, words[len(begin) :]) for name, words in snippets() if tuple(words[: len(begin)]) == begin]
    return [pytest.param(words, id=name) for name, words in result if words]


def is_made(first, *inner):
    """Return whether the parts of a path are those of a file that a run makes."""
    return first in MADE and bool(inner and inner[-1])


def is_kept(first, *inner):
    """Return whether the parts of a path are those of a file in the repository, outside the study and its tests."""
    own = first == "study" or (first, *inner[:1]) == ("tests", "study")
    return first not in MADE and not own and bool(inner or (ROOT / first).exists() or ROOT_FILE.match(first))


@pytest.mark.parametrize("words", commands("make"))
def test_make_has_the_target(words):
    assert words[0] in TARGETS


@pytest.mark.parametrize("words", commands("snakemake"))
def test_snakemake_takes_the_options(words):
    options, unknown = get_argument_parser().parse_known_args(words)
    assert not [word for word in unknown if word.startswith("-")]
    assert all((ROOT / profile).is_dir() for profile in options.profile or [])


@pytest.mark.parametrize("words", commands("python", "-m", "practica"))
def test_practica_has_the_subcommand(words):
    command = main.commands[words[0]]
    if "--help" not in words:
        command.make_context(words[0], words[1:])


def links():
    """Return the targets of all links within the repository, as its paths."""
    for name, text in DOCUMENTS.items():
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", FENCE.sub("", text)):
            if "://" not in target:
                yield Path(name).parent / target, name


@pytest.mark.parametrize("target", [pytest.param(path, id=f"{name}: {path}") for path, name in links()])
def test_a_link_leads_somewhere(target):
    assert (ROOT / target).exists()


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in paths() if is_kept(*code.split("/"))])
def test_a_path_is_there(code):
    assert (ROOT / code).exists() or (ROOT / "workflow/practica" / code).exists()


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in paths() if is_made(*code.split("/"))])
def test_a_result_is_made(code):
    rules, scripts = (ROOT / "workflow/rules").glob("*.smk"), (ROOT / "workflow/scripts").glob("*.sh")
    name = code.split("/")[-1]
    if name in [f"{report_name(language)}.pdf" for language in languages()] or Path(code).match(
        f"*/{extra_seeds.FILE}"
    ):
        return
    assert any(
        name in path.read_text(encoding="utf-8") for path in (*rules, *scripts, ROOT / "Snakefile", ROOT / "Makefile")
    )


def test_every_command_has_a_line_of_help_that_fits():
    listed = CliRunner().invoke(main, ["--help"]).output.split("Commands:")[1].splitlines()
    for_people = [command for command in main.commands.values() if not command.hidden]
    assert len([line for line in listed if line.strip()]) == len(for_people)
    assert not [line for line in listed if line.endswith("...")]


def test_every_target_is_listed():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    undocumented = {target for target in TARGETS if not re.search(rf"^{target}:.*## \w", text, re.MULTILINE)}
    assert undocumented == {"ready"}


@pytest.fixture
def extended(tmp_path):
    """Return a copy of the project with the toy and everything that the pages docs/add-*.md add to it."""
    copy_project(tmp_path, TOY.parent, {})
    for name, text in WORKED.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            append(path, text)
        else:
            path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_worked_example_is_one_folder_a_data_set_and_a_block():
    assert set(WORKED) == {
        "config.yaml",
        *(f"study/data/{name}.py" for name in ("henon", "wine")),
        *(f"study/henon/{name}" for name in ("experiment.py", "about.yaml", "es.tex", "en.tex")),
    }


def append(path, text):
    """Add text to the end of a file, which may be new."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"\n{text}")


@pytest.mark.keras
@pytest.mark.workflow
def test_worked_example_reaches_the_report(extended):
    env = {**os.environ, "PYTHONPATH": str(extended / "workflow"), "PRACTICA_DATA_MIRROR": str(extended / "mirror")}
    (extended / "mirror").mkdir()
    shutil.copy(Path(sklearn.__file__).with_name("datasets") / "data/wine_data.csv", extended / "mirror/wine.csv")

    def run(*words):
        command = [sys.executable, "-m", *words]
        return subprocess.run(command, cwd=extended, env=env, capture_output=True, text=True, check=False)

    assert run("practica", "prepare", "wine").returncode == 0
    result = run("practica", "check").stdout
    assert "note: study/data/wine.py: no exercise uses this data set" in result
    assert "henon" not in result
    process = run("snakemake", "--cores", "2", "--config", "only=henon", "seeds=1")
    assert process.returncode == 0, process.stderr[-3000:]
    made = (
        "informe.pdf",
        "report_en.pdf",
        "figures/fig_henon.pdf",
        "tables/table_henon.tex",
        "tables/en/claims_henon.tex",
    )
    for name in made:
        assert (extended / "results" / name).is_file()
    metrics = json.loads((extended / "results/runs/henon/wide/s0/metrics.json").read_text(encoding="utf-8"))
    assert metrics["runs"][0]["metrics"]["test"]["mse"] < 0.02
    (claim,) = json.loads((extended / "results/claims.json").read_text(encoding="utf-8"))["claims"]
    assert (claim["id"], claim["verdict"]) == ("henon", "not evaluated")
    assert claim["parts"][0]["estimate"]["n"] == 1
