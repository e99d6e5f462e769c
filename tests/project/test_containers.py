"""The container recipes agree, and their steps work as they say on a machine without a container engine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_scripts import Machine, with_python

ROOT = Path(__file__).parents[2]
DOCKER = (ROOT / "envs/Dockerfile").read_text(encoding="utf-8")
APPTAINER = (ROOT / "envs/practica.def").read_text(encoding="utf-8")
STEPS = re.findall(r"^RUN (.*)$", DOCKER, re.MULTILINE)
LISTS = "/var/lib/apt/lists/*"


def section(name):
    """Return the lines of a section of Apptainer's recipe."""
    return [line.strip() for line in re.search(rf"^%{name}\n((?:    .*\n)+)", APPTAINER, re.MULTILINE)[1].splitlines()]


def test_both_recipes_are_one():
    assert section("post") == ["cd /opt/practica", *STEPS]
    assert re.search(r"^FROM (.*)$", DOCKER, re.M)[1] == re.search(r"^From: (.*)$", APPTAINER, re.M)[1]
    assert section("environment") == [f"export {re.search(r'^ENV (.*)$', DOCKER, re.M)[1]}"]
    command = " ".join(re.findall(r'"([^"]*)"', re.search(r"^ENTRYPOINT (.*)$", DOCKER, re.M)[1]))
    assert section("runscript") == [f'exec {command} "$@"']


def test_the_images_python_is_that_of_the_locks_and_of_conda():
    assert "python:3.11-" in DOCKER
    assert "python =3.11" in (ROOT / "envs/practica.yaml").read_text(encoding="utf-8")
    assert "--python-version 3.11" in (ROOT / "workflow/scripts/lock.sh").read_text(encoding="utf-8")


def test_every_instruction_is_known_and_every_path_exists():
    instructions = [line.split()[0] for line in DOCKER.splitlines() if line and line[0] not in "# "]
    known = ["FROM", "SHELL", "WORKDIR", "COPY", *["RUN"] * len(STEPS), "ENV", "WORKDIR", "ENTRYPOINT"]
    assert instructions == known
    for path in re.findall(r"/opt/practica/((?!\.venv)[\w./-]+)", DOCKER + APPTAINER):
        assert (ROOT / path).exists(), path
    assert ".venv" in (ROOT / "envs/Dockerfile.dockerignore").read_text(encoding="utf-8").split()


@pytest.fixture
def image(tmp_path):
    """Return a machine as the recipes find it: the project, a Python, and a package manager that records its calls."""
    shutil.copytree(ROOT / "workflow/scripts", tmp_path / "workflow/scripts")
    (tmp_path / "envs").mkdir()
    shutil.copy(ROOT / "envs/lock-cpu.txt", tmp_path / "envs")
    (tmp_path / "pyproject.toml").touch()
    machine = Machine(tmp_path)
    for name in ("bash", "cat", "cp", "dirname", "env", "mkdir", "rm", "tail", "true"):
        (machine.bin / name).symlink_to(shutil.which(name))
    with_python(machine)
    machine.command("id", "echo 0")
    tex = " ".join(f'"{machine.bin}/{name}"' for name in ("latexmk", "pdflatex", "kpsewhich"))
    machine.command("apt-get", f'case "$*" in *latexmk*) for tool in {tex}; do cp /bin/true "$tool"; done ;; esac')
    return machine


def test_the_steps_run_in_order(image):
    lists = image.root / "lists"
    for step in STEPS:
        process = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step.replace(LISTS, f"{lists}/*")],
            cwd=image.root,
            env={"PATH": str(image.bin), "LC_ALL": "C", "HOME": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, (step, process.stderr)
    calls = [call.split(" -o ")[0] if "latexmk" not in call else "latex" for call in image.calls]
    assert calls.index("apt-get install -y --no-install-recommends git make") < calls.index("latex")
    assert [call for call in calls if "--require-hashes -r envs/lock-cpu.txt" in call]
    assert (image.root / ".venv/.ready").read_text() == "cpu\n"
