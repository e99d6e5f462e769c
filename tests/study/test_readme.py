"""The commands in the README work, in the order in which they are written."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys

import pytest

from practica.code.syntax import data_sets
from practica.data.store.registry import spec_of
from ten import ROOT, needs

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
INLINE = [f"snakemake {rest}" for rest in re.findall(r"`snakemake ([^`]+)`", README)]
COMMANDS = [line.split("#")[0].strip() for line in [*SHELL.splitlines(), *INLINE] if line.strip()]
ELSEWHERE = {
    "make report": "workflow/scripts/report.sh",
    "make test": ".ci/run",
    "make doctor": "Makefile",
}
"""What would set up an environment of its own, and where it stands; other tests see to what those do."""
REFUSED = {"python -m practica decide --budget 2h": "are not trained yet: run the study first"}
"""What is for a study that has run, and the sentence that says so of one that has not."""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return a copy of a fresh clone, with a student's `mine.yaml`."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("workflow", "report", "profiles", "envs", "study"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("Snakefile", "config.yaml"):
        shutil.copy2(ROOT / name, folder / name)
    (folder / "mine.yaml").write_text("exercises: {ej08: {settings: {epochs: 2}}}\n", encoding="utf-8")
    return folder


def run(folder, words):
    """Run a command in the copy with its own code; Snakemake plans and trains nothing."""
    if words[0] == "snakemake":
        words = [sys.executable, "-m", *words, *(["-n"] if "-n" not in words else [])]
    else:
        words = [sys.executable, *words[1:]]
    env = {**os.environ, "PYTHONPATH": str(folder / "workflow")}
    process = subprocess.Popen(
        words, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    served = ""
    if words[-1] == "watch":  # serves until its user ends it
        while line := process.stdout.readline():
            served += line
            if "http://127.0.0.1:" in line:
                process.send_signal(signal.SIGINT)
                break
    try:
        out, err = process.communicate(timeout=600)
    finally:
        process.kill()
    return subprocess.CompletedProcess(words, process.returncode, served + out, err)


def test_every_command_is_one_that_these_tests_run():
    heads = {shlex.split(command)[0] for command in COMMANDS}
    assert heads == {"make", "snakemake", "python"}
    for command in COMMANDS:
        if command.startswith("make"):
            assert (ROOT / ELSEWHERE[command]).is_file()


@needs(*re.findall(r"\bej\d\d\b", README))
@pytest.mark.workflow
@pytest.mark.keras
def test_commands_work_in_the_order_of_the_readme(clone):
    for command in COMMANDS:
        if not command.startswith("make"):
            process = run(clone, shlex.split(command))
            text = f"{command}\n{process.stdout[-1500:]}{process.stderr[-3000:]}"
            assert process.returncode == (2 if command in REFUSED else 0), text
            assert REFUSED.get(command, "") in text
            assert "Traceback" not in process.stderr
    assert (clone / "results/runs/ej05/tanh5/s0-4/metrics.json").is_file()


def test_page_of_data_names_every_file():
    page = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    for name, spec in ((name, spec_of(name)) for name in data_sets()):
        assert f"`{name}`" in page
        for form in getattr(spec, "forms", ()):
            assert f"`{form.name}`" in page, f"docs/data.md lacks {form.name}, a file of {name}"
