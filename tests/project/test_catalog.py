"""The workflow can be found, deployed and used as a module of another one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from practica.config.schema import config_schema
from practica.scaffold import new_study
from practica.words import report_name
from ten import STUDY

ROOT = Path(__file__).parents[2]
MODULE = """\
configfile: "config/config.yaml"


module practica:
    snakefile: {snakefile}
    config: config


use rule * from practica
"""


def test_the_catalog_is_told_what_it_asks_for():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    assert usage["software-stack-deployment"]["conda"] is True
    assert (ROOT / "workflow/Snakefile").is_file()
    assert (ROOT / "config/config.yaml").read_bytes() == (ROOT / "config.yaml").read_bytes()


def test_the_catalogs_page_names_every_key():
    text = (ROOT / "config/README.md").read_text(encoding="utf-8")
    assert not [key for key in config_schema()["properties"] if f"`{key}`" not in text]


def test_both_snakefiles_are_one():
    """An `include` of the root's would do, if Snakemake read both from a git repository."""
    root = (ROOT / "Snakefile").read_text(encoding="utf-8")
    inner = (ROOT / "workflow/Snakefile").read_text(encoding="utf-8")
    comment, _, code = inner.partition('"""')
    assert all(line.startswith("#") for line in comment.splitlines())
    assert f'"""{code}' == root.replace('"workflow/rules/', '"rules/').replace('"report/', '"../report/')


@pytest.mark.workflow
@pytest.mark.parametrize("place", ["folder", "repository"])
def test_it_is_a_module_of_another_workflow(tmp_path, place):
    """As snakedeploy writes it, in a separate folder; the repository is read as `github()` does."""
    snakefile = f'"{ROOT}/workflow/Snakefile"'
    if place == "repository":
        repository = tmp_path / "repository"
        for name in ("workflow", "report", "envs", "study"):
            shutil.copytree(ROOT / name, repository / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        commit = ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "All"]
        for words in (["init", "-q", "-b", "main"], ["add", "."], commit):
            subprocess.run(["git", *words], cwd=repository, check=True)
        snakefile = f'gitfile("{repository}", path="workflow/Snakefile", ref="main")'
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/Snakefile").write_text(MODULE.format(snakefile=snakefile))
    exercise = STUDY.exercises[0]
    words = [f"only={exercise}", "seeds=1", "seeds_per_job=1"]
    command = [Path(sys.executable).with_name("snakemake"), "-n", "--cores", "1", "--config", *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "PRACTICA_DATA_MIRROR": ""}
    process = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert f"Training {exercise}/{STUDY.variants(exercise)[0]}/s0" in process.stdout
    assert f"results/{report_name(STUDY.languages[0])}.pdf" in process.stdout


@pytest.mark.workflow
def test_a_module_runs_the_study_that_lies_beside_it(tmp_path):
    """As after snakedeploy, with the user's own configuration and study."""
    new_study(tmp_path, "A study")
    (tmp_path / "config").mkdir()
    (tmp_path / "config.yaml").rename(tmp_path / "config/config.yaml")
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/Snakefile").write_text(MODULE.format(snakefile=f'"{ROOT}/workflow/Snakefile"'))
    command = [Path(sys.executable).with_name("snakemake"), "-n", "--cores", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "PRACTICA_DATA_MIRROR": ""}
    process = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    for line in ("Training growers/hidden/s0-2", "Drawing fig_growers", "results/report_en.pdf"):
        assert line in process.stdout
    assert not any(exercise in process.stdout for exercise in STUDY.exercises)
